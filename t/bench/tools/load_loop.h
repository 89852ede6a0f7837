// SPDX-License-Identifier: MIT
// load_loop.h -- the loop of `load`: its connections, what falls due when, what is counted.
//
//   out     "GO" on a line of standard output when the measured window opens, one line of JSON when it closes
//   idle    opens its connections in turn, each with one request, and counts those that were answered
#pragma once

#include "t/bench/tools/client.h"
#include "t/bench/tools/histogram.h"
#include "t/bench/tools/options.h"

#include <deque>
#include <optional>
#include <string>
#include <vector>

struct epoll_event;

namespace pm::bench {

class Load {
 public:
  explicit Load(Options options);
  // The exit status.
  int run();

  const Options& options() const { return options_; }
  int epoll() const { return epoll_; }
  SSL_CTX* context() const { return context_; }
  std::string_view request();
  std::string_view message() const { return message_; }
  bool is_over() const { return is_over_; }

  // When the next request was to be made; nothing: none is due.
  std::optional<Clock::time_point> next_due();
  void on_rest(Client& client);
  void on_upgraded() { --begun_; }  // only messages are counted
  void on_handshake(bool is_resumed);
  void on_bytes(std::size_t count);
  void on_answer(bool is_good, Clock::time_point due);

 private:
  void make_context();
  void start_timer();
  void open_some();
  void on_event(const epoll_event& event);
  void on_timer();
  void on_broken(Client& client);
  void open_window();
  bool is_done() const;
  void report() const;

  const Options options_;
  const int epoll_;
  SSL_CTX* context_ = nullptr;
  std::vector<std::string> requests_;
  std::string message_;
  std::vector<Client*> clients_;
  std::vector<Client*> resting_;
  std::deque<Clock::time_point> backlog_;  // open loop: due and not begun
  int timer_ = -1;
  std::chrono::nanoseconds period_{};
  Clock::time_point next_;  // open loop: when the next request falls due
  Clock::time_point opened_;
  bool is_measuring_ = false;
  bool is_over_ = false;
  std::uint32_t random_ = 1;
  std::uint64_t begun_ = 0;
  std::uint64_t settled_ = 0;  // idle: connections that were answered or refused
  std::uint64_t good_ = 0;
  std::uint64_t bad_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t handshakes_ = 0;
  std::uint64_t resumed_ = 0;
  Histogram times_;
};

}  // namespace pm::bench
