// SPDX-License-Identifier: MIT
#include "modules/matcher/path_regexp/path_regexp.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(path_regexp_matcher){};

TEST(path_regexp_matcher, expressions_are_not_anchored) {
  const MatcherTrial trial(path_regexp_matcher, {"/mid/"});
  const Row rows[] = {
      {"GET /x/mid/y", "yes"},
      {"GET /x/midy", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_regexp_matcher, anchors_are_obeyed) {
  const MatcherTrial trial(path_regexp_matcher, {"^/re/[0-9]+$"});
  const Row rows[] = {
      {"GET /re/123", "yes"},
      {"GET /re/123?x", "yes"},
      {"GET /re/12a", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_regexp_matcher, case_can_be_ignored) {
  const MatcherTrial trial(path_regexp_matcher, {"(?i)^/icase$"});
  const Row rows[] = {
      {"GET /ICase", "yes"},
      {"GET /icas", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_regexp_matcher, a_broken_expression_is_refused) {
  CHECK_FALSE(MatcherTrial(path_regexp_matcher, {"("}).error().empty());
}
