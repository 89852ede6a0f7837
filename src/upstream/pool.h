// SPDX-License-Identifier: MIT
// pool.h -- the connections of one transport that can take an exchange, by server, and the addresses to open new ones.
//
//   in      targets (scheme, host, port) named by the services of a configuration; connections that have become idle
//   out     take(): the warmest idle connection of a target, or one that carries several exchanges and has room, or none;
//           connected ones through Dial
//   own     targets, and connections while they are idle. A connection at work holds itself and comes back by on_idle(), or
//           by on_room() when it carries several (pool_shared.cc)
//   cost    O(1); an idle connection stays in epoll, and any event on it closes it: no probe before it is used again
//   source  http-services.md section 6, performance-notes.md section 3, "Upstream pool"
#pragma once

#include "core/cidr_set.h"
#include "core/ip.h"
#include "core/log.h"
#include "http/client.h"
#include "net/loop.h"
#include "upstream/scheme.h"
#include "upstream/wait_queue.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

namespace pm::shm {
class Names;
}

namespace pm::net {
class Stream;
}

namespace pm::tls {
class ClientContext;
class Gate;
class Wire;
}  // namespace pm::tls

namespace pm::upstream {

// serversTransports.<name>, compiled. Times in milliseconds, 0: none.
struct TransportSettings {
  std::int64_t max_idle_per_host = 200;  // negative: no reuse
  std::int64_t max_idle = 0;             // 0: no bound
  std::int64_t max_per_host = 0;         // in use and idle, 0: no bound
  std::uint64_t lifetime_ms = 0;
  std::uint64_t dial_timeout_ms = 30000;
  std::uint64_t head_timeout_ms = 0;
  std::uint64_t idle_timeout_ms = 90000;
  std::uint64_t request_timeout_ms = 0;
  std::uint32_t max_response_header_bytes = 262144;
  // HTTP/2
  bool disable_http2 = false;      // https offers HTTP/1.1 alone
  std::uint64_t read_idle_ms = 0;  // silence behind which a PING is sent
  std::uint64_t ping_timeout_ms = 15000;
  CidrSet reachable{};  // what may be connected to; empty: everything
};

// What a transport needs to speak TLS, and to tell what went wrong; the worker's, but for the context.
struct PoolTls {
  tls::ClientContext* context = nullptr;  // null: the transport has none
  tls::Wire* wire = nullptr;
  tls::Gate* gate = nullptr;
  Log* log = nullptr;  // why handshakes fail, and where nobody may connect to
};

// Makes the codec's client end of a connected stream; the worker plugs it in, so that this room knows no codec.
class Connector {
 public:
  virtual bool speaks(Protocol protocol) const noexcept { return protocol == Protocol::http1; }
  // The stream is its own from here on. Null: it cannot speak that, and has closed the stream.
  virtual http::ClientConnection* adopt(net::Stream* stream, http::ConnectionOwner& owner,
                                        const TransportSettings& settings,
                                        Protocol protocol) noexcept = 0;

 protected:
  ~Connector() = default;
};

class Pool;

struct Target {
  Pool* pool = nullptr;
  std::string host;  // as in the URL, without brackets; or the path of a unix socket
  std::uint16_t port = 0;
  Scheme scheme = Scheme::http;
  bool speaks_http2 = false;  // h2c; https, if the last handshake has agreed on it
  Target* http1 = nullptr;    // for upgrades, once there was one
  bool is_local() const noexcept { return host.starts_with('/'); }
  std::uint64_t complained_ms = 0;  // of a handshake that failed; not once a request
  std::optional<Address> literal;
  List<http::ClientConnection, http::PoolTag> idle;  // warmest in front
  List<http::ClientConnection, http::PoolTag>
      shared;  // several at once, with room; the first fills up
  WaitQueue queue;
  std::uint32_t dials = 0;      // each begins with another address of the name
  std::int64_t idle_count = 0;  // of both kinds
  std::int64_t open = 0;        // connections and dials under way
};

class Pool final : private http::ConnectionOwner {
 public:
  Pool(net::Loop& loop, const shm::Names* names, Connector& connector, TransportSettings settings);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  Target& target(const std::string& host, std::uint16_t port, Scheme scheme = Scheme::http);
  // The same server, by HTTP/1.1.
  Target& http1_target(Target& target);
  void set_tls(const PoolTls& tls) noexcept { tls_ = tls; }
  const PoolTls& tls() const noexcept { return tls_; }
  const TransportSettings& settings() const noexcept { return settings_; }
  net::Loop& loop() noexcept { return *loop_; }
  const shm::Names* names() const noexcept { return names_; }

  http::ClientConnection* take(Target& target) noexcept;
  bool may_open(const Target& target) const noexcept {
    return settings_.max_per_host == 0 || target.open < settings_.max_per_host;
  }
  // A connection of the kind that carries several, for a request that `refused` did not process (null: it is gone): another one
  // if another can be had.
  http::ClientConnection* take_another(Target& target,
                                       const http::ClientConnection* refused) noexcept {
    return shared_.take_another(target, refused);
  }
  // May this exchange open one? Not over the limit, nor while a dial is under way that it can wait for.
  bool may_dial(const Target& target) const noexcept {
    return may_open(target) && !target.queue.has_seat();
  }
  // A dial of this target has begun; ended(), failed() or adopt() closes the count. Who waited for one that has failed fails
  // as well.
  void dial_began(Target& target) noexcept;
  void dial_ended(Target& target) noexcept;
  void dial_failed(Target& target, http::Outcome outcome) noexcept;
  // Null: nobody speaks that here, and the stream is closed.
  http::ClientConnection* adopt(Target& target, net::Stream* stream,
                                Protocol protocol = Protocol::http1) noexcept;
  void close_coldest(Target& target) noexcept;  // makes a place, if one is idle
  void close_idle() noexcept;                   // and those that linger
  bool is_at_rest() const noexcept { return open_ == 0; }
  std::int64_t open() const noexcept { return open_; }  // connections, and dials under way

 private:
  // The owner of connections that carry several exchanges at once: the way of those that carry one stays as short as it is.
  class Shared final : public http::ConnectionOwner {
   public:
    explicit Shared(Pool& pool) noexcept : pool_(&pool) {}
    void add(http::ClientConnection& connection) noexcept;
    http::ClientConnection* take(Target& target) noexcept;
    http::ClientConnection* take_another(Target& target,
                                         const http::ClientConnection* refused) noexcept;

   private:
    void on_idle(http::ClientConnection& connection) noexcept override;
    void on_lingering(http::ClientConnection& connection) noexcept override;
    void on_gone(http::ClientConnection& connection) noexcept override;
    void on_room(http::ClientConnection& connection) noexcept override;
    void on_draining(http::ClientConnection& connection) noexcept override;
    bool has_place(const http::ClientConnection& connection) const noexcept;
    void set_aside(http::ClientConnection& connection) noexcept;
    void unpark(http::ClientConnection& connection) noexcept;

    Pool* pool_;
  };

  void on_idle(http::ClientConnection& connection) noexcept override;
  void on_lingering(http::ClientConnection& connection) noexcept override;
  void on_gone(http::ClientConnection& connection) noexcept override;
  void expect(Target& target, Protocol protocol) noexcept;
  void park(http::ClientConnection& connection) noexcept;
  void unpark(http::ClientConnection& connection) noexcept;
  void wake_waiter(Target& target) noexcept;
  void forget_idle(http::ClientConnection& connection) noexcept;
  bool is_too_old(const http::ClientConnection& connection) const noexcept;

  void serve_waiters(Target& target) noexcept;
  void fail_waiters() noexcept;

  class Waker;
  net::Loop* loop_;
  const shm::Names* names_;
  Connector* connector_;
  Shared shared_{*this};
  TransportSettings settings_;
  PoolTls tls_;
  std::map<std::tuple<std::string, std::uint16_t, Scheme>, std::unique_ptr<Target>> targets_;
  List<http::ClientConnection, http::LruTag> lru_;  // least recently used in front
  List<http::ClientConnection, http::LruTag> lingering_;
  Waiters failed_;  // whose dial has failed, until they hear of it
  std::int64_t idle_ = 0;
  std::int64_t open_ = 0;
  Waker* waker_;
};

}  // namespace pm::upstream
