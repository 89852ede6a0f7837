// SPDX-License-Identifier: MIT
#include "modules/matcher/query/query.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(query_matcher){};

TEST(query_matcher, some_value_equals) {
  const MatcherTrial trial(query_matcher, {"k", "v"});
  const Row rows[] = {
      {"GET /?k=v", "yes"}, {"GET /?k=x&k=v", "yes"}, {"GET /?k=w", "no"},
      {"GET /?K=v", "no"},  {"GET /?%6B=v", "yes"},   {"GET /?x=1;k=v", "yes"},
      {"GET /?k=v%", "no"}, {"GET /?k", "no"},        {"GET /", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(query_matcher, values_are_compared_decoded) {
  const MatcherTrial trial(query_matcher, {"e", "a b"});
  const Row rows[] = {
      {"GET /?e=a%20b", "yes"},
      {"GET /?e=a+b", "yes"},
      {"GET /?e=a%2Bb", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(query_matcher, a_key_alone_wants_an_empty_value) {
  const MatcherTrial trial(query_matcher, {"any"});
  const Row rows[] = {
      {"GET /?any", "yes"},       {"GET /?any=", "yes"}, {"GET /?any=1", "no"},
      {"GET /?any=1&any", "yes"}, {"GET /?other", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(query_matcher, v2_takes_a_pair) {
  const MatcherTrial trial(query_matcher, {"k=v"}, rules::Syntax::v2);
  const Row rows[] = {
      {"GET /?k=v", "yes"},
      {"GET /?k=w", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(query_matcher, v2_takes_any_value_when_none_is_given) {
  const MatcherTrial trial(query_matcher, {"k="}, rules::Syntax::v2);
  const Row rows[] = {
      {"GET /?k=v", "yes"},
      {"GET /?k", "yes"},
      {"GET /?k=%zz", "no"},
      {"GET /?x=v", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(query_matcher, v2_wants_a_pair) {
  CHECK_EQUAL(std::string("argument has no \"=\"; write key=value"),
              MatcherTrial(query_matcher, {"k"}, rules::Syntax::v2).error());
  CHECK_EQUAL(std::string("argument has no \"=\"; write key=value"),
              MatcherTrial(query_matcher, {"=v"}, rules::Syntax::v2).error());
}
