// SPDX-License-Identifier: MIT
#include "http/url.h"

#include "t/lib/sample_request.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

constexpr http::PathOptions raw{.sanitize = false};

// "path?query | routing path", or the reason of the refusal.
std::string resolved(std::string_view target, http::PathOptions options = {}) {
  SampleRequest sample("GET " + text::replace_all(target, " ", "\\s") + " host=h", options);
  if (sample.fault()) return sample.fault().why;
  const http::Request& request = sample.request();
  std::string out(request.path);
  if (request.has_query) out.append("?").append(request.query);
  if (request.routing_path != request.path) out.append(" | ").append(request.routing_path);
  return out;
}

std::string resolved_raw(std::string_view target) {
  return resolved(target, raw);
}

// The canonical host that a Host value leads to, or "refused".
std::string host_of(std::string_view authority) {
  BlockPool pool{4096};
  Arena arena{pool};
  http::Request request{arena};
  request.method = "GET";
  request.target = "/";
  request.authority = authority;
  return http::resolve_target(request, {}) ? std::string("refused") : std::string(request.host);
}

}  // namespace

TEST_GROUP(url){};

TEST(url, a_plain_path_is_left_alone) {
  const Row rows[] = {
      {"/", "/"},
      {"/b/200", "/b/200"},
      {"/a/b/c/", "/a/b/c/"},
      {"/.well-known/x", "/.well-known/x"},
      {"/a/...", "/a/..."},
      {"/a/..b/.c", "/a/..b/.c"},
      {"/admin/!$&'()*+,;=:@", "/admin/!$&'()*+,;=:@"},
      {"/[x]", "/[x]"},
  };
  check_rows(rows, [](std::string_view target) { return resolved(target); });
}

TEST(url, a_clean_path_is_not_copied) {
  SampleRequest sample("GET /b/200?x=%zz host=example.com:80");

  POINTERS_EQUAL(sample.request().target.data(), sample.request().path.data());
  POINTERS_EQUAL(sample.request().target.data(), sample.request().routing_path.data());
  POINTERS_EQUAL(sample.request().authority.data(), sample.request().host.data());
}

// http-routing.md section 6, and what the conformance cases paths-default recorded.
TEST(url, paths_are_sanitised) {
  const Row rows[] = {
      {"/foo/../bar", "/bar"},
      {"/a/./b/..", "/a"},
      {"//a//b/", "/a/b/"},
      {"/..", "/"},
      {"/a/b/.", "/a/b"},
      {"/a/b/..", "/a"},
      {"/a/b/../", "/a/"},
      {"/a/b/./", "/a/b/"},
      {"/a/../", "/"},
      {"/a/./b/c", "/a/b/c"},
      {"/a/x/../b/c", "/a/b/c"},
      {"/x/../admin", "/admin"},
      {"/admin/../x", "/x"},
      {"/../../admin", "/admin"},
      {"/a//b///c", "/a/b/c"},
      {"//admin", "/admin"},
      {"///", "/"},
      {"/x/%2e%2e/admin", "/admin"},
      {"/x/%2E%2E/admin", "/admin"},
      {"/x/.%2e/admin", "/admin"},
      {"/%2e%2e/x", "/x"},
      {"/a/./b/c?x=/../y//z", "/a/b/c?x=/../y//z"},
      {"/a/..?x", "/?x"},
  };
  check_rows(rows, [](std::string_view target) { return resolved(target); });
}

TEST(url, sanitising_can_be_switched_off) {
  const Row rows[] = {
      {"/a/./b/c", "/a/./b/c"},
      {"/x/../admin", "/x/../admin"},
      {"/../../admin", "/../../admin"},
      {"/a//b///c", "/a//b///c"},
      {"//admin", "//admin"},
      {"/a/b/.", "/a/b/."},
      {"/x/%2e%2e/admin", "/x/../admin"},
      {"/%61dmin/%7Eu", "/admin/~u"},
  };
  check_rows(rows, resolved_raw);
}

TEST(url, escapes_are_brought_to_one_spelling) {
  const Row rows[] = {
      {"/a%20b//c", "/a%20b/c | /a b/c"},
      {"/a%2f%2F", "/a%2F%2F"},
      {"/a%2F..%2Fb", "/a%2F..%2Fb"},
      {"/%61dmin/%7Eu", "/admin/~u"},
      {"/admin/%c3%a9", "/admin/%C3%A9 | /admin/\xc3\xa9"},
      {"/admin%5Cx", "/admin%5Cx | /admin\\x"},
      {"/admin%3Bx", "/admin%3Bx"},
      {"/admin%25x", "/admin%25x"},
      {"/x/%252e%252e/admin", "/x/%252e%252e/admin"},
      {"/a%2Bb", "/a%2Bb"},
      {"/a+b", "/a+b"},
      {"/%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25",
       "/%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25"},
      {"/%3a%2f%7c", "/%3A%2F%7C | /%3A%2F|"},
  };
  check_rows(rows, [](std::string_view target) { return resolved(target); });
}

TEST(url, bytes_that_no_path_may_hold_become_escapes) {
  const Row rows[] = {
      {"/admin\\x", "/admin%5Cx | /admin\\x"},
      {"/admin/\xc3\xa9", "/admin/%C3%A9 | /admin/\xc3\xa9"},
      {"/{a}|\"<b>^`", "/%7Ba%7D%7C%22%3Cb%3E%5E%60 | /{a}|\"<b>^`"},
      {"/a%2Fb\\c", "/a%2Fb%5Cc | /a%2Fb\\c"},
  };
  check_rows(rows, [](std::string_view target) { return resolved(target); });
}

TEST(url, an_escaped_zero_byte_is_a_byte_for_the_rules) {
  SampleRequest sample("GET /a%00b host=h");

  CHECK_EQUAL(std::string_view("/a%00b"), sample.request().path);
  CHECK_EQUAL(std::string_view("/a\0b", 4), sample.request().routing_path);
}

TEST(url, targets_that_are_none_are_refused) {
  const Row rows[] = {
      {"", "target is neither a path nor a URL"},
      {"x", "target is neither a path nor a URL"},
      {"*", "\"*\" is a target for OPTIONS only"},
      {"/admin%zz", "\"%\" without two hexadecimal digits in the path"},
      {"/admin%2", "\"%\" without two hexadecimal digits in the path"},
      {"/%", "\"%\" without two hexadecimal digits in the path"},
      {"/x#frag", "raw \"#\" in the path"},
      {"/x#", "raw \"#\" in the path"},
      {"/a b", "control byte or blank in the path"},
      {"/a\tb", "control byte or blank in the path"},
      {"/a\x7f", "control byte or blank in the path"},
      {"/a?b\x01", "control byte or blank in the query"},
      {"/a?b c", "control byte or blank in the query"},
  };
  check_rows(rows, [](std::string_view target) { return resolved(target); });
}

TEST(url, the_query_is_kept_as_it_is) {
  const Row rows[] = {
      {"/x?", "/x?"},
      {"/x?a?b=c", "/x?a?b=c"},
      {"/x?a=%zz&b=%2", "/x?a=%zz&b=%2"},
      {"/x?a=b+c%20d", "/x?a=b+c%20d"},
      {"/x?b=2&a=1&B=%7e&a=0", "/x?b=2&a=1&B=%7e&a=0"},
      {"/x?a#b", "/x?a#b"},
      {"/x?\xc3\xa9", "/x?\xc3\xa9"},
  };
  check_rows(rows, [](std::string_view target) { return resolved(target); });
}

TEST(url, semicolons_of_a_query_become_ampersands) {
  CHECK_EQUAL(std::string("/x?a=1&b=2&"), resolved("/x?a=1;b=2;"));
}

TEST(url, semicolons_of_a_query_can_be_escaped) {
  CHECK_EQUAL(std::string("/x?a=1%3Bb=2%3B"), resolved("/x?a=1;b=2;", {.encode_semicolons = true}));
}

TEST(url, the_absolute_form_brings_its_own_host) {
  const Row rows[] = {
      {"http://plain.test/x", "plain.test /x"},
      {"http://plain.test:80/x", "plain.test /x"},
      {"HTTP://Plain.Test", "plain.test /"},
      {"https://h?a=1", "h /?a=1"},
      {"http://h//a/../b", "h /b"},
      {"http://[::1]:8080/", "::1 /"},
  };
  check_rows(rows, [](std::string_view target) {
    SampleRequest sample("GET " + std::string(target) + " host=nobody.test");
    const http::Request& request = sample.request();
    std::string out = std::string(request.host) + " " + std::string(request.path);
    return request.has_query ? out + "?" + std::string(request.query) : out;
  });
}

TEST(url, the_absolute_form_is_judged) {
  const Row rows[] = {
      {"ftp://h/x", "scheme of the target is neither http nor https"},
      {"http:///x", "empty authority in the target"},
      {"http://", "empty authority in the target"},
      {"http://?x", "empty authority in the target"},
      {"http://u:p@h/x", "malformed Host"},
      {"http://h:x/", "malformed Host"},
      {"http://h#f", "raw \"#\" in the path"},
      {"http:/h", "target is neither a path nor a URL"},
  };
  check_rows(rows, [](std::string_view target) { return resolved(target); });
}

TEST(url, the_asterisk_is_kept_for_options) {
  SampleRequest sample("OPTIONS * host=h");

  CHECK_FALSE(sample.fault());
  CHECK_EQUAL(std::string_view("*"), sample.request().path);
}

TEST(url, hosts_have_one_spelling) {
  const Row rows[] = {
      {"", ""},
      {"plain.test", "plain.test"},
      {"PLAIN.Test:8080", "plain.test"},
      {"plain.test.", "plain.test."},
      {"plain.test.:80", "plain.test."},
      {"h:", "h"},
      {"under_score.test", "under_score.test"},
      {"127.0.0.1:99", "127.0.0.1"},
      {"[::1]", "::1"},
      {"[::1]:99", "::1"},
      {"[FE80::A]", "fe80::a"},
      {"a%41b", "a%41b"},
      {"h:65535", "h"},
  };
  check_rows(rows, host_of);
}

TEST(url, hosts_that_are_none_are_refused) {
  const Row rows[] = {
      {"u@h", "refused"},       {"a/b", "refused"},      {"a,b", "refused"},
      {"a b", "refused"},       {"h:x", "refused"},      {"h:1:2", "refused"},
      {"h:65536", "refused"},   {"h:999999", "refused"}, {":80", "refused"},
      {"[::1", "refused"},      {"::1", "refused"},      {"[]", "refused"},
      {"[1.2.3.4]", "refused"}, {"[::1]x", "refused"},   {"[fe80::1%eth0]", "refused"},
      {"h]", "refused"},        {"h%4", "refused"},      {"\xc3\xa9", "refused"},
      {"h\\", "refused"},       {"h?", "refused"},       {"h#", "refused"},
      {"h:-1", "refused"},      {"h:+1", "refused"},
  };
  check_rows(rows, host_of);
}

TEST(url, encoded_characters_are_found_in_the_path) {
  const Row rows[] = {
      {"/a%2Fb", "1"},  {"/a%5Cb", "2"},  {"/a%00", "4"},  {"/a%3Bb", "8"},
      {"/a%25b", "16"}, {"/a%3Fb", "32"}, {"/a%23", "64"}, {"/a%20;\\b%C3%A9", "0"},
  };
  check_rows(rows, [](std::string_view path) {
    unsigned found = 0;
    for (unsigned bit = 1; bit <= 64; bit *= 2) {
      if (http::has_encoded(path, static_cast<http::EncodedSet>(bit))) found |= bit;
    }
    return std::to_string(found);
  });
}

TEST(url, only_forbidden_encoded_characters_count) {
  CHECK_FALSE(http::has_encoded("/a%2Fb", 0));
  CHECK_FALSE(http::has_encoded("/a%2Fb", static_cast<http::EncodedSet>(http::EncodedChar::hash)));
}
