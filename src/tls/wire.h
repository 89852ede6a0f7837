// SPDX-License-Identifier: MIT
// wire.h -- the sealed bytes of the one connection that is being worked on: buffers that all connections of a worker share.
//
//   in      Wire::Turn binds the buffers to a Session for one call, and cleans up behind it on every way out: what was
//           received and not used moves into the Session, what was sealed goes to the socket. So nothing of one connection
//           is left for the next
//   out     bio(): the library's view of it, for the Session that a BIO is made for
//   own     the two mappings; a worker has one Wire
//   cost    no buffer a connection; a record is copied once in each direction
//   source  performance-notes.md section 2.4, "own BIO"; issue: a test interleaves connections and looks for bytes that stray
#pragma once

#include "os/memory.h"

#include <openssl/bio.h>

#include <cstddef>
#include <string_view>

namespace pm::tls {

class Session;

class Wire {
 public:
  static constexpr std::size_t in_size = 65536;
  static constexpr std::size_t out_size = 294912;
  static constexpr std::size_t record_room =
      16384 + 512;  // a sealed record, and a short alert behind it

  Wire() noexcept = default;
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  class Turn {
   public:
    Turn(Wire& wire, Session& session) noexcept;
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Session& session_;
  };

  static BIO* make_bio(Session& session);  // null: no memory

 private:
  friend class Session;
  os::Pages in_{in_size};
  os::Pages out_{out_size};
  std::string_view received_;  // in `in_`, not used yet
  std::size_t sealed_ = 0;     // in `out_`, not sent yet
  Session* user_ = nullptr;
};

}  // namespace pm::tls
