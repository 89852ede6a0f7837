// SPDX-License-Identifier: MIT
#include "modules/matcher/path/path.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(path_matcher){};

TEST(path_matcher, the_whole_path_is_compared) {
  const MatcherTrial trial(path_matcher, {"/exact"});
  const Row rows[] = {
      {"GET /exact", "yes"}, {"GET /exact?x=1", "yes"}, {"GET /exact/", "no"},
      {"GET /Exact", "no"},  {"GET /%65xact", "yes"},   {"GET /x", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_matcher, blanks_are_written_plainly) {
  const MatcherTrial trial(path_matcher, {"/with space"});
  const Row rows[] = {
      {"GET /with%20space", "yes"},
      {"GET /with+space", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_matcher, reserved_characters_stay_escaped) {
  const MatcherTrial trial(path_matcher, {"/a+b"});
  const Row rows[] = {
      {"GET /a+b", "yes"},
      {"GET /a%2Bb", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_matcher, a_path_is_bytes) {
  const MatcherTrial trial(path_matcher, {"/\xc3\xa9"});
  const Row rows[] = {
      {"GET /%C3%A9", "yes"},
      {"GET /%c3%a9", "yes"},
      {"GET /\xc3\xa9", "yes"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_matcher, a_v2_template_fits_the_whole_path) {
  const MatcherTrial trial(path_matcher, {"/u/{id:[0-9]+}"}, rules::Syntax::v2);
  const Row rows[] = {
      {"GET /u/12", "yes"},
      {"GET /u/12/x", "no"},
      {"GET /u/x", "no"},
      {"GET /a/u/12", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(path_matcher, a_path_starts_with_a_slash) {
  CHECK_EQUAL(std::string("argument must start with \"/\"; write Path(`/...`)"),
              MatcherTrial(path_matcher, {"x"}).error());
  CHECK_EQUAL(std::string("takes 1 argument, not 2"),
              MatcherTrial(path_matcher, {"/a", "/b"}).error());
}

TEST(path_matcher, promises_its_path_as_a_prefix) {
  CHECK_EQUAL(std::string("/exact"), MatcherTrial(path_matcher, {"/exact"}).key().path_prefix);
  CHECK_EQUAL(std::string("/u/"),
              MatcherTrial(path_matcher, {"/u/{id}"}, rules::Syntax::v2).key().path_prefix);
}
