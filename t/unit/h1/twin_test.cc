// SPDX-License-Identifier: MIT
// Random edits of good messages: our reading and the twin's agree on what is accepted, where it ends and what is in it.
#include "t/lib/h1_reading.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

constexpr int rounds = 20000;

const std::vector<std::string_view> pieces{
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    "\r\n ",
    "\r\n\r\n",
    std::string_view("\0", 1),
    "\x7f",
    "\x01",
    "\xff",
    ";",
    ",",
    "Content-Length: 5\r\n",
    "Content-Length: +5\r\n",
    "content-length:5 \r\n",
    "content-length:\t5 \t\r\n",
    "Content-Length: 5, 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "Transfer-Encoding:\tChUnKeD\t\r\n",
    "Host: a\r\n",
    "Host:\r\n",
    "Expect: 100-continue\r\n",
    "Expect: x\r\n",
    "A: b\r\n",
    "A :b\r\n",
    "A\r\n",
    ": b\r\n",
    "HTTP/1.0",
    "HTTP/1.1",
    "http://h/x",
    "*",
    "OPTIONS",
    "CONNECT",
    "HEAD",
    "#",
    "@",
    "Connection: upgrade\r\nUpgrade: websocket\r\n",
    "0",
    "00000000000000000",
    "f",
    "-1",
    "0x",
    "4000000000000000",
};

const std::string_view requests[]{
    "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "POST /a/b?c=d HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\nX-Empty:\r\nX-Blanks: \t a b "
    "\t\r\n\r\nbody",
    "\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET http://example.com:80/x HTTP/1.1\r\nHost: other\r\nExpect: 100-continue\r\n\r\n",
    "GET /old HTTP/1.0\r\n\r\n",
};

const std::string_view responses[]{
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: now\r\n\r\nhello",
    "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.0 404\r\nX: y\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
};

const std::string_view bodies[]{
    "5\r\nhello\r\n0\r\n\r\n",
    "1;a=b;c=\"d\"\r\nx\r\n00f\r\n123456789012345\r\n000\r\nA: b\r\n\r\n",
    "A\r\n0123456789\r\nFFFF\r\nnot all of it",
};

}  // namespace

TEST_GROUP(h1_twin) {
  Random random{20240229};

  // The bytes are part of the message, so that a failure can be turned into a row of a table.
  template <std::size_t N, class Check>
  void agree(const std::string_view(&seeds)[N], Check check) {
    for (int i = 0; i < rounds; ++i) {
      const std::string bytes = trial::mutate(random, std::string(seeds[random.below(N)]), pieces);
      const std::string difference = check(bytes);
      if (!difference.empty()) FAIL((difference + ":\n" + bytes).c_str());
    }
  }
};

TEST(h1_twin, reads_requests_as_we_do) {
  agree(requests, [](std::string_view bytes) { return trial::check_request(bytes); });
}

TEST(h1_twin, finds_the_same_limits_of_requests) {
  const h1::HeadLimits limits{.max_bytes = 60, .max_line = 24, .max_fields = 2};
  agree(requests, [&](std::string_view bytes) { return trial::check_request(bytes, limits); });
}

TEST(h1_twin, reads_answers_to_get_as_we_do) {
  agree(responses, [](std::string_view bytes) { return trial::check_response(bytes, "GET"); });
}

TEST(h1_twin, reads_answers_to_head_as_we_do) {
  agree(responses, [](std::string_view bytes) { return trial::check_response(bytes, "HEAD"); });
}

TEST(h1_twin, reads_chunked_bodies_as_we_do) {
  agree(bodies, [](std::string_view bytes) { return trial::check_chunked(bytes); });
}
