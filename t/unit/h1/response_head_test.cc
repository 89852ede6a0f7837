// SPDX-License-Identifier: MIT
// The rows of security.md section 3 that a head decides.
#include "h1/head.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using namespace pm::h1;
using http::Framing;

namespace {

using namespace std::string_view_literals;

#define OK "HTTP/1.1 200 OK\r\n"

constexpr std::string_view refused[]{
    "HTTP/1.1\r\n",
    "HTTP/1.1 \r\n",
    "HTTP/1.1 20\r\n",
    "HTTP/1.1 2000\r\n",
    "HTTP/1.1 20x OK\r\n",
    "HTTP/1.1 099 Low\r\n",
    "HTTP/1.1 000 None\r\n",
    "HTTP/1.1  200 OK\r\n",
    "HTTP/1.1\t200 OK\r\n",
    "HTTP/1.1 200\tOK\r\n",
    "HTTP/1.1 +20 OK\r\n",
    "HTTP/1.2 200 OK\r\n",
    "HTTP/2.0 200 OK\r\n",
    "HTTP/0.9 200 OK\r\n",
    "http/1.1 200 OK\r\n",
    "HTTP/1.1 200 O\x01K\r\n",
    "HTTP/1.1 200 O\0K\r\n"sv,
    "HTTP/1.1 200 O\x7fK\r\n",
    "HTTP/1.1 200 OK\rA: b\r\n",
    OK "A : b\r\n",
    OK ": b\r\n",
    OK "A\r\n",
    OK "A: b\r\n c\r\n",
    OK " A: b\r\n",
    OK "A: b\0\r\n"sv,
    OK "A: b\x01\r\n",
    OK "A: b\x7f\r\n",
    OK "A: b\rc\r\n",
    OK "A\x80: b\r\n",
    OK "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    OK "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    OK "Content-Length: 5\r\nContent-Length: 5\r\n",
    OK "Content-Length: 5\r\nContent-Length: 6\r\n",
    OK "Content-Length: 5, 5\r\n",
    OK "Content-Length: -5\r\n",
    OK "Content-Length: 0x5\r\n",
    OK "Content-Length:\r\n",
    OK "Content-Length: 1000000000000000000\r\n",
    OK "Transfer-Encoding: gzip\r\n",
    OK "Transfer-Encoding: gzip, chunked\r\n",
    OK "Transfer-Encoding: chunked, chunked\r\n",
    OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    OK "Transfer-Encoding: identity\r\n",
    OK "Transfer-Encoding:\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n",
    "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n",
};

struct Row {
  std::string_view method;
  std::string_view head;
  int status;
  Framing framing;
  unsigned length;
  bool keep_alive;
  bool claims_body;
};

constexpr Row accepted[]{
    {"GET", OK "Content-Length: 5\r\n", 200, Framing::length, 5, true, false},
    {"GET", OK "Content-Length: 0\r\n", 200, Framing::length, 0, true, false},
    {"GET", OK "Transfer-Encoding: Chunked\r\n", 200, Framing::chunked, 0, true, false},
    {"GET", OK, 200, Framing::until_close, 0, false, false},
    {"GET", OK "Connection: keep-alive\r\n", 200, Framing::until_close, 0, false, false},
    {"GET", OK "Content-Length: 5\r\nConnection: close\r\n", 200, Framing::length, 5, false, false},
    {"GET", OK "Content-Length: 5\r\nConnection: x, Close\r\n", 200, Framing::length, 5, false,
     false},
    {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n", 200, Framing::length, 5, false, false},
    {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n", 200,
     Framing::length, 5, true, false},
    {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive, close\r\n", 200,
     Framing::length, 5, false, false},
    {"HEAD", OK "Content-Length: 5\r\n", 200, Framing::none, 5, true, true},
    {"HEAD", OK "Transfer-Encoding: chunked\r\n", 200, Framing::none, 0, true, true},
    {"HEAD", OK, 200, Framing::none, 0, true, false},
    {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n", 304, Framing::none, 5, true,
     true},
    {"GET", "HTTP/1.1 304 Not Modified\r\n", 304, Framing::none, 0, true, false},
    {"GET", "HTTP/1.1 204 No Content\r\n", 204, Framing::none, 0, true, false},
    {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n", 204, Framing::none, 0, true, true},
    {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n", 204, Framing::none, 5, false, true},
    {"GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n", 204, Framing::none, 0,
     false, true},
    {"GET", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n", 103, Framing::none, 0, true, false},
    {"GET", "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n", 100, Framing::none, 5, false, true},
    {"GET", "HTTP/1.1 404\r\nContent-Length: 0\r\n", 404, Framing::length, 0, true, false},
    {"GET", "HTTP/1.1 999 \r\nContent-Length: 0\r\n", 999, Framing::length, 0, true, false},
};

}  // namespace

TEST_GROUP(h1_response_head) {
  BlockPool pool{4096};
  Arena arena{pool};
  HeadLimits limits;
  http::Response response{arena};
  ResponseHead head;
  std::string block;

  Fault read(std::string_view bytes, std::string_view method, http::Response & into,
             ResponseHead & facts) {
    Lines lines;
    return parse_response(bytes, lines, limits, method, into, facts);
  }
  Fault parse(std::string_view text, std::string_view method = "GET") {
    block = std::string(text) + "\r\n";
    return read(block, method, response, head);
  }
  void check(const Row& row) {
    http::Response answer(arena);
    ResponseHead facts;
    const std::string bytes = std::string(row.head) + "\r\n";
    const Fault fault = read(bytes, row.method, answer, facts);
    const char* text = bytes.c_str();
    LONGS_EQUAL_TEXT(0, fault.status, text);
    LONGS_EQUAL_TEXT(row.status, answer.status, text);
    CHECK_TEXT(row.framing == answer.framing, text);
    LONGS_EQUAL_TEXT(row.length, answer.content_length, text);
    CHECK_TEXT(row.keep_alive == facts.keep_alive, text);
    CHECK_TEXT(row.claims_body == facts.claims_body, text);
  }
};

TEST(h1_response_head, answers_502_for_whatever_can_be_read_in_two_ways) {
  for (const std::string_view bytes : refused) {
    http::Response answer(arena);
    const std::string whole = std::string(bytes) + "\r\n";
    LONGS_EQUAL_TEXT(502, read(whole, "GET", answer, head).status, whole.c_str());
  }
}

TEST(h1_response_head, delimits_the_body_and_tells_whether_the_connection_lives_on) {
  for (const Row& row : accepted)
    check(row);
}

TEST(h1_response_head, keeps_the_reason_as_sent) {
  CHECK_FALSE(parse("HTTP/1.1 200 All is \xc3\xa4 well\r\n"));

  CHECK_EQUAL("All is \xc3\xa4 well"sv, response.reason);
}

TEST(h1_response_head, may_have_no_reason) {
  CHECK_FALSE(parse("HTTP/1.1 404\r\nContent-Length: 0\r\n"));

  CHECK_EQUAL(""sv, response.reason);
}

TEST(h1_response_head, tells_a_switch_of_protocols) {
  CHECK_FALSE(
      parse("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"));

  CHECK(head.upgrade);
  CHECK_FALSE(head.keep_alive);
  CHECK(response.framing == Framing::none);
}

TEST(h1_response_head, takes_as_many_fields_as_the_limit_says) {
  limits.max_fields = 1;
  CHECK_FALSE(parse("HTTP/1.1 200 OK\r\nA: b\r\n"));

  LONGS_EQUAL(502, parse("HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n").status);
}
