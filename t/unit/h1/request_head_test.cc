// SPDX-License-Identifier: MIT
// The rows of security.md section 2 that a head decides, each with its action.
#include "h1/head.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using namespace pm::h1;
using http::Framing;

namespace {

struct Row {
  std::string_view what;
  std::string_view head;  // without the empty line
  int status;             // 0: accepted
};

using namespace std::string_view_literals;

#define LINE "GET / HTTP/1.1\r\nHost: h\r\n"

constexpr Row framing[]{
    {"one length", LINE "Content-Length: 5\r\n", 0},
    {"length zero", LINE "Content-Length: 0\r\n", 0},
    {"length with blanks around it", LINE "Content-Length:  5 \r\n", 0},
    {"length with tabs around it", LINE "Content-Length:\t5\t\r\n", 0},
    {"length with blanks and tabs around it", LINE "Content-Length: \t 5 \t \r\n", 0},
    {"length that is a tab", LINE "Content-Length:\t\r\n", 400},
    {"length of 18 digits", LINE "Content-Length: 999999999999999999\r\n", 0},
    {"length of 19 digits", LINE "Content-Length: 1000000000000000000\r\n", 400},
    {"length of 19 digits, small", LINE "Content-Length: 0000000000000000001\r\n", 400},
    {"length over 64 bits", LINE "Content-Length: 18446744073709551616\r\n", 400},
    {"length empty", LINE "Content-Length:\r\n", 400},
    {"length signed", LINE "Content-Length: +5\r\n", 400},
    {"length negative", LINE "Content-Length: -5\r\n", 400},
    {"length hexadecimal", LINE "Content-Length: 0x5\r\n", 400},
    {"length with inner space", LINE "Content-Length: 1 5\r\n", 400},
    {"length with inner tab", LINE "Content-Length: 1\t5\r\n", 400},
    {"length with NUL", LINE "Content-Length: 5\0\r\n"sv, 400},
    {"length quoted", LINE "Content-Length: \"5\"\r\n", 400},
    {"length with a fraction", LINE "Content-Length: 5.0\r\n", 400},
    {"same length twice", LINE "Content-Length: 5\r\nContent-Length: 5\r\n", 400},
    {"two lengths", LINE "Content-Length: 5\r\ncontent-length: 6\r\n", 400},
    {"list of one length", LINE "Content-Length: 5, 5\r\n", 400},
    {"length, then coding", LINE "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
    {"coding, then length", LINE "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
    {"bad length with coding", LINE "Content-Length: x\r\nTransfer-Encoding: chunked\r\n", 400},
    {"length with bad coding", LINE "Transfer-Encoding: x y\r\nContent-Length: 5\r\n", 400},
    {"length with unknown coding", LINE "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", 400},
    {"chunked", LINE "Transfer-Encoding: chunked\r\n", 0},
    {"chunked in any case", LINE "Transfer-Encoding: CHUNKED\r\n", 0},
    {"chunked with blanks", LINE "Transfer-Encoding:\t chunked \t\r\n", 0},
    {"chunked twice", LINE "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
    {"chunked listed twice", LINE "Transfer-Encoding: chunked, chunked\r\n", 400},
    {"a list with chunked last", LINE "Transfer-Encoding: gzip, chunked\r\n", 400},
    {"a list with chunked first", LINE "Transfer-Encoding: chunked, gzip\r\n", 400},
    {"a list with an empty member", LINE "Transfer-Encoding: chunked,\r\n", 400},
    {"chunked with a parameter", LINE "Transfer-Encoding: chunked;a=b\r\n", 400},
    {"chunked quoted", LINE "Transfer-Encoding: \"chunked\"\r\n", 400},
    {"empty coding", LINE "Transfer-Encoding:\r\n", 400},
    {"vertical tab before chunked", LINE "Transfer-Encoding: \vchunked\r\n", 400},
    {"unknown coding alone", LINE "Transfer-Encoding: gzip\r\n", 501},
    {"identity", LINE "Transfer-Encoding: identity\r\n", 501},
    {"nearly chunked", LINE "Transfer-Encoding: xchunked\r\n", 501},
    {"unknown coding twice", LINE "Transfer-Encoding: gzip\r\nTransfer-Encoding: gzip\r\n", 400},
    {"coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", 400},
    {"unknown coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n", 400},
};

constexpr Row fields[]{
    {"plain", LINE "A: b\r\n", 0},
    {"no blank behind the colon", LINE "A:b\r\n", 0},
    {"empty value", LINE "A:\r\n", 0},
    {"blank value", LINE "A: \t \r\n", 0},
    {"tab in a value", LINE "A: b\tc\r\n", 0},
    {"bytes above 0x7f in a value", LINE "A: \x80\xff\r\n", 0},
    {"colon in a value", LINE "A: b:c\r\n", 0},
    {"every token byte in a name", LINE "!#$%&'*+-.^_`|~09azAZ: b\r\n", 0},
    {"blank before the colon", LINE "A : b\r\n", 400},
    {"tab before the colon", LINE "A\t: b\r\n", 400},
    {"blank inside a name", LINE "A B: c\r\n", 400},
    {"empty name", LINE ": b\r\n", 400},
    {"no colon", LINE "A\r\n", 400},
    {"bytes above 0x7f in a name", LINE "\xc3\xa4: b\r\n", 400},
    {"slash in a name", LINE "A/B: c\r\n", 400},
    {"at sign in a name", LINE "A@B: c\r\n", 400},
    {"quote in a name", LINE "\"A\": c\r\n", 400},
    {"NUL in a name", LINE "A\0: b\r\n"sv, 400},
    {"folded with a space", LINE "A: b\r\n c\r\n", 400},
    {"folded with a tab", LINE "A: b\r\n\tc\r\n", 400},
    {"folded behind an empty value", LINE "A:\r\n c\r\n", 400},
    {"folded into blanks", LINE "A: b\r\n \r\n", 400},
    {"space right behind the request line", "GET / HTTP/1.1\r\n Host: h\r\n", 400},
    {"tab right behind the request line", "GET / HTTP/1.1\r\n\tHost: h\r\n", 400},
    {"NUL in a value", LINE "A: b\0c\r\n"sv, 400},
    {"control byte in a value", LINE "A: b\x01\r\n", 400},
    {"vertical tab in a value", LINE "A: b\v\r\n", 400},
    {"form feed in a value", LINE "A: \f b\r\n", 400},
    {"escape in a value", LINE "A: \x1b[0m\r\n", 400},
    {"DEL in a value", LINE "A: b\x7f\r\n", 400},
    {"bare CR in a value", LINE "A: b\rc\r\n", 400},
    {"bare CR at the end of a value", LINE "A: b\r\r\n", 400},
    {"bare CR behind the request line", "GET / HTTP/1.1\rHost: h\r\n", 400},
    {"bare LF in a value", LINE "A: b\nc: d\r\n", 400},
};

constexpr Row lines[]{
    {"1.0", "GET / HTTP/1.0\r\n", 0},
    {"unknown method", "purge /a HTTP/1.1\r\nHost: h\r\n", 0},
    {"method of 32 bytes", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 / HTTP/1.1\r\nHost: h\r\n", 0},
    {"method of 33 bytes", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456 / HTTP/1.1\r\nHost: h\r\n", 400},
    {"method no token", "GE(T / HTTP/1.1\r\nHost: h\r\n", 400},
    {"no method", " / HTTP/1.1\r\nHost: h\r\n", 400},
    {"no target", "GET HTTP/1.1\r\nHost: h\r\n", 400},
    {"empty target", "GET  HTTP/1.1\r\nHost: h\r\n", 400},
    {"two blanks before the target", "GET  / HTTP/1.1\r\nHost: h\r\n", 400},
    {"two blanks before the version", "GET /  HTTP/1.1\r\nHost: h\r\n", 400},
    {"blank behind the version", "GET / HTTP/1.1 \r\nHost: h\r\n", 400},
    {"tab for a blank", "GET\t/ HTTP/1.1\r\nHost: h\r\n", 400},
    {"tab before the version", "GET /\tHTTP/1.1\r\nHost: h\r\n", 400},
    {"blank in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n", 400},
    {"no version", "GET /\r\nHost: h\r\n", 400},
    {"version in small letters", "GET / http/1.1\r\nHost: h\r\n", 400},
    {"another protocol", "GET / HTTPS/1.1\r\nHost: h\r\n", 400},
    {"version without a minor", "GET / HTTP/1\r\nHost: h\r\n", 400},
    {"version with a long minor", "GET / HTTP/1.10\r\nHost: h\r\n", 400},
    {"version with a long major", "GET / HTTP/11.1\r\nHost: h\r\n", 400},
    {"version 1.2", "GET / HTTP/1.2\r\nHost: h\r\n", 400},
    {"version 2.0", "GET / HTTP/2.0\r\nHost: h\r\n", 505},
    {"version 0.9", "GET / HTTP/0.9\r\nHost: h\r\n", 505},
    {"version 3.1", "GET / HTTP/3.1\r\nHost: h\r\n", 505},
    {"preface of HTTP/2", "PRI * HTTP/2.0\r\n", 505},
    {"CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n", 501},
    {"CONNECT with a path", "CONNECT / HTTP/1.1\r\nHost: h\r\n", 501},
    {"TRACE", "TRACE / HTTP/1.1\r\nHost: h\r\n", 0},
    {"TRACK", "TRACK / HTTP/1.1\r\nHost: h\r\n", 0},
};

constexpr Row targets[]{
    {"path and query", "GET /a/b?c=d&e HTTP/1.1\r\nHost: h\r\n", 0},
    {"bytes above 0x7f", "GET /\xc3\xa4 HTTP/1.1\r\nHost: h\r\n", 0},
    {"control byte", "GET /a\x01 HTTP/1.1\r\nHost: h\r\n", 400},
    {"NUL", "GET /a\0 HTTP/1.1\r\nHost: h\r\n"sv, 400},
    {"DEL", "GET /a\x7f HTTP/1.1\r\nHost: h\r\n", 400},
    {"raw # is judged with the path", "GET /a#b HTTP/1.1\r\nHost: h\r\n", 0},
    {"no leading slash", "GET a HTTP/1.1\r\nHost: h\r\n", 400},
    {"query alone", "GET ?a HTTP/1.1\r\nHost: h\r\n", 400},
    {"* with OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: h\r\n", 0},
    {"* with GET", "GET * HTTP/1.1\r\nHost: h\r\n", 400},
    {"* with more behind it", "OPTIONS */a HTTP/1.1\r\nHost: h\r\n", 400},
    {"authority form", "GET h:80 HTTP/1.1\r\nHost: h\r\n", 400},
    {"absolute form", "GET http://h/a HTTP/1.1\r\nHost: h\r\n", 0},
    {"absolute form, https", "GET HTTPS://h HTTP/1.1\r\nHost: h\r\n", 0},
    {"absolute form, userinfo", "GET http://u@h/ HTTP/1.1\r\nHost: h\r\n", 400},
    {"absolute form, password", "GET http://u:p@h/ HTTP/1.1\r\nHost: h\r\n", 400},
    {"absolute form, another scheme", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n", 400},
    {"absolute form, scheme alone", "GET http:/h/ HTTP/1.1\r\nHost: h\r\n", 400},
    {"absolute form, empty authority", "GET http:///a HTTP/1.1\r\nHost: h\r\n", 400},
    {"absolute form, query for an authority", "GET http://?a HTTP/1.1\r\nHost: h\r\n", 400},
    {"absolute form without Host", "GET http://h/ HTTP/1.1\r\n", 400},
};

constexpr Row hosts[]{
    {"no Host in 1.1", "GET / HTTP/1.1\r\nA: b\r\n", 400},
    {"no field at all in 1.1", "GET / HTTP/1.1\r\n", 400},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n", 400},
    {"two Hosts in two spellings", "GET / HTTP/1.1\r\nHost: h\r\nhOST: i\r\n", 400},
    {"two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n", 400},
    {"two Hosts with absolute form", "GET http://h/ HTTP/1.1\r\nHost: h\r\nHost: h\r\n", 400},
};

constexpr Row expectations[]{
    {"100-continue", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n",
     0},
    {"in any case", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-Continue\r\n",
     0},
    {"another value", "POST / HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n", 417},
    {"a list", "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue, x\r\n", 417},
    {"empty", "POST / HTTP/1.1\r\nHost: h\r\nExpect:\r\n", 417},
    {"twice", "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n",
     417},
    {"another value in 1.0", "POST / HTTP/1.0\r\nExpect: x\r\n", 0},
};

}  // namespace

TEST_GROUP(h1_request_head) {
  BlockPool pool{4096};
  Arena arena{pool};
  HeadLimits limits;
  http::Request request{arena};
  std::string block;

  Fault read(std::string_view bytes, http::Request & into) {
    Lines lines;
    return parse_request(bytes, lines, limits, into);
  }
  // Strings of the arena and of the test: `head` without the empty line that ends it.
  Fault parse(std::string_view head) {
    block = std::string(head) + "\r\n";
    return read(block, request);
  }
  template <std::size_t N>
  void check_all(const Row(&rows)[N]) {
    for (const Row& row : rows) {
      http::Request fresh(arena);
      const std::string bytes = std::string(row.head) + "\r\n";
      const Fault fault = read(bytes, fresh);
      LONGS_EQUAL_TEXT(row.status, fault.status, std::string(row.what).c_str());
      CHECK_TEXT((fault.why != nullptr) == (row.status != 0), std::string(row.what).c_str());
    }
  }
};

TEST(h1_request_head, allows_one_reading_of_the_framing) {
  check_all(framing);
}
TEST(h1_request_head, takes_field_lines_strictly) {
  check_all(fields);
}
TEST(h1_request_head, takes_the_request_line_strictly) {
  check_all(lines);
}
TEST(h1_request_head, takes_targets_of_the_known_forms) {
  check_all(targets);
}
TEST(h1_request_head, wants_one_host) {
  check_all(hosts);
}
TEST(h1_request_head, knows_one_expectation) {
  check_all(expectations);
}

TEST(h1_request_head, keeps_method_and_target_as_they_were_sent) {
  CHECK_FALSE(parse("pUrGe /a/../b%2f?x=1?y HTTP/1.1\r\nHost: h\r\n"));

  CHECK_EQUAL("pUrGe"sv, request.method);
  CHECK_EQUAL("/a/../b%2f?x=1?y"sv, request.target);
  CHECK(request.version == http::Version::http11);
}

TEST(h1_request_head, gives_fields_in_order_with_ids_and_trimmed_values) {
  CHECK_FALSE(parse("GET / HTTP/1.1\r\nhOsT: \th \t\r\nX-Odd:\t\r\nCookie:a=b; c=d\r\n"));

  LONGS_EQUAL(3, request.headers.slots());
  const http::Field* fields_read = request.headers.begin();
  CHECK_EQUAL("hOsT"sv, fields_read[0].name);
  CHECK_EQUAL("h"sv, fields_read[0].value);
  CHECK(fields_read[0].id == http::FieldId::host);
  CHECK_EQUAL("X-Odd"sv, fields_read[1].name);
  CHECK_EQUAL(""sv, fields_read[1].value);
  CHECK(fields_read[2].id == http::FieldId::cookie);
  CHECK_EQUAL("a=b; c=d"sv, fields_read[2].value);
}

TEST(h1_request_head, borrows_from_the_block) {
  CHECK_FALSE(parse("GET /a HTTP/1.1\r\nHost: h\r\n"));

  POINTERS_EQUAL(block.data() + 4, request.target.data());
  POINTERS_EQUAL(block.data() + 17, request.headers.begin()->name.data());
}

TEST(h1_request_head, takes_the_authority_from_host) {
  CHECK_FALSE(parse("GET / HTTP/1.1\r\nHost: Example.com:8080\r\n"));

  CHECK_EQUAL("Example.com:8080"sv, request.authority);
}

TEST(h1_request_head, lets_the_authority_of_the_target_win) {
  CHECK_FALSE(parse("GET http://a.example:81?q HTTP/1.1\r\nHost: b.example\r\n"));

  CHECK_EQUAL("a.example:81"sv, request.authority);
}

TEST(h1_request_head, has_no_authority_in_http10_without_host) {
  CHECK_FALSE(parse("GET / HTTP/1.0\r\n"));

  CHECK_EQUAL(""sv, request.authority);
  CHECK(request.version == http::Version::http10);
  CHECK(request.framing == Framing::none);
}

TEST(h1_request_head, tells_the_length_of_a_body) {
  CHECK_FALSE(parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0012\r\n"));

  CHECK(request.framing == Framing::length);
  LONGS_EQUAL(12, request.content_length);
}

TEST(h1_request_head, tells_a_chunked_body) {
  CHECK_FALSE(parse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"));

  CHECK(request.framing == Framing::chunked);
  LONGS_EQUAL(0, request.content_length);
}

TEST(h1_request_head, expects_continue_only_before_a_body) {
  CHECK_FALSE(parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n"));
  CHECK(request.expects_continue);

  http::Request bodiless(arena);
  block = "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n";
  CHECK_FALSE(read(block, bodiless));
  CHECK_FALSE(bodiless.expects_continue);
}

TEST(h1_request_head, drops_an_expectation_of_http10) {
  CHECK_FALSE(parse("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n"));

  CHECK_FALSE(request.expects_continue);
  POINTERS_EQUAL(nullptr, request.headers.find(http::FieldId::expect));
}

TEST(h1_request_head, takes_as_many_fields_as_the_limit_says) {
  limits.max_fields = 2;
  CHECK_FALSE(parse("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n"));

  LONGS_EQUAL(431, parse("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nC: d\r\n").status);
}

TEST(h1_request_head, refuses_bytes_that_are_no_whole_head) {
  for (const std::string_view bytes :
       {""sv, "\r\n"sv, "GET / HTTP/1.1\r\n"sv, "GET / HTTP/1.1\r\nHost: h\r\n"sv,
        "GET / HTTP/1.1\r\nHost: h"sv, "GET / HTTP/1.1\r\nHost: h\r\n\r\n\r\n"sv}) {
    http::Request fresh(arena);
    LONGS_EQUAL(400, read(bytes, fresh).status);
  }
}

namespace {

struct UpgradeRow {
  std::string_view head;
  bool wanted;
};

#define UP "GET / HTTP/1.1\r\nHost: h\r\n"

constexpr UpgradeRow upgrades[]{
    {UP "Connection: Upgrade\r\nUpgrade: websocket\r\n", true},
    {UP "Connection: keep-alive, uPgrade\r\nUpgrade: WebSocket\r\n", true},
    {UP "Connection: close\r\nConnection: upgrade\r\nUpgrade: x/2\r\n", true},
    {UP "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n", true},
    {UP "Upgrade: websocket\r\n", false},
    {UP "Connection: upgrade\r\n", false},
    {UP "Connection: upgrades\r\nUpgrade: websocket\r\n", false},
    {UP "Connection: upgrade\r\nUpgrade: a, b\r\n", false},
    {UP "Connection: upgrade\r\nUpgrade:\r\n", false},
    {UP "Connection: upgrade\r\nUpgrade: a/\r\n", false},
    {UP "Connection: upgrade\r\nUpgrade: a/b/c\r\n", false},
    {UP "Connection: upgrade\r\nUpgrade: a\r\nUpgrade: a\r\n", false},
    {UP "Connection: upgrade\r\nUpgrade: h2c\r\n", false},
    {UP "Connection: upgrade\r\nUpgrade: TLS/1.0\r\n", false},
    {UP "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n", false},
    {UP "Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n", false},
    {"POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", false},
    {"GET / HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n", false},
};

}  // namespace

TEST(h1_request_head, wants_an_upgrade_only_for_one_token_of_a_bodiless_get) {
  for (const UpgradeRow& row : upgrades) {
    http::Request fresh(arena);
    const std::string bytes = std::string(row.head) + "\r\n";
    CHECK_FALSE_TEXT(read(bytes, fresh), bytes.c_str());
    CHECK_TEXT(fresh.wants_upgrade == row.wanted, bytes.c_str());
  }
}
