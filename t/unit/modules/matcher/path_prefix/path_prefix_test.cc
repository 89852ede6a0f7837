// SPDX-License-Identifier: MIT
#include "modules/matcher/path_prefix/path_prefix.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(path_prefix_matcher){};

TEST(path_prefix_matcher, prefixes_are_compared_as_text) {
  const MatcherTrial trial(path_prefix_matcher, {"/pre"});
  const Row rows[] = {
      {"GET /pre", "yes"},  {"GET /pre/x/y", "yes"}, {"GET /prefix", "yes"},
      {"GET /PRE/x", "no"}, {"GET /pr", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_prefix_matcher, a_slash_at_the_end_counts) {
  const MatcherTrial trial(path_prefix_matcher, {"/pres/"});
  const Row rows[] = {
      {"GET /pres", "no"},
      {"GET /pres/1", "yes"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_prefix_matcher, an_escaped_slash_is_no_slash) {
  const MatcherTrial trial(path_prefix_matcher, {"/a%2Fb"});
  const Row rows[] = {
      {"GET /a%2Fb", "yes"},
      {"GET /a%2fb/c", "yes"},
      {"GET /a/b", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_prefix_matcher, a_v2_template_fits_the_beginning) {
  const MatcherTrial trial(path_prefix_matcher, {"/u/{id:[0-9]+}"}, rules::Syntax::v2);
  const Row rows[] = {
      {"GET /u/12/x", "yes"},
      {"GET /u/x", "no"},
      {"GET /a/u/12", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_prefix_matcher, a_prefix_starts_with_a_slash) {
  CHECK_EQUAL(std::string("argument must start with \"/\"; write PathPrefix(`/...`)"),
              MatcherTrial(path_prefix_matcher, {"x"}).error());
  CHECK_EQUAL(std::string("takes 1 argument, not 2"),
              MatcherTrial(path_prefix_matcher, {"/a", "/b"}).error());
}
