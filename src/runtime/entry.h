// SPDX-License-Identifier: MIT
// entry.h -- one entry point in one worker: what happens to a request between its codec and its service.
//
//   in      connections of the entry point's listener, requests of their codecs
//   out     the order of work of static-config.md section 4.1: underscores, target, forwarded headers, routing, answer;
//           an access record at the end
//   own     its settings and connections' list; borrows the worker's present Runtime, of which exchanges hold what they need
//   cost    about 4,000 instructions a plain routed request
//   source  static-config.md sections 4 to 4.2, http-routing.md section 6
#pragma once

#include "config/static_model.h"
#include "core/seldom.h"
#include "h1/server.h"
#include "h2/server.h"
#include "http/hop.h"
#include "http/tools.h"
#include "http/url.h"
#include "net/listener.h"
#include "observe/request_meter.h"
#include "runtime/client_connections.h"
#include "runtime/runtime.h"
#include "runtime/websockets.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pm::observe {
class AccessLog;
}

namespace pm::tls {
class Gate;
class ServerContext;
class Wire;
}  // namespace pm::tls

namespace pm::runtime {

class MemoryTrim;

// What the entry points of a worker share.
struct WorkerState {
  http::CodecContext codecs;
  std::unique_ptr<h2::ServerContext> http2;
  const Runtime* runtime = nullptr;  // the present one
  Log* log = nullptr;
  observe::AccessLog* access_log = nullptr;
  observe::Meters* meters = nullptr;  // null: nothing is counted
  shm::Cell* requests = nullptr;      // of all entry points; with meters
  std::uint32_t worker = 0;
  std::uint64_t connections = 0;  // open now
  std::uint64_t max_connections = 0;
  bool is_short_of_memory = false;    // no further connections
  std::uint64_t next_connection = 1;  // numbers for logs
  std::uint16_t terminating = 0;      // the status that ping answers from now on; 0: all is well
  std::uint16_t terminating_status = 503;
  tls::Wire* wire = nullptr;
  tls::Gate* gate = nullptr;
  MemoryTrim* trim = nullptr;
  http::WorkerTools tools;
};

class Entry;

// Told when a connection has gone: there is room, or the last one of a draining worker was it.
class EntryOwner {
 public:
  virtual void on_connection_closed() noexcept = 0;

 protected:
  ~EntryOwner() = default;
};

class Prelude;

class Entry final : public http::RequestHandler,
                    public http::ExchangeEnd,
                    private http::Service,  // what a router's chain leads to
                    private h1::ServerOwner,
                    private h2::ServerOwner,
                    private net::ListenerUser {
 public:
  Entry(const config::EntryPoint& source, std::uint32_t index, WorkerState& worker,
        EntryOwner& owner);
  ~Entry();
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  bool listen(int fd) noexcept;
  void go_on() noexcept;  // there is room for connections again
  void stop_listening() noexcept;
  void drain() noexcept;  // clients are told that the end is near, where their protocol can say so
  void close_idle() noexcept;  // connections that no request runs on
  void close_all() noexcept;
  std::uint64_t grace_ms() const noexcept { return grace_ms_; }
  std::uint64_t accept_grace_ms() const noexcept { return accept_grace_ms_; }

  // Of the prelude: a connection on which requests come next.
  enum class Protocol : std::uint8_t { http1, http2 };
  void serve(net::Stream* stream, const Endpoint& client, std::string_view early,
             std::unique_ptr<http::SecureFacts> secure, Protocol protocol) noexcept;
  void forget_prelude(const Address& client) noexcept;
  bool takes_tls() const noexcept { return worker_->runtime->tls_hosts(index_).has_routers; }
  // Null: to be closed. Alive as long as it is held, whatever the configuration becomes meanwhile.
  std::shared_ptr<tls::ServerContext> choose_tls(std::string_view server_name) noexcept;
  void note_failed_handshake(const Endpoint& client, std::string_view why) noexcept;
  std::uint64_t handshake_timeout_ms() const noexcept { return handshake_timeout_ms_; }
  tls::Wire& wire() noexcept { return *worker_->wire; }
  tls::Gate& gate() noexcept { return *worker_->gate; }

 private:
  void on_request(http::Exchange& exchange) noexcept override;
  void on_exchange_end(http::Exchange& exchange) noexcept override;
  void on_closed(h1::Server& server) noexcept override;
  void on_http2(h1::Server& server, net::Stream* stream, std::string_view early) noexcept override;
  void on_closed(h2::Server& server) noexcept override;
  void on_accept(int fd, const Endpoint& peer) noexcept override;
  void on_accept_failed(int error) noexcept override;
  bool may_accept() noexcept override;

  bool admit(const Address& client) noexcept;          // false: it has connections enough
  void forget_client(const Address& client) noexcept;  // of a prelude
  void count_connection() noexcept;
  void uncount_connection() noexcept;
  void serve_http2(net::Stream* stream, std::string_view early,
                   h2::Server::Options options) noexcept;
  void route(http::Exchange& exchange) noexcept;
  void enter(http::Exchange& exchange, const Route& route) noexcept;
  void serve(http::Exchange& exchange) noexcept override;
  void answer(http::Exchange& exchange, const Route& route) noexcept;
  void refuse(http::Exchange& exchange, std::uint16_t status, std::string_view body) noexcept;
  bool is_denied(std::string_view method) const noexcept;
  bool is_misdirected(const http::Request& request) const noexcept;
  void hold(http::Exchange& exchange, const Route& route) noexcept;
  void let_go(http::Exchange& exchange) noexcept;
  void log(const http::Exchange& exchange) noexcept;
  void open_meters();
  void count(http::Exchange& exchange) noexcept;
  void count(const http::Exchange& exchange, const observe::Observation& seen);
  [[gnu::noinline]] void count_more(const http::Exchange& exchange, observe::Observation& seen);
  void count_handshake(std::string_view result) noexcept;
  void note_connections(int more) noexcept;
  bool may_upgrade(const http::Request& request) const noexcept;
  bool admit_websocket(http::Exchange& exchange) noexcept;  // false: answered already
  h1::Server::Options options_for(const Endpoint& client) noexcept;

  std::string name_;
  std::uint32_t index_;
  WorkerState* worker_;
  EntryOwner* owner_;
  h1::ServerEntry http1_;
  h2::ServerSettings http2_;
  http::ForwardedRules forwarded_;
  http::PathOptions path_;
  std::vector<std::string> denied_methods_;
  std::vector<std::string> allowed_upgrades_;  // empty: any
  Websockets websockets_;
  ClientConnections clients_;
  Seldom client_complaint_;
  bool takes_proxy_header_ = false;
  std::uint64_t handshake_timeout_ms_ = 0;
  bool trusts_every_proxy_ = false;
  CidrSet trusted_proxies_;
  Seldom accept_complaint_;
  std::uint64_t grace_ms_;
  std::uint64_t accept_grace_ms_;
  bool grpc_errors_;
  bool logged_;
  bool counted_;
  std::optional<observe::RequestMeter> meter_;  // none: entry points are not counted
  std::uint64_t open_connections_ = 0;
  shm::Cell* open_cell_ = nullptr;
  std::vector<net::Listener*> listeners_;
  List<h1::Server> connections_;
  List<h2::Server> sessions_;
  List<Prelude> preludes_;
};

}  // namespace pm::runtime
