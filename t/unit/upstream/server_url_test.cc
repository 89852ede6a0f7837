// SPDX-License-Identifier: MIT
#include "upstream/server_url.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>
#include <fmt/format.h>

namespace {

std::string read(std::string_view text) {
  const auto url = pm::upstream::parse_server_url(text);
  if (!url.has_value()) return "error: " + url.error().what;
  return fmt::format("{} {} {} {} {}", url->scheme, url->host, url->port, url->authority,
                     url->path);
}

struct Row {
  const char* text;
  const char* expected;  // scheme host port authority path
};

}  // namespace

TEST_GROUP(server_url){};

TEST(server_url, is_taken_apart) {
  const Row rows[] = {
      {"http://10.0.0.1:8080", "http 10.0.0.1 8080 10.0.0.1:8080 "},
      {"http://app.test", "http app.test 80 app.test "},
      {"HTTP://App.Test/", "http App.Test 80 App.Test "},
      {"https://app.test", "https app.test 443 app.test "},
      {"h2c://app.test:1", "h2c app.test 1 app.test:1 "},
      {"http://app.test/a/b/", "http app.test 80 app.test /a/b"},
      {"http://app.test//", "http app.test 80 app.test "},
      {"http://app.test/a?x=1#y", "http app.test 80 app.test /a"},
      {"http://app.test?x=1", "http app.test 80 app.test "},
      {"http://user:word@app.test:90/", "http app.test 90 app.test:90 "},
      {"http://[2001:db8::1]:90/a", "http 2001:db8::1 90 [2001:db8::1]:90 /a"},
      {"http://[::1]", "http ::1 80 [::1] "},
      {"http://app.test:", "http app.test 80 app.test: "},
      {"http://app_1.test:65535", "http app_1.test 65535 app_1.test:65535 "},
  };
  for (const Row& row : rows)
    CHECK_EQUAL(std::string_view(row.expected), std::string_view(read(row.text)));
}

TEST(server_url, is_refused_with_a_reason) {
  const Row rows[] = {
      {"", "error: has no scheme"},
      {"app.test:80", "error: has no scheme"},
      {"://app.test", "error: has no scheme"},
      {"http://", "error: names no host"},
      {"http://:80", "error: names no host"},
      {"http:///a", "error: names no host"},
      {"http://app.test:0", "error: has a port that is not 1 to 65535"},
      {"http://app.test:65536", "error: has a port that is not 1 to 65535"},
      {"http://app.test:x", "error: has a port that is not 1 to 65535"},
      {"http://app.test:-1", "error: has a port that is not 1 to 65535"},
      {"http://a b", "error: has a byte in its host that no host may have"},
      {"http://a\r\nX: y", "error: has a byte in its host that no host may have"},
      {"http://[::1", "error: has a bracket that is not closed"},
      {"http://[app.test]", "error: has brackets around something that is no IPv6 address"},
      {"http://[::1]x", "error: has something behind the address"},
  };
  for (const Row& row : rows)
    CHECK_EQUAL(std::string_view(row.expected), std::string_view(read(row.text)));
}
