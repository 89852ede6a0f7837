// SPDX-License-Identifier: MIT
// client.h -- one connection to a server, of any codec, as the pool and the balancing service see it.
//
//   in      begin(): an Exchange to carry. The connection, or a part of it, becomes its ClientEnd, writes the head, pulls the body, and hands the
//           answer to the exchange. A codec may carry several at once: as many more as room() says
//   out     to the Attempt, at most one of: on_failed() before the response head (nothing was answered), or nothing more once
//           the head was handed on. To the ConnectionOwner: idle (carries nothing, and may carry another) or gone; of a
//           connection that carries several also that there is room again, or that there will be none any more
//   own     the owner (a pool) holds the connection while idle; while it carries an exchange it holds itself
//   errors  an Outcome; whether bytes were written, for the decision to send once more
//   source  performance-notes.md section 3, "Upstream pool"; security.md section 3, last row
#pragma once

#include "core/list.h"
#include "http/exchange.h"
#include "http/outcome.h"

namespace pm::http {

class ClientConnection;

class Attempt {
 public:
  // The connection is no longer the exchange's ClientEnd, and is given up.
  struct Failure {
    Outcome outcome;
    bool reused = false;    // it had carried an exchange before
    bool answered = false;  // a byte of an answer had come
    bool wrote = true;      // a byte of the request was given to the kernel
    // The server has not looked at the request, and says so (GOAWAY, REFUSED_STREAM), or the connection was found dead before
    // the request was written.
    bool unprocessed = false;
    const ClientConnection* on = nullptr;  // of this request alone: the connection still stands
  };
  virtual void on_failed(Exchange&, const Failure&) noexcept = 0;

 protected:
  ~Attempt() = default;
};

class ConnectionOwner {
 public:
  virtual void on_idle(ClientConnection&) noexcept = 0;
  // It carries nothing any more and is neither idle nor gone yet: it reads a rest, or waits for bytes to leave.
  virtual void on_lingering(ClientConnection&) noexcept = 0;
  virtual void on_gone(
      ClientConnection&) noexcept = 0;  // its socket is closed; it frees itself at the end of the turn
  // Of a connection that carries several. A place has become free beside others that are taken, or the server allows more
  // of them, or fewer: room() is another.
  virtual void on_room(ClientConnection&) noexcept {}
  // The server lets it begin nothing more (GOAWAY). What it carries goes on; behind the last it is gone, and never idle again.
  virtual void on_draining(ClientConnection&) noexcept {}

 protected:
  ~ConnectionOwner() = default;
};

struct PoolTag;
struct LruTag;

// How a request is put to a server.
struct ForwardOptions {
  std::string_view host;  // the Host to send; "" keeps the client's
  std::string_view
      path_prefix;  // preservePath: the path of the server's URL, without a trailing slash
  std::uint64_t head_timeout_ms = 0;
};

class ClientConnection : public ListNode<PoolTag>, public ListNode<LruTag> {
 public:
  virtual void begin(Exchange&, Attempt&, const ForwardOptions&) noexcept = 0;
  virtual bool is_usable()
      const noexcept = 0;  // idle, and nothing has happened on it that is waiting to be looked at
  // How many more exchanges it takes now. One that carries several says 0 as well when its end has been seen; before the
  // server has told its limit it says what is to be expected.
  virtual std::uint32_t room() const noexcept { return is_usable() ? 1 : 0; }
  // What its server has allowed on an earlier connection: to be expected of this one. Before the first begin().
  virtual void expect_room(std::uint32_t) noexcept {}
  virtual void close() noexcept = 0;  // idle or lingering only: surplus, or at the end
  virtual std::uint64_t opened_ms() const noexcept = 0;
  // 0: none. It holds until begin().
  virtual void set_idle_deadline(std::uint64_t deadline_ms) noexcept = 0;

  void* target = nullptr;  // of the owner, like the next
  bool is_parked = false;  // of those that carry several: counted as idle

 protected:
  ~ClientConnection() = default;
};

}  // namespace pm::http
