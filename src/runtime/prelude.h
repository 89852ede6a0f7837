// SPDX-License-Identifier: MIT
// prelude.h -- a connection before its first request: a PROXY header may come, then perhaps TLS.
//
//   in      an accepted socket; whether a PROXY header may come and is believed; whether its entry point takes HTTPS
//   out     the stream, the client's address, what is known of its TLS, and the bytes behind, handed to the entry point; or
//           a close
//   own     the stream until then; frees itself at the end of the turn
//   errors  a malformed header, a hello that is none, a handshake that fails (its alert is sent), the end of the stream, or
//           no decision within the time: the connection is closed
//   source  static-config.md section 4, proxyProtocol: optional from trusted peers; from others read, dropped and ignored;
//           tcp-udp.md section 2 for the order
//
//   proxy ── header, or none ──► hello ── ClientHello ──► handshake ── done ──► HTTPS
//                                  └── another first byte ──────────────────────► HTTP
#pragma once

#include "core/buffer.h"
#include "net/stream.h"
#include "net/timer.h"

#include <cstdint>
#include <memory>
#include <string>

namespace pm::tls {
class Session;
class ServerContext;
}  // namespace pm::tls

namespace pm::runtime {

class Entry;

class Prelude final : public net::Mortal,
                      public ListNode<Prelude>,
                      private net::StreamUser,
                      private net::Timer {
 public:
  struct Options {
    Endpoint peer;
    bool takes_proxy_header = false;
    bool is_trusted = false;
    std::uint64_t read_timeout_ms = 0;
  };
  static Prelude* open(Entry& entry, net::Loop& loop, int fd, const Options& options) noexcept;
  ~Prelude() override;
  void close() noexcept;

 private:
  enum class Phase : std::uint8_t { proxy, hello, handshake };
  Prelude(Entry& entry, const Options& options) noexcept
      : entry_(&entry),
        client_(options.peer),
        phase_(options.takes_proxy_header ? Phase::proxy : Phase::hello),
        trusted_(options.is_trusted) {}
  void on_readable() noexcept override;
  void on_drained() noexcept override {}
  void on_hangup() noexcept override {}
  void on_broken() noexcept override { close(); }
  void on_timer() noexcept override { close(); }
  bool read_more() noexcept;
  void take_proxy_header() noexcept;
  void take_hello() noexcept;
  void bound_hello() noexcept;
  void refuse_hello() noexcept;
  void begin_handshake(std::string server_name) noexcept;
  void shake_hands() noexcept;
  void hand_over() noexcept;
  void leave() noexcept;

  Entry* entry_;
  net::Stream* stream_ = nullptr;
  net::Loop* loop_ = nullptr;
  tls::Session* session_ = nullptr;              // once TLS has begun; the stream's
  std::shared_ptr<tls::ServerContext> context_;  // of the connection; held for the handshake
  ByteBuffer bytes_;
  std::uint64_t hello_ms_ = 0;  // its first byte
  Endpoint client_;
  Phase phase_;
  bool trusted_;
};

}  // namespace pm::runtime
