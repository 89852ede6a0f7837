// SPDX-License-Identifier: MIT
#include "modules/matcher/query_regexp/query_regexp.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(query_regexp_matcher){};

TEST(query_regexp_matcher, some_value_matches) {
  const MatcherTrial trial(query_regexp_matcher, {"r", "^[0-9]+$"});
  const Row rows[] = {
      {"GET /?r=42", "yes"}, {"GET /?r=4x", "no"}, {"GET /?r=x&r=1", "yes"}, {"GET /?r=%34", "yes"},
      {"GET /?r=%zz", "no"}, {"GET /?s=42", "no"}, {"GET /", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(query_regexp_matcher, values_are_decoded_first) {
  const MatcherTrial trial(query_regexp_matcher, {"r", "a b"});
  const Row rows[] = {
      {"GET /?r=xa+by", "yes"},
      {"GET /?r=xa%20by", "yes"},
  };
  check_rows(rows, trial.asked());
}

TEST(query_regexp_matcher, a_key_alone_wants_an_empty_value) {
  const MatcherTrial trial(query_regexp_matcher, {"any"});
  const Row rows[] = {
      {"GET /?any", "yes"},
      {"GET /?any=1", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(query_regexp_matcher, a_broken_expression_is_refused) {
  CHECK_FALSE(MatcherTrial(query_regexp_matcher, {"k", "("}).error().empty());
}
