// SPDX-License-Identifier: MIT
#include "modules/matcher/host/host.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(host_matcher){};

TEST(host_matcher, names_are_compared_without_case) {
  const MatcherTrial trial(host_matcher, {"Plain.Test"});
  const Row rows[] = {
      {"GET / host=plain.test", "yes"},
      {"GET / host=PLAIN.test:8080", "yes"},
      {"GET / host=plain.test.", "yes"},
      {"GET / host=plain.test.:80", "yes"},
      {"GET / host=sub.plain.test", "no"},
      {"GET / host=plain.test.evil", "no"},
      {"GET /", "no"},
      {"GET http://plain.test/ host=other.test", "yes"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, a_trailing_dot_of_the_rule_is_ignored) {
  const MatcherTrial trial(host_matcher, {"dotted.test."});
  const Row rows[] = {
      {"GET / host=dotted.test", "yes"},
      {"GET / host=dotted.test.", "yes"},
      {"GET / host=dotted.test..", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, addresses_are_hosts) {
  const MatcherTrial trial(host_matcher, {"::1"});
  const Row rows[] = {
      {"GET / host=[::1]", "yes"},
      {"GET / host=[::1]:99", "yes"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, a_star_stands_for_one_label) {
  const MatcherTrial trial(host_matcher, {"*.wild.test"});
  const Row rows[] = {
      {"GET / host=x.wild.test", "yes"},  {"GET / host=X.WILD.test.", "yes"},
      {"GET / host=y.x.wild.test", "no"}, {"GET / host=wild.test", "no"},
      {"GET / host=.wild.test", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, a_star_may_stand_before_the_top) {
  const MatcherTrial trial(host_matcher, {"*.com"});
  const Row rows[] = {
      {"GET / host=example.com", "yes"},
      {"GET / host=a.example.com", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, a_star_alone_is_everything) {
  const MatcherTrial trial(host_matcher, {"*"});
  const Row rows[] = {
      {"GET / host=a", "yes"},
      {"GET /", "yes"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, a_star_inside_a_label_matches_nothing) {
  const MatcherTrial trial(host_matcher, {"*foo.com"});
  const Row rows[] = {
      {"GET / host=xfoo.com", "no"},
      {"GET / host=*foo.com", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, a_star_with_nothing_behind_its_dot_matches_nothing) {
  const MatcherTrial trial(host_matcher, {"*."});
  const Row rows[] = {
      {"GET / host=a", "no"},
      {"GET / host=a.", "no"},
      {"GET /", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, a_dot_alone_is_nobody) {
  const MatcherTrial trial(host_matcher, {"."});
  const Row rows[] = {
      {"GET /", "no"},
      {"GET / host=.", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, v2_knows_no_star) {
  const MatcherTrial trial(host_matcher, {"*.wild.test"}, rules::Syntax::v2);
  const Row rows[] = {
      {"GET / host=x.wild.test", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(host_matcher, names_are_ascii) {
  CHECK_EQUAL(std::string("name must be ASCII; write its punycode form (xn--...)"),
              MatcherTrial(host_matcher, {"\xc3\xbc"}).error());
  CHECK_EQUAL(std::string("takes 1 argument, not 2"),
              MatcherTrial(host_matcher, {"a", "b"}).error());
}

TEST(host_matcher, promises_its_name) {
  CHECK_EQUAL(std::string("plain.test"),
              MatcherTrial(host_matcher, {"Plain.Test."}).key().exact_host);
  CHECK_EQUAL(std::string("*.wild.test"),
              MatcherTrial(host_matcher, {"*.wild.test"}).key().exact_host);
  CHECK_EQUAL(std::string(""), MatcherTrial(host_matcher, {"*"}).key().exact_host);
}
