// SPDX-License-Identifier: MIT
#include "modules/matcher/header_regexp/header_regexp.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(header_regexp_matcher){};

TEST(header_regexp_matcher, some_value_matches) {
  const MatcherTrial trial(header_regexp_matcher, {"X-Re", "^v[0-9]$"});
  const Row rows[] = {
      {"GET / X-Re:v7", "yes"},         {"GET / x-re:v7", "yes"},   {"GET / X-Re:v77", "no"},
      {"GET / X-Re:no X-Re:v1", "yes"}, {"GET / X-Other:v7", "no"}, {"GET /", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(header_regexp_matcher, well_known_names_work_alike) {
  const MatcherTrial trial(header_regexp_matcher, {"accept", "json"});
  const Row rows[] = {
      {"GET / Accept:application/json", "yes"},
      {"GET / Accept:text/html", "no"},
      {"GET / Content-Type:application/json", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(header_regexp_matcher, host_is_no_header) {
  const MatcherTrial trial(header_regexp_matcher, {"Host", ".*"});
  const Row rows[] = {
      {"GET / Host:hh.test host=hh.test", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(header_regexp_matcher, a_name_and_an_expression_are_wanted) {
  CHECK_EQUAL(std::string("takes 2 arguments, not 1"),
              MatcherTrial(header_regexp_matcher, {"a"}).error());
}
