// SPDX-License-Identifier: MIT
#include "process/redact.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

std::string hidden(std::string_view yaml) {
  return process::redacted(yaml);
}

}  // namespace

TEST_GROUP(redact){};

TEST(redact, only_values_of_secret_keys_are_hidden) {
  static constexpr Row rows[] = {
      {"address: \":80\"\n", "address: \":80\"\n"},
      {"  password: abc\n", "  password: <redacted>\n"},
      {"Secret_Key: 'a: b'", "Secret_Key: <redacted>"},
      {"\"token\": x", "\"token\": <redacted>"},
      {"redis: {db: 1, password: x}", "redis: {db: 1, password: <redacted>"},
      {"user: www adm", "user: www adm"},
      {"url: http://host:80", "url: http://host:80"},
      {"# the password is long", "# the password is long"},
  };
  check_rows(rows, hidden);
}

TEST(redact, a_private_key_is_hidden_wherever_it_stands) {
  static constexpr Row rows[] = {
      {"keyFile: |\n  -----BEGIN PRIVATE KEY-----\n  MHc\n  -----END PRIVATE KEY-----\nnext: 1",
       "keyFile: |\n  <redacted>\n  <redacted>\n  <redacted>\nnext: 1"},
      {"k: \"-----BEGIN EC PRIVATE KEY-----\\nMHc\\n-----END EC PRIVATE KEY-----\"\nnext: 1",
       "k: \"<redacted>\nnext: 1"},
      {"-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----"},
      {"keyFile: /etc/a.key", "keyFile: /etc/a.key"},
  };
  check_rows(rows, hidden);
}

TEST(redact, what_stands_below_a_secret_key_goes_with_it) {
  static constexpr Row rows[] = {
      {"users:\n  - a:b\n  - c:d\nnext: 1\n", "users: \n  - <redacted>\n  - <redacted>\nnext: 1\n"},
      {"users:\n- a:b\nnext: 1\n", "users: \n- <redacted>\nnext: 1\n"},
      {"secret: |\n  one\n\n  two\nnext: 1",
       "secret: <redacted>\n  <redacted>\n\n  <redacted>\nnext: 1"},
      {"users: [\"a:b\",\n  \"c:d\"]\nnext: 1", "users: <redacted>\n  <redacted>\nnext: 1"},
  };
  check_rows(rows, hidden);
}
