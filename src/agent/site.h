// SPDX-License-Identifier: MIT
// site.h -- the agent as a server: HTTP over the unix socket that its master keeps, for workers and for root.
//
//   in      a listening socket; who answers. The first segment of a path names the service: "/api@internal/api/version"
//   out     answers; GET and HEAD only
//   own     the socket and its connections; borrows loop and log
//   end     drain() answers what is asked already; stop() closes everything
//   errors  a peer that is neither this user nor root is closed, and said once. What cannot be read is refused as it is
//           anywhere (h1::Server)
//   cost    an answer is made whole in memory before it leaves
//   source  decision 26
#pragma once

#include "agent/reply.h"
#include "core/log.h"
#include "h1/server.h"
#include "net/listener.h"
#include "net/timer.h"

#include <functional>
#include <map>
#include <string>

namespace pm::agent {

class Site final : private http::RequestHandler,
                   private h1::ServerOwner,
                   private net::ListenerUser,
                   private net::Timer {
 public:
  Site(net::Loop& loop, Log& log);
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  void answer(std::string service, Responder responder);
  bool listen(int fd);  // takes it; false: the kernel refuses to watch it
  // Accepts no more, and closes each connection behind its next answer; those that say nothing for `silent_ms` milliseconds
  // are closed, and after `limit_ms` all are. Calls `done` once there are none.
  void drain(std::uint64_t silent_ms, std::uint64_t limit_ms, std::function<void()> done) noexcept;
  void stop() noexcept;

 private:
  void on_request(http::Exchange& exchange) noexcept override;
  void on_closed(h1::Server&) noexcept override {}
  void on_accept(int fd, const Endpoint& peer) noexcept override;
  void on_accept_failed(int error) noexcept override;
  bool may_accept() noexcept override { return true; }
  void on_timer() noexcept override;
  void stop_listening() noexcept;
  void close_all() noexcept;
  Reply ask(const http::Request& request) const;

  net::Loop& loop_;
  Log& log_;
  http::CodecContext context_;
  h1::ServerEntry entry_{.context = &context_, .handler = this, .owner = this, .settings = {}};
  std::map<std::string, Responder, std::less<>> responders_;  // by service
  net::Listener* listener_ = nullptr;                         // the reactor's once it is stopped
  List<h1::Server> connections_;
  std::uint64_t next_connection_ = 1;
  std::function<void()> on_drained_;  // null: not draining
  std::uint64_t silence_ends_ms_ = 0;
  std::uint64_t ends_ms_ = 0;
  bool has_refused_ = false;  // a stranger
};

}  // namespace pm::agent
