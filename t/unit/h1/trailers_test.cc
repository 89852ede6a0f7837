// SPDX-License-Identifier: MIT
#include "h1/head.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using namespace pm::h1;

namespace {

using namespace std::string_view_literals;

constexpr std::string_view malformed[]{
    "A : b\r\n\r\n",
    "A\r\n\r\n",
    ": b\r\n\r\n",
    "A: b\r\n c\r\n\r\n",
    " A: b\r\n\r\n",
    "A: b\n\r\n",
    "A: b\r\n\n",
    "A: b\rc\r\n\r\n",
    "A: \0\r\n\r\n"sv,
    "A: \x7f\r\n\r\n",
    "A: b\r\n",
    "A: b",
    "",
    "\r\n\r\n",
    "Content-Length: x\r\n\r\n",
};

constexpr std::string_view forbidden =
    "Content-Length:\t5\t\r\nHost: h\r\nConnection: close\r\nTE: trailers\r\nTrailer: "
    "A\r\nUpgrade: "
    "x\r\n"
    "Keep-Alive: x\r\nProxy-Connection: x\r\nAuthorization: x\r\nCookie: x\r\nSet-Cookie: x\r\n"
    "Proxy-Authorization: x\r\nProxy-Authenticate: x\r\nWWW-Authenticate: x\r\nForwarded: x\r\n"
    "X-Forwarded-For: x\r\nX-Forwarded-Whatever: x\r\nX_Forwarded.Other: x\r\nContent_Length: 5\r\n"
    "X.Real_Ip: x\r\nX-Real-Ip: x\r\nContent-Type: "
    "x\r\nContent-Encoding: x\r\n"
    "Content-Range: x\r\nCache-Control: x\r\nExpect: 100-continue\r\nMax-Forwards: 1\r\nPragma: "
    "x\r\nRange: x\r\n"
    "If-Match: x\r\nif-none-match: x\r\nIf-Modified-Since: x\r\nif-unmodified-since: "
    "x\r\nIf-Range: x\r\nAge: 1\r\n"
    "Expires: x\r\nLocation: x\r\nRetry-After: 1\r\nVary: x\r\n";

}  // namespace

TEST_GROUP(h1_trailers) {
  BlockPool pool{4096};
  Arena arena{pool};
  HeadLimits limits;
  http::Headers trailers{arena};
};

TEST(h1_trailers, may_be_empty) {
  CHECK_FALSE(parse_trailers("\r\n", limits, trailers));

  LONGS_EQUAL(0, trailers.slots());
}

TEST(h1_trailers, are_fields_like_any_other) {
  CHECK_FALSE(parse_trailers("X-Sum: 1\r\nGrpc-Status:0 \r\n\r\n", limits, trailers));

  LONGS_EQUAL(2, trailers.slots());
  CHECK_EQUAL("1"sv, trailers.get("x-sum"));
  CHECK_EQUAL("0"sv, trailers.get("grpc-status"));
}

TEST(h1_trailers, leave_out_what_may_not_stand_there) {
  const std::string block = "X-First: 1\r\n" + std::string(forbidden) + "X-Last: 2\r\n\r\n";

  CHECK_FALSE(parse_trailers(block, limits, trailers));

  LONGS_EQUAL(2, trailers.slots());
  CHECK_EQUAL("2"sv, trailers.get("x-last"));
}

TEST(h1_trailers, are_a_fault_when_they_are_malformed) {
  for (const std::string_view block : malformed) {
    http::Headers fresh(arena);
    LONGS_EQUAL_TEXT(400, parse_trailers(block, limits, fresh).status, std::string(block).c_str());
  }
}

TEST(h1_trailers, have_the_limits_of_a_head) {
  limits.max_fields = 1;
  LONGS_EQUAL(431, parse_trailers("A: b\r\nC: d\r\n\r\n", limits, trailers).status);

  limits = {.max_bytes = 7};
  LONGS_EQUAL(431, parse_trailers("A: b\r\n\r\n", limits, trailers).status);
}
