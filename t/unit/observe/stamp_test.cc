// SPDX-License-Identifier: MIT
#include "observe/stamp.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cstdlib>
#include <string>

using namespace pm::observe;

TEST_GROUP(stamp) {
  std::string text;

  void teardown() override {
    use_zone("UTC0");
  }
  void use_zone(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  std::string_view written(Stamp::Form form, Stamp::Zone zone, std::int64_t second) {
    Stamp stamp(form, zone);
    stamp.set(second);
    text = stamp.text();
    text += stamp.zone();
    return text;
  }
};

using Form = Stamp::Form;
using Zone = Stamp::Zone;
using namespace std::string_view_literals;

TEST(stamp, is_written_for_both_formats) {
  CHECK_EQUAL("29/Feb/2024:23:59:59 +0000"sv, written(Form::clf, Zone::utc, 1709251199));
  CHECK_EQUAL("2024-02-29T23:59:59Z"sv, written(Form::rfc3339, Zone::utc, 1709251199));
  CHECK_EQUAL("01/Jan/1970:00:00:00 +0000"sv, written(Form::clf, Zone::utc, 0));
}

TEST(stamp, has_the_offset_of_the_local_zone) {
  use_zone("XXX-5:45");
  CHECK_EQUAL("01/Mar/2024:05:44:59 +0545"sv, written(Form::clf, Zone::local, 1709251199));
  CHECK_EQUAL("2024-03-01T05:44:59+05:45"sv, written(Form::rfc3339, Zone::local, 1709251199));

  use_zone("YYY3:30");
  CHECK_EQUAL("29/Feb/2024:20:29:59 -0330"sv, written(Form::clf, Zone::local, 1709251199));
}

TEST(stamp, follows_the_second_both_ways) {
  Stamp stamp(Form::rfc3339, Zone::utc);
  stamp.set(10);
  CHECK_EQUAL("1970-01-01T00:00:10"sv, stamp.text());

  stamp.set(11);
  CHECK_EQUAL("1970-01-01T00:00:11"sv, stamp.text());

  stamp.set(9);
  CHECK_EQUAL("1970-01-01T00:00:09"sv, stamp.text());
}
