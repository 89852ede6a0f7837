// SPDX-License-Identifier: MIT
// options.h -- what `load` is told: pairs "--name value", each with a default.
#pragma once

#include <cstdint>
#include <string>

namespace pm::bench {

struct Options {
  enum class Mode : std::uint8_t { http, websocket, idle };
  enum class Close : std::uint8_t { never, silently, announced };  // after each answer

  Mode mode = Mode::http;
  std::uint16_t port = 0;
  std::uint64_t connections = 16;
  double seconds = 2;       // the measured window
  double warm = 0.3;        // seconds before it
  std::uint64_t count = 0;  // not 0: so many requests instead of a window
  double rate = 0;          // not 0: so many requests a second fall due, whatever became of others
  std::string host = "bench.test";
  std::string path = "/b/200";
  std::uint64_t routes = 0;  // not 0: hosts h<i>.bench.test, paths under /p<i>
  std::string accept_encoding;
  bool browser = false;        // the fields of a browser beside the bare ones: 470 bytes in all
  std::uint64_t post = 0;      // bytes of a request's body
  std::uint64_t message = 64;  // bytes of a WebSocket message
  bool tls = false;
  bool resume = false;  // offers the last ticket
  Close close = Close::never;
  bool spread = false;  // many source addresses, so that ports in TIME_WAIT do not run out
  bool hold = false;    // stays, connections open, until standard input ends
};

// Ends the process when a word is none of them.
Options options_of(int count, char** words);

}  // namespace pm::bench
