// SPDX-License-Identifier: MIT
#include "http/absolute_url.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(absolute_url){};

TEST(absolute_url, is_written_in_its_canonical_spelling_or_is_none) {
  static constexpr Row rows[] = {
      {"https://new.example/p?q=1", "https://new.example/p?q=1"},
      {"HTTPS://a/b c", "https://a/b%20c"},
      {"http://u:p@h:80/%41", "http://u:p@h:80/%41"},
      {"/only/a/path", "/only/a/path"},
      {"http://h", "http://h"},
      {"http://h/a#frag ment", "http://h/a#frag%20ment"},
      {"http://[::1]:8080/", "http://[::1]:8080/"},
      {"http://10.0.0.%31/", "none"},
      {"http://h:8x/", "none"},
      {"http://h/%zz", "none"},
      {"http://a b/", "none"},
      {"http://[::1/", "none"},
      {"http://[::1]x/", "none"},
      {"http://[::1]:", "http://[::1]:"},
      {"http://h:/", "http://h:/"},
      {"http://h%81/", "http://h%81/"},
      {"http://h%8/", "none"},
      {"http://u%zz@h/", "none"},
      {"http://u%4@h/", "none"},
      {"http://h/%4", "none"},
      {"http://h/%4x", "none"},
      {"http://h/#%zz", "none"},
      {"a+b-c.d:e", "a+b-c.d:e"},
      {"a_b:c", "none"},
      {"a/b:c", "a/b:c"},
      {"a?b:c", "a?b:c"},
      {":x", "none"},
      {"//h", "//h"},
      {"http://h?q", "http://h?q"},
      {"1:2", "none"},
      {"http://h/\x01", "none"},
  };
  check_rows(rows, [](std::string_view in) { return http::canonical_url(in).value_or("none"); });
}

TEST(absolute_url, a_reference_is_resolved_as_browsers_do) {
  static constexpr Row rows[] = {
      {"/login", "http://sso.example/login"},
      {"next?x=1", "http://sso.example/a/next?x=1"},
      {"../up", "http://sso.example/up"},
      {"?q", "http://sso.example/a/check?q"},
      {"//other/x", "http://other/x"},
      {"https://other/x", "https://other/x"},
      {"", "http://sso.example/a/check?b=c"},
      {".", "http://sso.example/a/"},
      {"./x", "http://sso.example/a/x"},
      {"x/..", "http://sso.example/a/"},
      {"../../../x", "http://sso.example/x"},
      {"..", "http://sso.example/"},
      {"http://h/%zz", "none"},
      {"/%zz", "none"},
      {":x", "none"},
  };
  check_rows(rows, [](std::string_view in) {
    return http::resolve_url("http://sso.example/a/check?b=c", in).value_or("none");
  });
}
