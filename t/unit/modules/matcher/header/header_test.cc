// SPDX-License-Identifier: MIT
#include "modules/matcher/header/header.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(header_matcher){};

TEST(header_matcher, some_value_equals_exactly) {
  const MatcherTrial trial(header_matcher, {"X-Key", "Val"});
  const Row rows[] = {
      {"GET / X-Key:Val", "yes"},      {"GET / x-KEY:Val", "yes"},
      {"GET / X-Key:val", "no"},       {"GET / X-Key:no X-Key:Val", "yes"},
      {"GET / X-Key:no,\\sVal", "no"}, {"GET /", "no"},
      {"GET / X-Key2:Val", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(header_matcher, well_known_names_work_alike) {
  const MatcherTrial trial(header_matcher, {"content-type", "application/json"});
  const Row rows[] = {
      {"GET / Content-Type:application/json", "yes"},
      {"GET / Content-Type:application/json;\\scharset=utf-8", "no"},
      {"GET / Accept:application/json", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(header_matcher, host_is_no_header) {
  const MatcherTrial trial(header_matcher, {"Host", "hh.test"});
  const Row rows[] = {
      {"GET / Host:hh.test host=hh.test", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(header_matcher, a_name_and_a_value_are_wanted) {
  CHECK_EQUAL(std::string("takes 2 arguments, not 1"), MatcherTrial(header_matcher, {"a"}).error());
  CHECK_EQUAL(std::string("takes 2 arguments, not 3"),
              MatcherTrial(header_matcher, {"a", "b", "c"}).error());
}

TEST(header_matcher, dropped_fields_are_not_there) {
  const MatcherTrial trial(header_matcher, {"X-A", "1"});
  SampleRequest sample("GET / X-A:1");
  sample.request().headers.drop("x-a");

  CHECK_FALSE(header_matcher.build(std::vector<std::string>{"X-A", "1"})
                  ->matcher->matches(sample.request()));
  CHECK_TRUE(trial.matches("GET / X-A:1"));
}
