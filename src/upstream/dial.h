// SPDX-License-Identifier: MIT
// dial.h -- from a target to a connection that can be used: the name's addresses in turn, the next 250 ms behind the last;
// then, towards https, the handshake.
//
//   in      a target; the time that its transport allows
//   out     one call of the user: a connection, or an Outcome. Nothing after cancel()
//   own     the streams under way. A Dial lives in its user (an exchange's arena) and is used once
//   cost    a socket and a connect an address that is tried
//   source  decisions 52 and 53; RFC 8305 for the head start of 250 ms
#pragma once

#include "http/outcome.h"
#include "net/stream.h"
#include "net/timer.h"
#include "upstream/pool.h"

#include <array>

namespace pm::tls {
class Session;
}

namespace pm::upstream {

class DialUser {
 public:
  virtual void on_connected(http::ClientConnection&) noexcept = 0;
  virtual void on_dial_failed(http::Outcome) noexcept = 0;

 protected:
  ~DialUser() = default;
};

class Dial final : private net::Timer {
 public:
  Dial(Target& target, DialUser& user) noexcept : target_(&target), user_(&user) {}
  ~Dial() override { cancel(); }

  void start() noexcept;
  void cancel() noexcept;
  static std::uint64_t longest_ms(const Target& target) noexcept;  // that one may take; 0: any time

 private:
  static constexpr std::size_t at_once = 4;  // attempts under way at the same time
  class Try final : public net::StreamUser {
   public:
    void on_readable() noexcept override { dial->shake_hands(); }
    void on_drained() noexcept override { dial->on_outcome(*this); }
    void on_hangup() noexcept override {}
    void on_broken() noexcept override { dial->on_outcome(*this); }
    Dial* dial = nullptr;
    net::Stream* stream = nullptr;
  };

  void on_timer() noexcept override;
  void connect_locally() noexcept;
  void look_up() noexcept;
  void try_reachable() noexcept;
  bool try_next() noexcept;  // false: no address is left, or no attempt may be added
  void on_outcome(Try& attempt) noexcept;
  void connected(net::Stream* stream, Protocol protocol) noexcept;
  void begin_handshake(Try& attempt) noexcept;
  void shake_hands() noexcept;
  void complain(std::string_view what, const std::string& why) noexcept;
  void arm_next(std::uint64_t after_ms) noexcept;
  void finish(http::Outcome outcome) noexcept;
  void stop() noexcept;
  void close_tries() noexcept;
  bool is_trying() const noexcept;
  net::Loop& loop() noexcept { return target_->pool->loop(); }

  Target* target_;
  DialUser* user_;
  std::array<Address, 16> addresses_;
  std::size_t count_ = 0;
  std::size_t next_ = 0;
  std::array<Try, at_once> tries_;
  tls::Session* session_ = nullptr;  // of tries_[0], once it has connected
  std::uint64_t deadline_ms_ = 0;    // 0: none
  http::Outcome last_ = http::Outcome::refused;
  bool running_ = false;
};

}  // namespace pm::upstream
