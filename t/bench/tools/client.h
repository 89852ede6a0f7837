// SPDX-License-Identifier: MIT
// client.h -- one of the connections of `load`: dials, shakes hands, sends what is due and reads the answer, again and again.
//
//   connecting -> handshake -> sending -> reading -> sending ...     a connection that is kept
//                                 reading -> connecting              one request a connection
//                                 reading -> resting -> sending      nothing is due
#pragma once

#include "t/bench/tools/message.h"
#include "t/bench/tools/stream.h"

#include <chrono>
#include <memory>
#include <string>

namespace pm::bench {

class Load;
using Clock = std::chrono::steady_clock;

class Client {
 public:
  explicit Client(Load& load) : load_(load) {}

  void dial();
  void hang_up() { stream_.reset(); }
  // False: the connection is broken.
  bool advance();
  // For a client that rests.
  bool ask(Clock::time_point due);
  void keep(SSL_SESSION* session);

 private:
  enum class State : std::uint8_t { connecting, handshake, resting, sending, reading };
  enum class Step : std::uint8_t { again, wait, broken };

  Step step();
  Step on_connected();
  Step shake_hands();
  Step rest();
  Step send();
  Step read();
  Step take(std::string_view bytes);
  Step take_head(std::string_view bytes);
  Step take_echo(std::size_t bytes);
  Step begin_next();
  Step settle();
  Step finish(bool is_good);
  void begin(Clock::time_point due);
  void secure();

  Load& load_;
  std::unique_ptr<Stream> stream_;
  State state_ = State::connecting;
  std::string_view unsent_;
  std::string head_;  // of the answer, until it is whole
  Body body_;
  bool in_body_ = false;
  bool is_good_ = false;  // the answer's status is the wanted one
  bool server_closes_ = false;
  bool is_upgraded_ = false;
  std::size_t echoed_ = 0;  // bytes of the message that came back
  Clock::time_point due_;
  SSL_SESSION* session_ = nullptr;  // the latest ticket
};

}  // namespace pm::bench
