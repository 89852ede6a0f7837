// SPDX-License-Identifier: MIT
#include "h1/write.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using namespace pm::h1;
using http::FieldId;
using http::Framing;

TEST_GROUP(h1_write) {
  BlockPool pool{4096};
  Arena arena{pool};
  http::Request request{arena};
  http::Response response{arena};
  RequestFrame to_server;
  ResponseFrame to_client;
  char room[1024];
  std::string text;

  void setup() override {
    request.method = "GET";
    request.path = "/a";
    to_server.host = "h:81";
    response.status = 200;
  }
  std::string_view written_request() {
    text.assign(room, write_request_head(room, request, to_server));
    return text;
  }
  std::string_view written_response() {
    text.assign(room, write_response_head(room, response, to_client));
    return text;
  }
  std::string_view written_end(const http::Headers* trailers) {
    text.assign(room, write_last_chunk(room, trailers));
    return text;
  }
};

using namespace std::string_view_literals;

TEST(h1_write, begins_a_request_with_its_line_and_host) {
  CHECK_EQUAL("GET /a HTTP/1.1\r\nHost: h:81\r\n\r\n"sv, written_request());
}

TEST(h1_write, writes_a_query_even_when_it_is_empty) {
  request.has_query = true;
  CHECK_EQUAL("GET /a? HTTP/1.1\r\nHost: h:81\r\n\r\n"sv, written_request());

  request.query = "b=c";
  CHECK_EQUAL("GET /a?b=c HTTP/1.1\r\nHost: h:81\r\n\r\n"sv, written_request());
}

TEST(h1_write, spells_names_of_a_request_canonically_and_leaves_dropped_fields_out) {
  request.headers.append("user-agent", "x");
  request.headers.append("x-odd-name", "y z");
  request.headers.append("accept", "gone");
  request.headers.drop(FieldId::accept);
  request.headers.append("X-EMPTY", "");

  CHECK_EQUAL(
      "GET /a HTTP/1.1\r\nHost: h:81\r\nUser-Agent: x\r\nX-Odd-Name: y z\r\nX-Empty: \r\n\r\n"sv,
      written_request());
}

TEST(h1_write, frames_a_request_itself_whatever_its_fields_say) {
  for (const std::string_view name :
       {"Host"sv, "Connection"sv, "Content-Length"sv, "Transfer-Encoding"sv, "Keep-Alive"sv,
        "Proxy-Connection"sv, "TE"sv, "Upgrade"sv}) {
    request.headers.append(name, "x");
  }
  to_server.framing = Framing::length;
  to_server.content_length = 18446744073709551615u;
  to_server.te_trailers = true;

  CHECK_EQUAL(
      "GET /a HTTP/1.1\r\nHost: h:81\r\nContent-Length: 18446744073709551615\r\nTe: trailers\r\n\r\n"sv,
      written_request());
}

TEST(h1_write, writes_an_upgrade_to_the_server) {
  to_server.connection = ConnectionWord::upgrade;
  to_server.upgrade = "websocket";

  CHECK_EQUAL(
      "GET /a HTTP/1.1\r\nHost: h:81\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"sv,
      written_request());
}

TEST(h1_write, writes_a_chunked_request) {
  to_server.framing = Framing::chunked;

  CHECK_EQUAL("GET /a HTTP/1.1\r\nHost: h:81\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
              written_request());
}

TEST(h1_write, keeps_the_names_and_the_reason_of_a_response) {
  response.reason = "Fine";
  response.headers.append("x-odd", "1");
  response.headers.append("DATE", "then");
  to_client.framing = Framing::chunked;
  to_client.date = "now";

  CHECK_EQUAL("HTTP/1.1 200 Fine\r\nx-odd: 1\r\nDATE: then\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
              written_response());
}

TEST(h1_write, adds_the_date_and_the_registered_reason) {
  response.headers.append("Date", "gone");
  response.headers.drop(FieldId::date);
  to_client.framing = Framing::length;
  to_client.content_length = 12;
  to_client.date = "Thu, 29 Feb 2024 12:00:00 GMT";

  CHECK_EQUAL(
      "HTTP/1.1 200 OK\r\nDate: Thu, 29 Feb 2024 12:00:00 GMT\r\nContent-Length: 12\r\n\r\n"sv,
      written_response());
}

TEST(h1_write, says_how_the_connection_to_the_client_goes_on) {
  to_client.framing = Framing::until_close;
  to_client.connection = ConnectionWord::close;
  CHECK_EQUAL("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"sv, written_response());

  to_client.connection = ConnectionWord::keep_alive;
  CHECK_EQUAL("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n"sv, written_response());
}

TEST(h1_write, writes_a_switch_of_protocols) {
  response.status = 101;
  to_client.connection = ConnectionWord::upgrade;
  to_client.upgrade = "websocket";

  CHECK_EQUAL(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"sv,
      written_response());
}

TEST(h1_write, writes_a_status_without_a_registered_reason) {
  response.status = 599;

  CHECK_EQUAL("HTTP/1.1 599 \r\n\r\n"sv, written_response());
}

TEST(h1_write, tells_the_size_that_it_needs_and_keeps_within_its_room) {
  request.headers.append("x-a", "b");
  const std::size_t size = write_request_head({}, request, to_server);
  std::string exact(size + 1, '#');

  LONGS_EQUAL(size, write_request_head({exact.data(), size}, request, to_server));
  CHECK(exact.ends_with("\r\n\r\n#"));
  LONGS_EQUAL(size, write_request_head({exact.data(), size - 1}, request, to_server));
}

TEST(h1_write, writes_chunk_lines_in_hexadecimal) {
  char line[max_chunk_line];

  CHECK_EQUAL("1f4\r\n"sv, std::string_view(line, write_chunk_line(line, 500)));
  CHECK_EQUAL("ffffffffffffffff\r\n"sv,
              std::string_view(line, write_chunk_line(line, ~std::uint64_t{0})));
}

TEST(h1_write, ends_a_chunked_body_with_its_trailers) {
  CHECK_EQUAL("0\r\n\r\n"sv, written_end(nullptr));

  request.trailers.append("X-Sum", "1");
  request.trailers.append("x-gone", "2");
  request.trailers.drop("x-gone");
  CHECK_EQUAL("0\r\nX-Sum: 1\r\n\r\n"sv, written_end(&request.trailers));
}
