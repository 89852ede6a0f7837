// SPDX-License-Identifier: MIT
// session.h -- TLS of one connection, either end, as a layer of its stream.
//
//   in      a stream whose socket is connected, an SSL made from a context; bytes that were read before (a peeked hello)
//   out     advance(): the handshake, a step for each arrival of bytes; afterwards plain bytes through the stream
//   own     the SSL, and sealed bytes that had to wait. The Stream owns the Session; the Wire is the worker's
//   errors  a failed handshake has sent its alert; a record that is none ends the stream with Io::failed, and an end
//           without close_notify does so where the peer is a server: its answer may have been cut
//   cost    one receive and one send a call, whole flights and answers together; idle about 13 KiB of the library's
//   source  RFC 8446, RFC 5246; performance-notes.md section 2.4; security.md section 6
#pragma once

#include "core/buffer.h"
#include "net/stream.h"
#include "tls/library.h"
#include "tls/wire.h"

#include <string>
#include <string_view>

namespace pm::tls {

enum class Step : std::uint8_t { more, done, failed };

class Session final : public net::Layer {
 public:
  enum class Role : std::uint8_t { server, client };
  // The SSL is new. Null when the library has no memory.
  static std::unique_ptr<Session> create(Wire& wire, net::Stream& stream, SslPtr ssl, Role role,
                                         std::string_view early = {});
  ~Session() override;

  Step advance() noexcept;
  std::string fault() const;  // why advance() failed
  // Of an established session.
  std::string_view version() const noexcept;  // "1.3"
  std::string_view cipher() const noexcept;   // the IANA name, as Go has it
  std::string_view alpn() const noexcept;     // the protocol that was agreed on; "" when none was
  bool is_resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }
  const SSL* ssl() const noexcept { return ssl_.get(); }
  std::string peer_subject() const;  // RFC 2253; "" without a certificate
  static Session* of(const SSL* ssl) noexcept;
  SSL* ssl_for_test() noexcept { return ssl_.get(); }  // a peer that does what ours never would
  const net::Stream& stream() const noexcept { return *stream_; }
  // Whom the client has asked for, lower case; what a ticket is bound to. The server end's owner sets it.
  void set_server_name(std::string name) noexcept { server_name_ = std::move(name); }
  const std::string& server_name() const noexcept { return server_name_; }

  // net::Layer
  net::Got read(char* to, std::size_t room) noexcept override;
  Flow write(const iovec* pieces, int count) noexcept override;
  bool at_end() noexcept override;
  void finish() noexcept override;

 private:
  friend class Wire;
  friend class Wire::Turn;
  enum class End : std::uint8_t { open, clean, cut, failed };
  Session(Wire& wire, net::Stream& stream, Role role) noexcept
      : wire_(&wire), stream_(&stream), role_(role) {}

  // The library's calls, through the BIO.
  int give(char* to, int room) noexcept;
  int take(const char* from, int size) noexcept;
  static void on_message(int is_write, int version, int type, const void* bytes, std::size_t size,
                         SSL* ssl, void*) noexcept;

  bool fetch() noexcept;  // one receive(); false: nothing came
  Flow flush() noexcept;
  void keep_rest() noexcept;
  void seal(const char* from, std::size_t size) noexcept;
  bool holds_bytes() const noexcept;
  void note_error(int result) noexcept;
  void let_go() noexcept;
  void count_noise() noexcept;

  Wire* wire_;
  net::Stream* stream_;
  SslPtr ssl_;
  ByteBuffer carry_;             // sealed bytes from earlier turns
  const char* fault_ = nullptr;  // the library's words
  long verified_ = 0;            // X509_V_OK, or what was wrong with the peer's certificate
  std::string server_name_;
  std::uint64_t noise_since_ms_ = 0;
  std::uint64_t last_write_ms_ = 0;
  std::uint32_t noise_ = 0;  // messages and records that bring nothing, in this second
  std::uint32_t sent_since_idle_ = 0;
  Role role_;
  End end_ = End::open;
  bool established_ = false;
  bool finished_ = false;
};

}  // namespace pm::tls
