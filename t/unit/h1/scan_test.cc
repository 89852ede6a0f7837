// SPDX-License-Identifier: MIT
#include "h1/head.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using namespace pm::h1;

namespace {

struct Row {
  std::string_view what;
  std::string_view bytes;
  Scan found;
  int status;             // with refused
  std::uint32_t skipped;  // with complete
  std::uint32_t length;
};

constexpr Row requests[]{
    {"nothing yet", "", Scan::incomplete, 0, 0, 0},
    {"half a line", "GET / HT", Scan::incomplete, 0, 0, 0},
    {"no empty line yet", "GET / HTTP/1.1\r\nHost: h\r\n", Scan::incomplete, 0, 0, 0},
    {"half of the last line end", "GET / HTTP/1.1\r\n\r", Scan::incomplete, 0, 0, 0},
    {"whole", "GET / HTTP/1.1\r\n\r\n", Scan::complete, 0, 0, 18},
    {"whole, and a body", "GET / HTTP/1.1\r\nA: b\r\n\r\nGET /", Scan::complete, 0, 0, 24},
    {"one empty line before", "\r\nGET / HTTP/1.1\r\n\r\n", Scan::complete, 0, 2, 20},
    {"two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", Scan::complete, 0, 4, 22},
    {"three empty lines before", "\r\n\r\n\r\n", Scan::refused, 400, 0, 0},
    {"bare LF behind the request line", "GET / HTTP/1.1\n", Scan::refused, 400, 0, 0},
    {"bare LF behind a field", "GET / HTTP/1.1\r\nA: b\n", Scan::refused, 400, 0, 0},
    {"bare LF as the empty line", "GET / HTTP/1.1\r\nA: b\r\n\n", Scan::refused, 400, 0, 0},
    {"bare LF first", "\n", Scan::refused, 400, 0, 0},
    {"HTTP/0.9", "GET /\r\n", Scan::refused, 400, 0, 0},
    {"HTTP/0.9, longer", "GET /index.html\r\n", Scan::refused, 400, 0, 0},
    {"a TLS hello", "\x16\x03\x01", Scan::refused, 400, 0, 0},
    {"a CR that begins no empty line", "\rG", Scan::refused, 400, 0, 0},
    {"a CR inside a line that has not ended", "GET / HTTP/1.1\r\nA: b\rc", Scan::refused, 400, 0,
     0},
    {"a CR before the last line end", "GET / HTTP/1.1\r\nA: b\r\n\r\r\n", Scan::refused, 400, 0, 0},
    {"CRs for line ends", "GET / HTTP/1.1\rHost: h\r\r", Scan::refused, 400, 0, 0},
    {"a control byte in a line that has not ended", "GET /\x01", Scan::refused, 400, 0, 0},
    {"a blank first", " GET / HTTP/1.1\r\n", Scan::refused, 400, 0, 0},
    {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Scan::complete, 0, 0, 18},
};

constexpr Row responses[]{
    {"nothing yet", "", Scan::incomplete, 0, 0, 0},
    {"part of the version", "HTT", Scan::incomplete, 0, 0, 0},
    {"whole", "HTTP/1.1 200 OK\r\n\r\nbody", Scan::complete, 0, 0, 19},
    {"an empty line before", "\r\nHTTP/1.1 200 OK\r\n\r\n", Scan::refused, 502, 0, 0},
    {"HTTP/0.9", "<html>", Scan::refused, 502, 0, 0},
    {"another version", "HTTP/2", Scan::refused, 502, 0, 0},
    {"a CR before the last line end", "HTTP/1.1 200 OK\r\n\r\r\n", Scan::refused, 502, 0, 0},
    {"bare LF", "HTTP/1.1 200 OK\n", Scan::refused, 502, 0, 0},
};

}  // namespace

TEST_GROUP(h1_scan) {
  HeadLimits limits;
  HeadScan scan;
  Fault fault;

  Scan look(std::string_view bytes, HeadKind kind = HeadKind::request) {
    Lines lines;
    return scan_head(bytes, kind, limits, scan, lines, fault);
  }
  Scan look_one_by_one(std::string_view bytes, HeadKind kind) {
    Scan found = Scan::incomplete;
    for (std::size_t have = 0; have <= bytes.size() && found == Scan::incomplete; ++have) {
      found = look(bytes.substr(0, have), kind);
    }
    return found;
  }
  void check(const Row& row, Scan found) {
    const std::string what(row.what);
    CHECK_TEXT(row.found == found, what.c_str());
    if (found == Scan::refused) LONGS_EQUAL_TEXT(row.status, fault.status, what.c_str());
    if (found != Scan::complete) return;
    LONGS_EQUAL_TEXT(row.skipped, scan.skipped, what.c_str());
    LONGS_EQUAL_TEXT(row.length, scan.length, what.c_str());
  }
  template <std::size_t N>
  void check_all(const Row(&rows)[N], HeadKind kind) {
    for (const Row& row : rows) {
      scan = {};
      check(row, look(row.bytes, kind));
      scan = {};
      check(row, look_one_by_one(row.bytes, kind));
    }
  }
};

TEST(h1_scan, finds_the_end_of_a_request_head_whole_or_byte_by_byte) {
  check_all(requests, HeadKind::request);
}

TEST(h1_scan, finds_the_end_of_a_response_head_whole_or_byte_by_byte) {
  check_all(responses, HeadKind::response);
}

TEST(h1_scan, looks_at_each_byte_once) {
  look("GET / HTTP/1.1\r\nHost: exa");

  LONGS_EQUAL(16, scan.line);
  LONGS_EQUAL(25, scan.looked);
}

TEST(h1_scan, takes_a_request_line_of_the_limit_and_refuses_a_longer_one) {
  limits.max_line = 14;
  CHECK(look("GET / HTTP/1.1\r\n\r\n") == Scan::complete);

  scan = {};
  CHECK(look("GET /a HTTP/1.1\r\n\r\n") == Scan::refused);
  LONGS_EQUAL(414, fault.status);
}

TEST(h1_scan, refuses_a_long_request_line_before_its_end) {
  limits.max_line = 14;

  CHECK(look("GET /aaaaaaaaaaaaaaaa") == Scan::refused);
  LONGS_EQUAL(414, fault.status);
}

TEST(h1_scan, takes_a_head_of_the_limit_and_refuses_a_larger_one) {
  limits.max_bytes = 18;
  CHECK(look("GET / HTTP/1.1\r\n\r\nbody") == Scan::complete);

  scan = {};
  CHECK(look("GET /a HTTP/1.1\r\n\r\n") == Scan::refused);
  LONGS_EQUAL(431, fault.status);
}

TEST(h1_scan, refuses_a_large_head_before_its_end) {
  limits.max_bytes = 30;

  CHECK(look("GET / HTTP/1.1\r\nA: bbbbbbbbbbbbbbbbbbb") == Scan::refused);
  LONGS_EQUAL(431, fault.status);
}

TEST(h1_scan, does_not_count_empty_lines_before_the_request) {
  limits.max_bytes = 18;

  CHECK(look("\r\n\r\nGET / HTTP/1.1\r\n\r\n") == Scan::complete);
}

TEST(h1_scan, answers_502_for_a_large_response_head) {
  limits.max_bytes = 20;

  CHECK(look("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", HeadKind::response) == Scan::refused);
  LONGS_EQUAL(502, fault.status);
}

TEST(h1_scan, finds_the_end_of_a_trailer_section_when_the_start_line_is_marked_done) {
  scan.first_done = true;
  CHECK(look("\r\nGET") == Scan::complete);
  LONGS_EQUAL(2, scan.length);

  scan = {.first_done = true};
  CHECK(look("A: b\r\n\r\nGET") == Scan::complete);
  LONGS_EQUAL(8, scan.length);
}
