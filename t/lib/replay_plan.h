// SPDX-License-Identifier: MIT
// replay_plan.h -- one exchange as its two peers script it, and what became of it.
//
//   shape   "/3/7" is the target of request 7 of client 3; "3-7" comes back as X-Id. Every byte of a body follows from
//           client, request, direction and place, so that a byte that is lost, doubled or strays is seen where it is
#pragma once

#include "t/lib/choices.h"

#include <string>

namespace pm::test {

struct Plan {
  enum class Framing : std::uint8_t { none, length, chunked, until_close };
  enum class Fault : std::uint8_t {
    none,
    close_before,
    reset_before,
    close_in_body,
    reset_in_body,
    bad_head,
    silence,
    junk_behind  // an answer that nobody asked for follows the right one
  };
  enum class Direction : std::uint8_t { request, answer };

  unsigned client = 0;
  unsigned number = 0;

  std::string method = "GET";
  bool old_client = false;     // HTTP/1.0
  bool client_closes = false;  // Connection: close
  bool expects = false;        // 100-continue
  bool upgrade = false;
  bool is_local = false;  // answered without a server
  Framing request = Framing::none;
  std::size_t request_size = 0;
  bool breaks_chunk = false;       // and another request hides behind the fault
  std::size_t request_filler = 0;  // makes the head longer

  unsigned status = 200;
  Framing answer = Framing::length;
  std::size_t answer_size = 0;
  std::size_t answer_filler = 0;
  unsigned hints = 0;  // 103s before it
  bool says_continue = false;
  bool is_early = false;  // answered at its head
  bool server_closes = false;
  Fault fault = Fault::none;
  std::size_t cut_at = 0;  // faults in a body

  unsigned sends = 0;       // by the client
  unsigned heads_seen = 0;  // by servers
  unsigned repeats = 0;     // answers that a link has dropped to ask again
  bool is_quiet = false;    // its interim answers are dropped, too

  std::string id() const { return std::to_string(client) + "-" + std::to_string(number); }
  std::string target() const { return "/" + std::to_string(client) + "/" + std::to_string(number); }
  bool is_repeatable() const { return method == "GET" || method == "HEAD"; }
  bool opens_tunnel() const { return upgrade && status == 101; }
  char byte(Direction direction, std::size_t at) const {
    const std::size_t mixed = (at ^ at >> 7) * 31 + client * 7 + number * 13 +
                              (direction == Direction::answer ? 17 : 0) + at / 251;
    return static_cast<char>('!' + mixed % 94);
  }
  std::string bytes(Direction direction, std::size_t size) const {
    std::string text(size, '\0');
    for (std::size_t at = 0; at < size; ++at)
      text[at] = byte(direction, at);
    return text;
  }
};

struct PlanLimits {
  std::size_t most_bytes = 0;  // of a body
  bool has_faults = false;
};
Plan draw_plan(Choices& choices, const PlanLimits& limits, unsigned client, unsigned number);

// As HTTP/1 puts it: head (and, for a request with Expect, the body apart).
struct Message {
  std::string head;
  std::string body;
};
Message compose_request(const Plan& plan, Choices& choices);
Message compose_answer(const Plan& plan, Choices& choices);

}  // namespace pm::test
