// SPDX-License-Identifier: MIT
// layer.h -- what may stand between a socket and its user: bytes are opened on the way in and sealed on the way out.
//
//   in      the calls of a Stream's user, one to one
//   out     the calls receive(), send() and set_pending() of that Stream, and no call of its user
//   own     a Stream owns its Layer; the Layer borrows the Stream
//   source  layout.md, "A request, room by room": TLS is such a layer, and codecs do not know of it
#pragma once

#include "core/flow.h"

#include <cstddef>
#include <cstdint>

struct iovec;

namespace pm::net {

enum class Io : std::uint8_t { ok, again, end, failed };

struct Got {
  Io status = Io::again;
  std::size_t size = 0;
};

class Layer {
 public:
  virtual ~Layer() = default;
  virtual Got read(char* to, std::size_t room) noexcept = 0;  // at most one receive()
  virtual Flow write(const iovec* pieces, int count) noexcept = 0;
  virtual bool at_end() noexcept = 0;  // as Stream::at_end()
  virtual void finish() noexcept = 0;  // no write follows: what says so to the peer goes out
};

}  // namespace pm::net
