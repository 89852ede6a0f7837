// SPDX-License-Identifier: MIT
#include "http/date.h"

#include "core/number.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

std::chrono::sys_seconds second(std::int64_t count) {
  return std::chrono::sys_seconds(std::chrono::seconds(count));
}

std::string date(std::string_view seconds) {
  char text[http::date_size];
  http::write_date(text, second(parse_i64(seconds).value_or(-1)));
  return std::string(text, sizeof text);
}

}  // namespace

TEST_GROUP(date){};

TEST(date, it_is_an_imf_fixdate) {
  static constexpr Row rows[] = {
      {"784111777", "Sun, 06 Nov 1994 08:49:37 GMT"},
      {"0", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {"951782399", "Mon, 28 Feb 2000 23:59:59 GMT"},
      {"951782400", "Tue, 29 Feb 2000 00:00:00 GMT"},
      {"4107542400", "Mon, 01 Mar 2100 00:00:00 GMT"},
      {"1798761599", "Thu, 31 Dec 2026 23:59:59 GMT"},
      {"-1", "Wed, 31 Dec 1969 23:59:59 GMT"},
      {"253402300799", "Fri, 31 Dec 9999 23:59:59 GMT"},
  };
  check_rows(rows, date);
}

TEST(date, the_cache_writes_a_new_text_when_the_second_changes) {
  http::DateCache cache;

  CHECK_EQUAL(std::string_view("Sun, 06 Nov 1994 08:49:37 GMT"), cache.at(second(784111777)));
  CHECK_EQUAL(std::string_view("Sun, 06 Nov 1994 08:49:37 GMT"), cache.at(second(784111777)));
  CHECK_EQUAL(std::string_view("Sun, 06 Nov 1994 08:49:38 GMT"), cache.at(second(784111778)));
}
