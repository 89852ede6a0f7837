// SPDX-License-Identifier: MIT
#include "agent/expiry_watch.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

constexpr std::int64_t day = 86400;
constexpr std::int64_t end = 1800000000;  // 2027-01-15 08:00 UTC

}  // namespace

TEST_GROUP(expiry_watch) {
  agent::ExpiryWatch watch{{{"a.pem", end}}};

  std::string seen(std::int64_t before_end) {
    std::string text;
    for (const std::string& line : watch.look(end - before_end))
      text += line + "\n";
    return text;
  }
};

TEST(expiry_watch, each_threshold_is_told_once) {
  STRCMP_EQUAL("", seen(31 * day).c_str());
  STRCMP_EQUAL("certificate a.pem expires in 30 days, on 2027-01-15 08:00 UTC\n",
               seen(30 * day).c_str());
  STRCMP_EQUAL("", seen(29 * day).c_str());
  STRCMP_EQUAL("certificate a.pem expires in 14 days, on 2027-01-15 08:00 UTC\n",
               seen(14 * day).c_str());
  STRCMP_EQUAL("certificate a.pem expires in 7 days, on 2027-01-15 08:00 UTC\n",
               seen(7 * day - 60).c_str());
  STRCMP_EQUAL("certificate a.pem expires in 1 day, on 2027-01-15 08:00 UTC\n", seen(day).c_str());
  STRCMP_EQUAL("", seen(60).c_str());
  STRCMP_EQUAL("certificate a.pem has expired on 2027-01-15 08:00 UTC\n", seen(0).c_str());
  STRCMP_EQUAL("", seen(-day).c_str());
}

TEST(expiry_watch, the_nearest_threshold_speaks_for_those_before_it) {
  STRCMP_EQUAL("certificate a.pem expires in 5 days, on 2027-01-15 08:00 UTC\n",
               seen(5 * day).c_str());
  STRCMP_EQUAL("", seen(4 * day).c_str());
}
