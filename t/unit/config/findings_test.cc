// SPDX-License-Identifier: MIT
#include "config/findings.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>

using namespace pm::config;

TEST_GROUP(findings) {
  Findings findings;
  std::uint32_t file = findings.add_source("routes.yaml");

  std::string_view text(const std::string& all) {
    return all;
  }
};

TEST(findings, a_line_has_place_level_what_and_what_to_do) {
  findings.error({file, 14, 11}, "unknown key \"midlewares\" in http.routers.api",
                 "did you mean \"middlewares\"?");

  CHECK_EQUAL(
      std::string_view(
          "routes.yaml:14:11: error: unknown key \"midlewares\" in http.routers.api; did you mean "
          "\"middlewares\"?\n"),
      text(findings.text()));
}

TEST(findings, a_place_without_a_line_is_the_name_of_its_source) {
  findings.warning({findings.add_source("command line"), 0, 0}, "log.level is set twice");

  CHECK_EQUAL(std::string_view("command line: warning: log.level is set twice\n"),
              text(findings.text()));
}

TEST(findings, no_place_leaves_level_and_sentence) {
  findings.error({}, "no memory");
  findings.error({77, 1, 1}, "from nowhere");

  CHECK_EQUAL(std::string_view("error: no memory\nerror: from nowhere\n"), text(findings.text()));
}

TEST(findings, lines_stand_in_the_order_of_their_places) {
  findings.error({file, 9, 1}, "c");
  findings.warning({file, 2, 7}, "b");
  findings.broken({file, 2, 3}, "a");

  CHECK_EQUAL(
      std::string_view(
          "routes.yaml:2:3: error: a\nroutes.yaml:2:7: warning: b\nroutes.yaml:9:1: error: c\n"),
      text(findings.text()));
}

TEST(findings, only_errors_leave_the_warnings_out) {
  findings.warning({file, 1, 1}, "a");
  findings.broken({file, 2, 1}, "b");

  CHECK_EQUAL(std::string_view("routes.yaml:2:1: error: b\n"), text(findings.text(true)));
}

TEST(findings, broken_objects_do_not_refuse_the_start) {
  findings.broken({file, 2, 1}, "b");

  CHECK_FALSE(findings.has_errors());
  UNSIGNED_LONGS_EQUAL(1, findings.count(Severity::broken));
}

TEST(findings, at_most_fifty_errors_are_printed_and_the_others_are_counted) {
  for (std::uint32_t line = 1; line <= 60; ++line)
    findings.error({file, line, 1}, "x");

  const std::string all = findings.text();
  LONGS_EQUAL(51, std::count(all.begin(), all.end(), '\n'));
  CHECK(all.ends_with("routes.yaml:50:1: error: x\nerror: 10 more errors are not shown\n"));
}

TEST(findings, what_a_file_may_cost_is_bounded) {
  for (std::uint32_t line = 1; line <= 5000; ++line)
    findings.warning({file, line, 1}, "x");

  UNSIGNED_LONGS_EQUAL(5000, findings.count(Severity::warning));
  UNSIGNED_LONGS_EQUAL(1000, findings.all().size());
}

TEST(findings, a_text_from_a_file_cannot_break_the_line) {
  findings.error({findings.add_source("a\nb"), 1, 1}, "key \x1b[31m", "do\rthis");

  CHECK_EQUAL(std::string_view("a\\x0ab:1:1: error: key \\x1b[31m; do\\x0dthis\n"),
              text(findings.text()));
}

TEST(findings, json_has_every_part_and_escapes_texts) {
  findings.broken({file, 2, 3}, "a \"b\"\n", "c\\d");

  CHECK_EQUAL(
      std::string_view(
          "[\n  {\"file\": \"routes.yaml\", \"line\": 2, \"column\": 3, \"level\": \"error\", "
          "\"severity\": \"broken\", \"what\": \"a \\\"b\\\"\\u000a\", \"advice\": "
          "\"c\\\\d\"}\n]\n"),
      text(findings.json()));
}

TEST(findings, json_of_nothing_is_an_empty_array) {
  CHECK_EQUAL(std::string_view("[]\n"), text(findings.json()));
}
