// SPDX-License-Identifier: MIT
#include "observe/access_format.h"
#include "t/lib/access_trial.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cstdlib>
#include <string>

using namespace pm;
using namespace pm::observe;

TEST_GROUP(access_common) {
  trial::Exchange exchange;
  config::AccessLog options;
  char room[4096];
  std::string text;

  std::string_view line() {
    AccessFormat format(options);
    text.assign(room, format.write(exchange.record, room));
    return text;
  }
};

using namespace std::string_view_literals;

TEST(access_common, is_traefiks_line) {
  CHECK_EQUAL(
      "192.0.2.7 - - [29/Feb/2024:12:34:56 +0000] \"GET /a/b?c=d HTTP/1.1\" 200 1234 \"-\" \"-\" "
      "42 "
      "\"app@file\" \"http://10.0.0.1:80\" 12ms\n"sv,
      line());
}

TEST(access_common, has_dashes_for_what_there_is_not) {
  exchange.answer_by_proxy(404);

  CHECK_EQUAL(
      "192.0.2.7 - - [29/Feb/2024:12:34:56 +0000] \"GET /a/b?c=d HTTP/1.1\" 404 1234 \"-\" \"-\" "
      "42 \"-\" \"-\" "
      "12ms\n"sv,
      line());
}

TEST(access_common, shows_referer_and_agent_when_headers_are_kept) {
  options.fields.headers_default_mode = config::FieldMode::keep;
  options.fields.header_names["referer"] = "redact";
  exchange.request.headers.append("User-Agent", "curl/8 \"x\"");
  exchange.request.headers.append("Referer", "http://secret/");

  CHECK_EQUAL(
      "192.0.2.7 - - [29/Feb/2024:12:34:56 +0000] \"GET /a/b?c=d HTTP/1.1\" 200 1234 \"REDACTED\" "
      "\"curl/8 "
      "\\\"x\\\"\" 42 \"app@file\" \"http://10.0.0.1:80\" 12ms\n"sv,
      line());
}

TEST(access_common, ends_at_the_agent_in_its_generic_form) {
  options.format = config::AccessFormat::generic_clf;
  exchange.record.client_username = "ann";

  CHECK_EQUAL(
      "192.0.2.7 - ann [29/Feb/2024:12:34:56 +0000] \"GET /a/b?c=d HTTP/1.1\" 200 1234 \"-\" \"-\"\n"sv,
      line());
}

TEST(access_common, shows_the_whole_forwarded_for_as_the_client) {
  exchange.record.forwarded_for = "198.51.100.1, 203.0.113.9";

  CHECK(line().starts_with("198.51.100.1, 203.0.113.9 - - ["));
}

TEST(access_common, drops_the_query_when_asked) {
  options.fields.query_default_mode = config::FieldMode::drop;
  CHECK(line().find("\"GET /a/b HTTP/1.1\"") != std::string_view::npos);

  exchange.request.target = "/a?";
  CHECK(line().find("\"GET /a HTTP/1.1\"") != std::string_view::npos);
}

TEST(access_common, shows_the_path_of_an_absolute_target) {
  exchange.request.target = "http://h:1/x?y";
  CHECK(line().find("\"GET /x?y HTTP/1.1\"") != std::string_view::npos);

  exchange.request.target = "http://h";
  CHECK(line().find("\"GET / HTTP/1.1\"") != std::string_view::npos);

  exchange.request.target = "http://h?y";
  CHECK(line().find("\"GET /?y HTTP/1.1\"") != std::string_view::npos);
}

TEST(access_common, lets_no_peer_write_lines_of_its_own) {
  exchange.request.target = "/\" 200 0\n1.2.3.4 - -";
  exchange.record.forwarded_for = "x\ny";
  exchange.record.client_username = "a\"\r\nb";

  CHECK_EQUAL(
      "x\\x0Ay - a\\\"\\x0D\\x0Ab [29/Feb/2024:12:34:56 +0000] \"GET /\\\" 200 0\\x0A1.2.3.4 - - "
      "HTTP/1.1\" 200 "
      "1234 \"-\" \"-\" 42 \"app@file\" \"http://10.0.0.1:80\" 12ms\n"sv,
      line());
}

TEST(access_common, shows_local_time_when_only_that_is_kept) {
  setenv("TZ", "XXX-1", 1);
  tzset();
  options.fields.names["startutc"] = "drop";
  CHECK(line().find("[29/Feb/2024:13:34:56 +0100]") != std::string_view::npos);
  setenv("TZ", "UTC0", 1);
  tzset();

  options.fields.names["StartLocal"] = "drop";
  CHECK(line().find(" [-] ") != std::string_view::npos);
}

TEST(access_common, has_dashes_for_fields_that_are_dropped) {
  options.fields.default_mode = config::FieldMode::drop;
  CHECK_EQUAL("- - - [-] \"- - -\" - - \"-\" \"-\" - \"-\" \"-\" 0ms\n"sv, line());

  options.fields.names["requestpath"] = "keep";
  options.fields.names["DownstreamStatus"] = "keep";
  CHECK_EQUAL("- - - [-] \"- /a/b?c=d -\" 200 - \"-\" \"-\" - \"-\" \"-\" 0ms\n"sv, line());
}

TEST(access_common, can_do_without_a_request) {
  exchange.record.request = nullptr;
  exchange.record.response = nullptr;
  exchange.answer_by_proxy(400);

  CHECK_EQUAL(
      "- - - [29/Feb/2024:12:34:56 +0000] \"- - -\" 400 1234 \"-\" \"-\" 42 \"-\" \"-\" 12ms\n"sv,
      line());
}

TEST(access_common, knows_the_other_protocols) {
  exchange.request.version = http::Version::http2;
  CHECK(line().find(" HTTP/2.0\"") != std::string_view::npos);

  exchange.request.version = http::Version::http10;
  CHECK(line().find(" HTTP/1.0\"") != std::string_view::npos);
}
