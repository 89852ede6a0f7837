// SPDX-License-Identifier: MIT
#include "modules/matcher/client_ip/client_ip.h"

#include "t/lib/matcher_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(client_ip_matcher){};

TEST(client_ip_matcher, one_address_is_one_address) {
  const MatcherTrial trial(client_ip_matcher, {"127.0.0.2"});
  const Row rows[] = {
      {"GET / client=127.0.0.2", "yes"},
      {"GET / client=127.0.0.3", "no"},
      {"GET / client=::ffff:127.0.0.2", "yes"},
      {"GET / client=127.0.0.1 X-Forwarded-For:127.0.0.2", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(client_ip_matcher, a_block_holds_its_addresses) {
  const MatcherTrial trial(client_ip_matcher, {"127.0.3.0/24"});
  const Row rows[] = {
      {"GET / client=127.0.3.9", "yes"},
      {"GET / client=127.0.4.9", "no"},
      {"GET / client=::1", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(client_ip_matcher, addresses_of_version_six) {
  const MatcherTrial trial(client_ip_matcher, {"fd00::/8"});
  const Row rows[] = {
      {"GET / client=fd12::1", "yes"},
      {"GET / client=fe80::1", "no"},
  };
  check_rows(rows, trial.asked());
}

TEST(client_ip_matcher, what_is_no_address_is_refused) {
  CHECK_EQUAL(std::string("\"x\" is neither an address nor a block; write 192.0.2.7 or 10.0.0.0/8"),
              MatcherTrial(client_ip_matcher, {"x"}).error());
  CHECK_EQUAL(
      std::string(
          "\"10.0.0.0/40\" is neither an address nor a block; write 192.0.2.7 or 10.0.0.0/8"),
      MatcherTrial(client_ip_matcher, {"10.0.0.0/40"}).error());
  CHECK_EQUAL(std::string("takes 1 argument, not 2"),
              MatcherTrial(client_ip_matcher, {"::1", "::2"}).error());
}
