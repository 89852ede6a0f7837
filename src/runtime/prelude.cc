// SPDX-License-Identifier: MIT
#include "runtime/prelude.h"

#include "core/text.h"
#include "net/proxy_protocol.h"
#include "runtime/entry.h"
#include "runtime/tls_front.h"
#include "tls/client_certificates.h"
#include "tls/gate.h"
#include "tls/hello.h"
#include "tls/server_context.h"
#include "tls/session.h"

#include <fmt/format.h>

namespace pm::runtime {

using net::ProxyHeader;

Prelude* Prelude::open(Entry& entry, net::Loop& loop, int fd, const Options& options) noexcept {
  auto* prelude = new Prelude(entry, options);
  prelude->loop_ = &loop;
  prelude->stream_ = net::Stream::open(loop, fd, *prelude);
  if (prelude->stream_ == nullptr) {
    delete prelude;
    return nullptr;
  }
  if (options.read_timeout_ms != 0) loop.arm(*prelude, loop.now_ms() + options.read_timeout_ms);
  prelude->stream_->resume();
  return prelude;
}

Prelude::~Prelude() {
  PM_CHECK(stream_ == nullptr, "a prelude hands its stream on or closes it");
}

void Prelude::on_readable() noexcept {
  if (phase_ == Phase::handshake) return shake_hands();
  if (!read_more()) return;
  if (phase_ == Phase::proxy) return take_proxy_header();
  take_hello();
}

bool Prelude::read_more() noexcept {
  bytes_.grow(loop_->pools(), 1);
  const net::Got got = stream_->read(bytes_.tail(), bytes_.room());
  if (got.status == net::Io::again) return false;
  if (got.status != net::Io::ok) {
    close();
    return false;
  }
  bytes_.commit(got.size);
  return true;
}

void Prelude::take_proxy_header() noexcept {
  const ProxyHeader header = net::parse_proxy_header(bytes_.view());
  switch (header.status) {
    case ProxyHeader::Status::incomplete: return;
    case ProxyHeader::Status::bad: return close();
    case ProxyHeader::Status::none: break;
    case ProxyHeader::Status::found:
      bytes_.consume(header.length);
      if (trusted_ && header.has_addresses) client_ = header.source;
      break;
  }
  if (!entry_->takes_tls()) return hand_over();
  phase_ = Phase::hello;
  if (!bytes_.empty()) take_hello();
}

void Prelude::take_hello() noexcept {
  if (hello_ms_ == 0) hello_ms_ = loop_->now_ms();
  std::string assembled;
  const tls::Hello hello = tls::parse_hello(bytes_.view(), assembled);
  switch (hello.status) {
    case tls::Hello::Status::incomplete:
      // Records may be as small as they like, but not without end.
      return bytes_.view().size() > 2 * tls::max_hello ? refuse_hello() : bound_hello();
    case tls::Hello::Status::not_tls: return hand_over();
    case tls::Hello::Status::malformed: return refuse_hello();
    case tls::Hello::Status::found: break;
  }
  std::string name = text::to_lower(hello.server_name);
  if (name.ends_with('.')) name.pop_back();
  context_ = entry_->choose_tls(name);
  if (context_ == nullptr) return close();
  begin_handshake(std::move(name));
}

// A handshake's time runs from its first byte, also while the name that it is for is still awaited.
void Prelude::bound_hello() noexcept {
  const std::uint64_t allowed = entry_->handshake_timeout_ms();
  if (allowed == 0) return;
  const std::uint64_t ends = hello_ms_ + allowed;
  if (!Timer::is_armed() || ends < Timer::deadline()) loop_->arm(*this, ends);
}

// The library has not seen it and never will, so the alert is ours: decode_error, fatal.
void Prelude::refuse_hello() noexcept {
  constexpr std::string_view alert("\x15\x03\x01\x00\x02\x02\x32", 7);
  stream_->write(alert);
  close();
}

void Prelude::begin_handshake(std::string server_name) noexcept {
  tls::SslPtr ssl = context_->open();
  auto session = ssl == nullptr ? nullptr
                                : tls::Session::create(entry_->wire(), *stream_, std::move(ssl),
                                                       tls::Session::Role::server, bytes_.view());
  if (session == nullptr) return close();
  session->set_server_name(std::move(server_name));
  session_ = session.get();
  bytes_.release(loop_->pools());
  phase_ = Phase::handshake;
  stream_->set_layer(std::move(session));
  const std::uint64_t allowed = entry_->handshake_timeout_ms();
  if (allowed == 0) {
    loop_->disarm(*this);
  } else {
    loop_->arm(*this, hello_ms_ + allowed);
  }
  shake_hands();
}

void Prelude::shake_hands() noexcept {
  tls::Gate& gate = entry_->gate();
  if (!gate.may_pass()) return stream_->poke();
  switch (gate.measure([this] { return session_->advance(); })) {
    case tls::Step::more: return;
    case tls::Step::done: return hand_over();
    case tls::Step::failed: break;
  }
  entry_->note_failed_handshake(client_, session_->fault());
  close();
}

void Prelude::hand_over() noexcept {
  std::unique_ptr<http::SecureFacts> secure;
  if (session_ != nullptr) {
    secure = std::make_unique<http::SecureFacts>();
    secure->server_name = session_->server_name();
    secure->version = session_->version();
    secure->cipher = session_->cipher();
    if (std::string subject = session_->peer_subject(); !subject.empty())
      secure->client = std::make_unique<http::ClientIdentity>(
          http::ClientIdentity{std::move(subject), tls::client_certificates(session_->ssl())});
    secure->options = context_->id();
    secure->resumed = session_->is_resumed();
  }
  net::Stream* stream = stream_;
  stream_ = nullptr;
  const bool speaks_http2 = session_ != nullptr && session_->alpn() == "h2";
  entry_->serve(stream, client_, bytes_.view(), std::move(secure),
                speaks_http2 ? Entry::Protocol::http2 : Entry::Protocol::http1);
  leave();
}

void Prelude::close() noexcept {
  if (stream_ == nullptr) return;
  stream_->close();
  stream_ = nullptr;
  leave();
  entry_->forget_prelude(client_.address);
}

void Prelude::leave() noexcept {
  bytes_.release(loop_->pools());
  loop_->disarm(*this);
  ListNode<Prelude>::unlink();
  loop_->reactor().retire(static_cast<net::Mortal*>(this));
}

}  // namespace pm::runtime
