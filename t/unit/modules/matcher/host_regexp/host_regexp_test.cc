// SPDX-License-Identifier: MIT
#include "modules/matcher/host_regexp/host_regexp.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(host_regexp_matcher){};

TEST(host_regexp_matcher, expressions_are_not_anchored) {
  const MatcherTrial trial(host_regexp_matcher, {"open\\.test"});
  const Row rows[] = {
      {"GET / host=xopen.testy", "yes"},
      {"GET / host=openxtest", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_regexp_matcher, anchors_are_obeyed) {
  const MatcherTrial trial(host_regexp_matcher, {"^[a-z]+\\.re\\.test$"});
  const Row rows[] = {
      {"GET / host=ABC.re.test:81", "yes"},
      {"GET / host=abc9.re.test", "no"},
      {"GET / host=abc.re.test.x", "no"},
      {"GET / host=abc.re.test.", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_regexp_matcher, a_host_is_lower_case) {
  const MatcherTrial trial(host_regexp_matcher, {"^ABC$"});
  const Row rows[] = {
      {"GET / host=ABC", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_regexp_matcher, every_host_but_none) {
  const MatcherTrial trial(host_regexp_matcher, {"^.+$"});
  const Row rows[] = {
      {"GET / host=a", "yes"},
      {"GET /", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_regexp_matcher, a_v2_template_fits_the_whole_host) {
  const MatcherTrial trial(host_regexp_matcher, {"{sub:[a-z]+}.Re.test"}, rules::Syntax::v2);
  const Row rows[] = {
      {"GET / host=abc.re.test", "yes"},
      {"GET / host=abc.re.test.x", "no"},
      {"GET / host=abcxre.test", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_regexp_matcher, a_name_without_expression_is_one_label) {
  const MatcherTrial trial(host_regexp_matcher, {"{sub}.re.test"}, rules::Syntax::v2);
  const Row rows[] = {
      {"GET / host=a-1.re.test", "yes"},
      {"GET / host=a.b.re.test", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_regexp_matcher, expressions_are_ascii) {
  CHECK_EQUAL(std::string("expression must be ASCII; write names in their punycode form (xn--...)"),
              MatcherTrial(host_regexp_matcher, {"\xc3\xbc"}).error());
}
