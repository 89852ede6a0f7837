// SPDX-License-Identifier: MIT
#include "upstream/dial.h"

#include "shm/names.h"
#include "tls/client_context.h"
#include "tls/gate.h"
#include "tls/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace pm::upstream {
namespace {

constexpr std::uint64_t head_start_ms = 250;
constexpr std::uint64_t handshake_ms = 10000;  // http-services.md section 6
constexpr std::uint64_t complain_again_ms = 10000;
constexpr std::uint64_t look_again_ms = 50;  // for a name that nobody has resolved yet

Protocol spoken_without_tls(Scheme scheme) noexcept {
  return scheme == Scheme::h2c ? Protocol::http2 : Protocol::http1;
}

// A server that names something else, or nothing, is taken to speak HTTP/1.1.
Protocol agreed_on(const tls::Session& session, Scheme scheme) noexcept {
  return scheme == Scheme::https && session.alpn() == "h2" ? Protocol::http2 : Protocol::http1;
}

}  // namespace

std::uint64_t Dial::longest_ms(const Target& target) noexcept {
  const std::uint64_t allowed = target.pool->settings().dial_timeout_ms;
  return allowed == 0 || !is_secure(target.scheme) ? allowed : allowed + handshake_ms;
}

void Dial::start() noexcept {
  running_ = true;
  target_->pool->dial_began(*target_);
  const std::uint64_t allowed = target_->pool->settings().dial_timeout_ms;
  deadline_ms_ = allowed == 0 ? 0 : loop().now_ms() + allowed;
  if (target_->is_local()) return connect_locally();
  if (!target_->literal) return look_up();
  addresses_[0] = *target_->literal;
  count_ = 1;
  try_reachable();
}

void Dial::connect_locally() noexcept {
  Try& attempt = tries_[0];
  const int fd = loop().kernel().connect_local(target_->host);
  if (fd < 0) return finish(http::Outcome::refused);
  attempt.dial = this;
  attempt.stream = net::Stream::open(loop(), fd, attempt, net::Stream::State::connecting);
  if (attempt.stream == nullptr) return finish(http::Outcome::refused);
  next_ = count_ = 1;
  arm_next(0);
}

void Dial::look_up() noexcept {
  const shm::Names* names = target_->pool->names();
  if (names == nullptr) return finish(http::Outcome::no_address);
  const shm::NameAnswer answer = names->lookup(target_->host);
  switch (answer.state) {
    case shm::NameState::unknown: return arm_next(look_again_ms);
    case shm::NameState::failed: return finish(http::Outcome::no_address);
    case shm::NameState::timed_out: return finish(http::Outcome::dns_timed_out);
    case shm::NameState::known: break;
  }
  count_ = std::min(answer.addresses().size(), addresses_.size());
  if (count_ == 0) return finish(http::Outcome::no_address);
  std::copy_n(answer.addresses().begin(), count_, addresses_.begin());
  std::rotate(addresses_.begin(), addresses_.begin() + target_->dials++ % count_,
              addresses_.begin() + static_cast<std::ptrdiff_t>(count_));
  try_reachable();
}

// Whoever answers for a name decides where it leads, but not past the operator's list.
void Dial::try_reachable() noexcept {
  const CidrSet& reachable = target_->pool->settings().reachable;
  if (!reachable.empty()) {
    const auto end = std::remove_if(addresses_.begin(), addresses_.begin() + count_,
                                    [&](const Address& to) { return !reachable.contains(to); });
    const Address denied = addresses_[0];
    count_ = static_cast<std::size_t>(end - addresses_.begin());
    if (count_ == 0) {
      complain("no connection to", denied.to_string() + " is not in restrictUpstreams");
      return finish(http::Outcome::denied);
    }
  }
  if (!try_next()) finish(last_);
}

bool Dial::is_trying() const noexcept {
  return std::any_of(tries_.begin(), tries_.end(),
                     [](const Try& t) { return t.stream != nullptr; });
}

bool Dial::try_next() noexcept {
  const auto free =
      std::find_if(tries_.begin(), tries_.end(), [](const Try& t) { return t.stream == nullptr; });
  if (free == tries_.end()) return false;
  while (next_ < count_) {
    const Endpoint to{addresses_[next_++], target_->port};
    const int fd = loop().kernel().connect(to);
    if (fd < 0) {
      last_ = fd == -ETIMEDOUT ? http::Outcome::connect_timed_out : http::Outcome::refused;
      continue;
    }
    free->dial = this;
    free->stream = net::Stream::open(loop(), fd, *free, net::Stream::State::connecting);
    if (free->stream == nullptr) continue;
    arm_next(head_start_ms);
    return true;
  }
  return false;
}

void Dial::arm_next(std::uint64_t after_ms) noexcept {
  const bool has_more = next_ < count_ || count_ == 0;
  const std::uint64_t now = loop().now_ms();
  if (!has_more && deadline_ms_ == 0) return loop().disarm(*this);
  std::uint64_t at = has_more ? now + after_ms : deadline_ms_;
  if (deadline_ms_ != 0) at = std::min(at, deadline_ms_);
  loop().arm(*this, at);
}

void Dial::on_timer() noexcept {
  if (session_ != nullptr) return finish(http::Outcome::tls_timed_out);
  if (deadline_ms_ != 0 && loop().now_ms() >= deadline_ms_) {
    return finish(count_ == 0 ? http::Outcome::dns_timed_out : http::Outcome::connect_timed_out);
  }
  if (count_ == 0) return look_up();
  if (!try_next()) arm_next(head_start_ms);
}

// The socket has become writable, or has failed.
void Dial::on_outcome(Try& attempt) noexcept {
  if (session_ != nullptr) return shake_hands();
  const int error = attempt.stream->connect_error();
  if (error == 0) {
    net::Stream* stream = attempt.stream;
    attempt.stream = nullptr;
    close_tries();
    if (!is_secure(target_->scheme)) return connected(stream, spoken_without_tls(target_->scheme));
    attempt.stream = stream;
    return begin_handshake(attempt);
  }
  attempt.stream->close();
  attempt.stream = nullptr;
  last_ = error == -ETIMEDOUT ? http::Outcome::connect_timed_out : http::Outcome::refused;
  if (!try_next() && !is_trying()) finish(last_);
}

void Dial::connected(net::Stream* stream, Protocol protocol) noexcept {
  http::ClientConnection* connection = target_->pool->adopt(*target_, stream, protocol);
  if (connection == nullptr) return finish(http::Outcome::bad_response);
  loop().disarm(*this);
  running_ = false;
  user_->on_connected(*connection);
}

void Dial::begin_handshake(Try& attempt) noexcept {
  const PoolTls& tls = target_->pool->tls();
  tls::SslPtr ssl = tls.context == nullptr
                        ? nullptr
                        : tls.context->open(target_->host, target_->port,
                                            target_->scheme == Scheme::https ? tls::Offer::all
                                                                             : tls::Offer::http1);
  auto session = ssl == nullptr ? nullptr
                                : tls::Session::create(*tls.wire, *attempt.stream, std::move(ssl),
                                                       tls::Session::Role::client);
  if (session == nullptr) return finish(http::Outcome::tls_failed);
  session_ = session.get();
  attempt.stream->set_layer(std::move(session));
  loop().arm(*this, loop().now_ms() + handshake_ms);
  attempt.stream->resume();
  shake_hands();
}

void Dial::shake_hands() noexcept {
  const auto shaking =
      std::find_if(tries_.begin(), tries_.end(), [](const Try& t) { return t.stream != nullptr; });
  tls::Gate& gate = *target_->pool->tls().gate;
  if (!gate.may_pass()) return shaking->stream->poke();
  switch (gate.measure([this] { return session_->advance(); })) {
    case tls::Step::more: return;
    case tls::Step::failed:
      complain("no TLS with", session_->fault());
      return finish(http::Outcome::tls_failed);
    case tls::Step::done: break;
  }
  net::Stream* stream = shaking->stream;
  shaking->stream = nullptr;
  const Protocol protocol = agreed_on(*session_, target_->scheme);
  session_ = nullptr;
  connected(stream, protocol);
}

// A certificate that is not trusted, or an address that is not listed, is the operator's business, but not ten thousand times.
void Dial::complain(std::string_view what, const std::string& why) noexcept {
  Log* log = target_->pool->tls().log;
  const std::uint64_t now = loop().now_ms();
  if (log == nullptr ||
      (target_->complained_ms != 0 && now < target_->complained_ms + complain_again_ms))
    return;
  target_->complained_ms = now;
  log->warn(fmt::format("{} the server {}:{}: {}", what, target_->host, target_->port, why));
}

void Dial::close_tries() noexcept {
  for (Try& attempt : tries_) {
    if (attempt.stream != nullptr) attempt.stream->close();
    attempt.stream = nullptr;
  }
  session_ = nullptr;
}

void Dial::finish(http::Outcome outcome) noexcept {
  stop();
  target_->pool->dial_failed(*target_, outcome);
  user_->on_dial_failed(outcome);
}

void Dial::cancel() noexcept {
  if (!running_) return;
  stop();
  target_->pool->dial_ended(*target_);
}

void Dial::stop() noexcept {
  running_ = false;
  close_tries();
  loop().disarm(*this);
}

}  // namespace pm::upstream
