// SPDX-License-Identifier: MIT
#include "observe/access_format.h"
#include "t/lib/access_trial.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using namespace pm::observe;

TEST_GROUP(access_json) {
  trial::Exchange exchange;
  config::AccessLog options;
  char room[65536];
  std::string text;

  void setup() override {
    options.format = config::AccessFormat::json;
  }
  std::string_view line(AccessFormat::Extent extent = AccessFormat::Extent::whole) {
    AccessFormat format(options);
    text.assign(room, format.write(exchange.record, room, extent));
    return text;
  }
  bool has(std::string_view piece) {
    return line().find(piece) != std::string_view::npos;
  }
  void keep_only(const char* field) {
    options.fields.default_mode = config::FieldMode::drop;
    options.fields.names[field] = "keep";
  }
};

using namespace std::string_view_literals;

TEST(access_json, has_every_field_in_order) {
  exchange.record.termination = "client_gone";

  CHECK_EQUAL(
      "{\"ClientAddr\":\"192.0.2.7:4711\",\"ClientHost\":\"192.0.2.7\",\"ClientPort\":\"4711\","
      "\"ClientUsername\":\"-\","
      "\"ConnectionNumber\":99,\"DownstreamContentSize\":1234,\"DownstreamStatus\":200,"
      "\"Duration\":12345000,"
      "\"OriginContentSize\":1234,\"OriginDuration\":12000000,\"OriginStatus\":200,\"Overhead\":"
      "345000,"
      "\"RequestAddr\":\"example.com:8080\",\"RequestContentSize\":3,\"RequestCount\":42,"
      "\"RequestHost\":\"example.com\","
      "\"RequestMethod\":\"GET\",\"RequestPath\":\"/a/"
      "b?c=d\",\"RequestPort\":\"8080\",\"RequestProtocol\":\"HTTP/1.1\","
      "\"RequestScheme\":\"http\",\"RetryAttempts\":0,\"RouterName\":\"app@file\",\"ServiceAddr\":"
      "\"10.0.0.1:80\","
      "\"ServiceName\":\"app-service@file\",\"ServiceURL\":\"http://10.0.0.1:80\","
      "\"StartLocal\":\"2024-02-29T12:34:56.789012Z\",\"StartUTC\":\"2024-02-29T12:34:56.789012Z\","
      "\"TerminationReason\":\"client_gone\",\"WorkerIndex\":1,\"entryPointName\":\"web\","
      "\"level\":\"info\",\"msg\":\"\","
      "\"time\":\"2024-02-29T12:34:56Z\"}\n"sv,
      line());
}

TEST(access_json, leaves_out_what_the_proxy_cannot_know) {
  exchange.answer_by_proxy(404);

  CHECK_FALSE(has("Origin"));
  CHECK_FALSE(has("Service"));
  CHECK_FALSE(has("RouterName"));
  CHECK_FALSE(has("GzipRatio"));
  CHECK(has("\"Overhead\":12345000,"));
}

TEST(access_json, tells_how_much_smaller_the_answer_became) {
  exchange.record.response_bytes = 500;
  exchange.record.origin_bytes = 1250;

  CHECK(has("\"GzipRatio\":2.5,"));
}

TEST(access_json, takes_the_host_apart) {
  exchange.request.authority = "[2001:db8::1]:443";
  CHECK(has("\"RequestAddr\":\"[2001:db8::1]:443\","));
  CHECK(has("\"RequestHost\":\"2001:db8::1\","));
  CHECK(has("\"RequestPort\":\"443\","));

  exchange.request.authority = "h";
  CHECK(has("\"RequestHost\":\"h\","));
  CHECK(has("\"RequestPort\":\"-\","));
}

TEST(access_json, keeps_only_the_fields_that_are_asked_for) {
  keep_only("requestMETHOD");

  CHECK_EQUAL(
      "{\"RequestMethod\":\"GET\",\"level\":\"info\",\"msg\":\"\",\"time\":\"2024-02-29T12:34:56Z\"}\n"sv,
      line());
}

TEST(access_json, adds_the_headers_that_are_kept_sorted_and_joined) {
  keep_only("RetryAttempts");
  options.fields.header_names["x-b"] = "keep";
  options.fields.header_names["X-A"] = "keep";
  options.fields.header_names["authorization"] = "redact";
  exchange.request.headers.append("x-b", "1");
  exchange.request.headers.append("X-A", "2");
  exchange.request.headers.append("X-B", "3");
  exchange.request.headers.append("Authorization", "Basic c2VjcmV0");
  exchange.request.headers.append("Accept", "*/*");
  exchange.origin.append("x-a", "from the server");
  exchange.response.headers.append("x-a", "to the client");

  CHECK_EQUAL(
      "{\"RetryAttempts\":0,\"downstream_X-A\":\"to the client\",\"level\":\"info\",\"msg\":\"\","
      "\"origin_X-A\":\"from the "
      "server\",\"request_Authorization\":\"REDACTED\",\"request_X-A\":\"2\","
      "\"request_X-B\":\"1,3\",\"time\":\"2024-02-29T12:34:56Z\"}\n"sv,
      line());
}

TEST(access_json, keeps_secrets_out_unless_they_are_named) {
  options.fields.headers_default_mode = config::FieldMode::keep;
  exchange.request.headers.append("Authorization", "secret");
  exchange.request.headers.append("Cookie", "secret");
  exchange.request.headers.append("Accept", "*/*");
  exchange.response.headers.append("Set-Cookie", "secret");
  CHECK_FALSE(has("secret"));
  CHECK(has("\"request_Accept\":\"*/*\""));

  options.fields.header_names["Cookie"] = "keep";
  CHECK(has("\"request_Cookie\":\"secret\""));
}

TEST(access_json, leaves_out_headers_that_were_dropped_on_the_way) {
  options.fields.headers_default_mode = config::FieldMode::redact;
  exchange.request.headers.append("X-A", "1");
  exchange.request.headers.drop("X-A");

  CHECK_FALSE(has("request_"));
}

TEST(access_json, can_do_without_headers) {
  options.fields.headers_default_mode = config::FieldMode::keep;
  exchange.request.headers.append("X-A", "1");

  CHECK(line(AccessFormat::Extent::without_headers).find("request_") == std::string_view::npos);
}

TEST(access_json, escapes_whatever_a_peer_sends) {
  keep_only("RequestPath");
  options.fields.header_names["x\"y"] = "keep";
  exchange.request.target = "/\"\\\n\x01\xff\xc3\xa4";
  exchange.request.headers.append("x\"y", "a\tb");

  CHECK_EQUAL(
      "{\"RequestPath\":\"/\\\"\\\\\\u000A\\u0001\\ufffd\xc3\xa4\",\"level\":\"info\",\"msg\":\"\","
      "\"request_X_y\":\"a\\u0009b\",\"time\":\"2024-02-29T12:34:56Z\"}\n"sv,
      line());
}

TEST(access_json, writes_times_without_the_zeros_at_their_end) {
  exchange.record.start = std::chrono::system_clock::time_point(std::chrono::seconds(1709210096));
  CHECK(has("\"StartUTC\":\"2024-02-29T12:34:56Z\""));

  exchange.record.start += std::chrono::nanoseconds(1);
  CHECK(has("\"StartUTC\":\"2024-02-29T12:34:56.000000001Z\""));
}

TEST(access_json, has_the_time_at_which_the_exchange_ended) {
  exchange.record.duration = std::chrono::seconds(10);

  CHECK(has("\"time\":\"2024-02-29T12:35:06Z\"}"));
}

TEST(access_json, drops_the_query_when_asked) {
  options.fields.query_default_mode = config::FieldMode::drop;

  CHECK(has("\"RequestPath\":\"/a/b\","));
}

TEST(access_json, can_do_without_a_request) {
  exchange.answer_by_proxy(400);
  exchange.record.request = nullptr;
  exchange.record.response = nullptr;

  CHECK(line().starts_with("{\"ClientUsername\":\"-\",\"ConnectionNumber\":99,"));
  CHECK_FALSE(has("Request\""));
}
