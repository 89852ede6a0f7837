// SPDX-License-Identifier: MIT
#include "http/path.h"

#include "t/lib/table.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace std::string_view_literals;

TEST_GROUP(path) {
  BlockPool pool{4096};
  Arena arena{pool};
  http::Request request{arena};

  std::string unescaped(std::string_view text) {
    std::string_view bad;
    const auto out = http::unescape(text, arena, &bad);
    return out ? std::string(*out) : "bad " + std::string(bad);
  }
  // What is left of it for the service, or "refused".
  std::string stripped(std::string_view path, std::string_view prefix, bool force_slash = false) {
    request.path = path;
    return http::strip_prefix(request, prefix, force_slash) ? std::string(request.path) : "refused";
  }
};

TEST(path, an_escape_is_two_hexadecimal_digits) {
  const Row rows[] = {
      {"/a", "/a"},       {"%41%2f%c3%A9", "A/\xc3\xa9"},
      {"a%20b", "a b"},   {"%", "bad %"},
      {"a%4", "bad %4"},  {"%4g/", "bad %4g"},
      {"%g4", "bad %g4"}, {"%%41", "bad %%4"},
  };
  check_rows(rows, [this](std::string_view text) { return unescaped(text); });
}

TEST(path, a_fault_may_be_nobodys_concern) {
  CHECK_FALSE(http::unescape("%zz", arena).has_value());
}

TEST(path, escapes_are_upper_case_and_only_where_they_must_be) {
  const Row rows[] = {
      {"/aZ09-_.~$&+,/:;=@", "/aZ09-_.~$&+,/:;=@"},
      {"/a b?c#d%", "/a%20b%3Fc%23d%25"},
      {"/\xc3\xa9!'()*[]", "/%C3%A9%21%27%28%29%2A%5B%5D"},
  };
  check_rows(rows, [this](std::string_view text) { return http::escape_path(text, arena); });
}

TEST(path, what_was_encoded_stays_so_when_a_prefix_is_taken_off) {
  CHECK_EQUAL("/b%2Fc"sv, stripped("/a/b%2Fc", "/a"));
  CHECK_EQUAL("/b!c"sv, stripped("/a%20x/b!c", "/a x"));
  CHECK_EQUAL("/b"sv, stripped("/ab", "/a"));
}

TEST(path, the_service_is_told_the_prefix_as_it_reads) {
  stripped("/a%20x/b", "/a x");

  CHECK_EQUAL("/a x"sv, request.headers.get("x-forwarded-prefix"));
}

TEST(path, nothing_is_left_of_a_path_that_is_its_prefix) {
  CHECK_EQUAL(""sv, stripped("/a", "/a"));
  CHECK_EQUAL("/"sv, stripped("/a", "/a", true));
}

TEST(path, a_prefix_whose_rest_leads_outside_is_refused) {
  CHECK_EQUAL("refused"sv, stripped("/a/../b", "/a"));
  CHECK_EQUAL("refused"sv, stripped("/a//b", "/a"));
}

TEST(path, a_prefix_that_would_end_its_field_is_refused) {
  CHECK_EQUAL("refused"sv, stripped("/a%0D%0Ab", "/a\r\n"));
  CHECK_EQUAL("refused"sv, stripped("/a%7F", "/a\x7f"));
}

TEST(path, a_prefix_is_put_in_front_of_both_forms) {
  http::Path path("/a/b", "/a%2Fb");

  path.prepend("x", arena);

  CHECK_EQUAL("/x/a/b"sv, path.decoded());
  CHECK_EQUAL("/x/a%2Fb"sv, path.encoded(arena));
}

TEST(path, a_raw_form_that_says_something_else_is_not_used) {
  CHECK_EQUAL("/a"sv, http::Path("/a", "/b").encoded(arena));
  CHECK_EQUAL("/a"sv, http::Path("/a", "/%zz").encoded(arena));
  CHECK_EQUAL("/a%22"sv, http::Path("/a\"", "/a\"").encoded(arena));
}

TEST(path, another_path_is_rooted_and_the_one_before_is_told) {
  std::string_view bad;
  request.path = "/old";

  CHECK(http::replace_path(request, "new%2Fer", &bad) == http::Replaced::good);

  CHECK_EQUAL("/new%2Fer"sv, request.path);
  CHECK_EQUAL("/old"sv, request.headers.get("x-replaced-path"));
}

TEST(path, another_path_may_be_malformed_or_lead_outside) {
  std::string_view bad;

  CHECK(http::replace_path(request, "/%4", &bad) == http::Replaced::bad_escape);
  CHECK_EQUAL("%4"sv, bad);
  CHECK(http::replace_path(request, "/a/../..", &bad) == http::Replaced::unclean);
}

TEST(path, a_request_line_has_a_path_and_perhaps_a_query) {
  request.path = "";
  CHECK_EQUAL("/"sv, http::request_target(request, arena));

  request.has_query = true;
  request.query = "a=b";
  request.path = "/x";
  CHECK_EQUAL("/x?a=b"sv, http::request_target(request, arena));
}
