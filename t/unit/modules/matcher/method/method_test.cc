// SPDX-License-Identifier: MIT
#include "modules/matcher/method/method.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(method_matcher){};

TEST(method_matcher, a_rule_is_made_upper_case_and_a_request_is_not) {
  const MatcherTrial trial(method_matcher, {"post"});
  const Row rows[] = {
      {"POST / host=h", "yes"},
      {"post / host=h", "no"},
      {"POSTS / host=h", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(method_matcher, any_token_is_a_method) {
  const MatcherTrial trial(method_matcher, {"PURGE"});
  const Row rows[] = {
      {"PURGE / host=h", "yes"},
      {"GET / host=h", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(method_matcher, head_is_not_get) {
  const MatcherTrial trial(method_matcher, {"GET"});
  const Row rows[] = {
      {"HEAD / host=h", "no"},
  };
  check_rows(rows, trial.asked());
}
