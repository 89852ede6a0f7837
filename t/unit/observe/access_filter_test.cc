// SPDX-License-Identifier: MIT
#include "observe/access_filter.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace pm::observe;

TEST_GROUP(access_filter) {
  config::AccessFilters options;
  AccessRecord record;

  void setup() override {
    record.status = 200;
  }
  bool wants() {
    return AccessFilter(options).wants(record);
  }
};

TEST(access_filter, keeps_everything_when_there_is_none) {
  CHECK(wants());
}

TEST(access_filter, keeps_status_codes_and_ranges) {
  options.status_codes = {"404", " 500 - 599 "};
  CHECK_FALSE(wants());

  record.status = 404;
  CHECK(wants());
  record.status = 500;
  CHECK(wants());
  record.status = 599;
  CHECK(wants());
  record.status = 600;
  CHECK_FALSE(wants());
}

TEST(access_filter, keeps_what_was_tried_again) {
  options.retry_attempts = true;
  CHECK_FALSE(wants());

  record.retries = 1;
  CHECK(wants());
}

TEST(access_filter, keeps_what_took_longer_than_asked) {
  options.min_duration = std::chrono::milliseconds(10);
  record.duration = std::chrono::milliseconds(10);
  CHECK_FALSE(wants());

  record.duration += Duration(1);
  CHECK(wants());
}

TEST(access_filter, keeps_what_any_of_them_keeps) {
  options.status_codes = {"404"};
  options.retry_attempts = true;
  options.min_duration = std::chrono::seconds(1);
  record.retries = 1;

  CHECK(wants());
}

TEST(access_filter, matches_nothing_with_a_code_that_is_none) {
  options.status_codes = {"2xx", "", "-", "200-"};

  CHECK_FALSE(wants());
}
