// SPDX-License-Identifier: MIT
#include "tls/session.h"

#include "net/gather.h"
#include "tls/pair.h"
#include "tls/words.h"

#include <openssl/err.h>

#include <algorithm>
#include <cstring>

namespace pm::tls {
namespace {

constexpr std::size_t largest_record = 16384;
// The first records behind a silence are small: each can be opened with the segments of the first round trip.
constexpr std::size_t first_record = 4096;
constexpr std::size_t first_bytes = 16384;
constexpr std::uint64_t silence_ms = 1000;
constexpr std::uint32_t most_noise = 32;  // security.md section 6: a second

constexpr int message_key_update = 24;
constexpr int message_client_hello = 1;
constexpr unsigned char record_data = 23;

// The sealed length of a record of application data without a byte in it.
std::size_t empty_record_size(const SSL* ssl) noexcept {
  if (SSL_version(ssl) >= TLS1_3_VERSION) return 1 + 16;
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  if (cipher == nullptr) return 0;
  return SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305 ? 16 : 8 + 16;
}

}  // namespace

std::unique_ptr<Session> Session::create(Wire& wire, net::Stream& stream, SslPtr ssl, Role role,
                                         std::string_view early) {
  std::unique_ptr<Session> session(new Session(wire, stream, role));
  BIO* bio = Wire::make_bio(*session);
  if (bio == nullptr) return nullptr;
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_msg_callback(ssl.get(), on_message);
  if (role == Role::server) {
    SSL_set_accept_state(ssl.get());
  } else {
    SSL_set_connect_state(ssl.get());
  }
  session->ssl_ = std::move(ssl);
  if (!early.empty()) session->carry_.append(stream.loop().pools(), early);
  return session;
}

Session::~Session() {
  carry_.release(stream_->loop().pools());
  // Or the library would forget a session that may well be resumed.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// The BIO knows it; application data would be two more allocations.
Session* Session::of(const SSL* ssl) noexcept {
  return static_cast<Session*>(BIO_get_data(SSL_get_rbio(ssl)));
}

std::string_view Session::version() const noexcept {
  return version_text(SSL_version(ssl_.get()));
}

std::string_view Session::cipher() const noexcept {
  const char* name = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl_.get()));
  return name != nullptr ? name : "unknown";
}

std::string_view Session::alpn() const noexcept {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::string Session::peer_subject() const {
  X509* certificate = SSL_get0_peer_certificate(ssl_.get());
  return certificate == nullptr ? std::string() : subject_of(certificate);
}

// ---- sealed bytes ------------------------------------------------------------------------------------------------------

int Session::give(char* to, int room) noexcept {
  PM_CHECK(wire_->user_ == this, "the library reads within a turn of its connection");
  const auto want = static_cast<std::size_t>(room);
  if (!carry_.empty()) {
    const std::string_view bytes = carry_.view().substr(0, want);
    std::memcpy(to, bytes.data(), bytes.size());
    carry_.consume(bytes.size());
    return static_cast<int>(bytes.size());
  }
  if (wire_->received_.empty()) return end_ == End::cut ? 0 : -1;
  const std::string_view bytes = wire_->received_.substr(0, want);
  std::memcpy(to, bytes.data(), bytes.size());
  wire_->received_.remove_prefix(bytes.size());
  return static_cast<int>(bytes.size());
}

int Session::take(const char* from, int size) noexcept {
  PM_CHECK(wire_->user_ == this, "the library writes within a turn of its connection");
  auto left = static_cast<std::size_t>(size);
  while (left > 0) {
    if (wire_->sealed_ == Wire::out_size) flush();
    const std::size_t part = std::min(left, Wire::out_size - wire_->sealed_);
    std::memcpy(wire_->out_.data() + wire_->sealed_, from, part);
    wire_->sealed_ += part;
    from += part;
    left -= part;
  }
  return size;
}

bool Session::fetch() noexcept {
  if (!stream_->socket_is_readable()) return false;
  const net::Got got = stream_->receive(wire_->in_.data(), Wire::in_size);
  switch (got.status) {
    case net::Io::ok: wire_->received_ = {wire_->in_.data(), got.size}; return true;
    case net::Io::again: return false;
    case net::Io::end: end_ = End::cut; return true;
    case net::Io::failed: end_ = End::failed; return false;
  }
  return false;
}

Flow Session::flush() noexcept {
  if (wire_->sealed_ == 0) return stream_->queued() == 0 ? Flow::more : Flow::hold;
  const iovec piece{wire_->out_.data(), wire_->sealed_};
  wire_->sealed_ = 0;
  return stream_->send(&piece, 1, piece.iov_len);
}

// What this turn did not use waits in memory of this connection alone.
void Session::keep_rest() noexcept {
  if (!wire_->received_.empty()) carry_.append(stream_->loop().pools(), wire_->received_);
  wire_->received_ = {};
  if (carry_.empty()) carry_.release(stream_->loop().pools());
}

bool Session::holds_bytes() const noexcept {
  return !carry_.empty() || !wire_->received_.empty() || SSL_pending(ssl_.get()) > 0;
}

// ---- what brings nothing -----------------------------------------------------------------------------------------------

void Session::on_message(int is_write, int, int type, const void* bytes, std::size_t size, SSL* ssl,
                         void*) noexcept {
  if (is_write != 0) return;
  Session& self = *of(ssl);
  if (!self.established_ || size == 0) return;
  const auto* data = static_cast<const unsigned char*>(bytes);
  if (type == SSL3_RT_HEADER) {
    if (size < 5 || data[0] != record_data) return;
    const std::size_t length = static_cast<std::size_t>(data[3]) << 8 | data[4];
    if (length <= 24 && length == empty_record_size(ssl)) self.count_noise();
  } else if (type == SSL3_RT_HANDSHAKE) {
    if (data[0] == message_key_update || data[0] == message_client_hello) self.count_noise();
  }
}

void Session::count_noise() noexcept {
  const std::uint64_t now = stream_->loop().now_ms();
  if (now >= noise_since_ms_ + 1000) {
    noise_since_ms_ = now;
    noise_ = 0;
  }
  ++noise_;
}

// ---- handshake ---------------------------------------------------------------------------------------------------------

void Session::note_error(int result) noexcept {
  if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL) {
    verified_ = SSL_get_verify_result(ssl_.get());
    fault_ = ERR_reason_error_string(ERR_peek_error());
  } else {
    fault_ = end_ == End::open ? "it cannot go on" : "the peer has left";
  }
  ERR_clear_error();
}

std::string Session::fault() const {
  std::string text = fault_ != nullptr ? fault_ : "the library gives no reason";
  if (verified_ == X509_V_OK) return text;
  return text + ": " + X509_verify_cert_error_string(verified_);
}

// What only a handshake needs and the library would keep as long as the connection.
void Session::let_go() noexcept {
  if (role_ == Role::server) SSL_certs_clear(ssl_.get());
}

Step Session::advance() noexcept {
  const Wire::Turn turn(*wire_, *this);
  bool fetched = carry_.empty() && fetch();
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) break;
    const bool wants_more = SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ;
    if (wants_more && !fetched && fetch()) {
      fetched = true;
      continue;
    }
    if (wants_more && end_ == End::open) return Step::more;
    note_error(result);
    return Step::failed;
  }
  established_ = true;
  let_go();
  stream_->set_pending(holds_bytes());
  return Step::done;
}

// ---- net::Layer --------------------------------------------------------------------------------------------------------

net::Got Session::read(char* to, std::size_t room) noexcept {
  const Wire::Turn turn(*wire_, *this);
  std::size_t got = 0;
  bool fetched = false;
  if (!holds_bytes() && end_ == End::open) {
    fetched = true;
    fetch();
  }
  while (got < room && end_ != End::clean && end_ != End::failed) {
    ERR_clear_error();
    std::size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), to + got, room - got, &count);
    if (result == 1) {
      got += count;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), result);
    if (error == SSL_ERROR_ZERO_RETURN) {
      end_ = End::clean;
    } else if (error != SSL_ERROR_WANT_READ) {
      // Behind the last whole record; what it means depends on who ended.
      if (end_ != End::cut) end_ = End::failed;
      ERR_clear_error();
      break;
    } else if (fetched || end_ != End::open) {
      break;
    } else {
      fetched = true;
      if (!fetch()) break;
    }
  }
  if (noise_ > most_noise) end_ = End::failed;
  // An end is told by the read behind the last byte.
  stream_->set_pending(end_ == End::open ? holds_bytes() : got > 0);
  if (got > 0) return {net::Io::ok, got};
  switch (end_) {
    case End::open: return {net::Io::again, 0};
    case End::clean: return {net::Io::end, 0};
    case End::cut: return {role_ == Role::server ? net::Io::end : net::Io::failed, 0};
    case End::failed: break;
  }
  return {net::Io::failed, 0};
}

void Session::seal(const char* from, std::size_t size) noexcept {
  while (size > 0) {
    if (Wire::out_size - wire_->sealed_ < Wire::record_room) flush();
    const std::size_t most = sent_since_idle_ < first_bytes ? first_record : largest_record;
    std::size_t count = 0;
    ERR_clear_error();
    if (SSL_write_ex(ssl_.get(), from, std::min(size, most), &count) != 1) {
      ERR_clear_error();
      return;  // only after a fatal alert, which the next read tells of
    }
    sent_since_idle_ += sent_since_idle_ < first_bytes ? static_cast<std::uint32_t>(count) : 0;
    from += count;
    size -= count;
  }
}

// Small pieces in front of a large one (a head, a chunk's line) share its first record.
Flow Session::write(const iovec* pieces, int count) noexcept {
  const Wire::Turn turn(*wire_, *this);
  const std::uint64_t now = stream_->loop().now_ms();
  if (now >= last_write_ms_ + silence_ms) sent_since_idle_ = 0;
  last_write_ms_ = now;
  char together[largest_record];
  std::size_t held = 0;
  for (int i = 0; i < count; ++i) {
    const char* from = static_cast<const char*>(pieces[i].iov_base);
    std::size_t size = pieces[i].iov_len;
    while (size > 0) {
      if (held == 0 && (size >= largest_record || i + 1 == count)) {
        seal(from, size);
        break;
      }
      const std::size_t part = std::min(size, sizeof together - held);
      std::memcpy(together + held, from, part);
      held += part;
      from += part;
      size -= part;
      if (held < sizeof together) continue;
      seal(together, held);
      held = 0;
    }
  }
  seal(together, held);
  return flush();
}

bool Session::at_end() noexcept {
  const Wire::Turn turn(*wire_, *this);
  if (!holds_bytes() && end_ == End::open) fetch();
  if (end_ == End::open || end_ == End::cut) {
    ERR_clear_error();
    char byte = 0;
    std::size_t count = 0;
    const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &count);
    if (result != 1) {
      const int error = SSL_get_error(ssl_.get(), result);
      if (error == SSL_ERROR_ZERO_RETURN) end_ = End::clean;
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_ZERO_RETURN && end_ != End::cut)
        end_ = End::failed;
      ERR_clear_error();
    }
    if (result == 1) {
      stream_->set_pending(true);
      return false;
    }
  }
  const bool ended = end_ != End::open;
  stream_->set_pending(ended || holds_bytes());
  return ended;
}

void Session::finish() noexcept {
  if (finished_ || !established_ || end_ == End::failed) return;
  finished_ = true;
  const Wire::Turn turn(*wire_, *this);
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace pm::tls
