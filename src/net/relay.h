// SPDX-License-Identifier: MIT
// relay.h -- one direction of a tunnel, or a body, from stream to stream: a chat is copied, a long flow is spliced.
//
//   in      move(), in place of a read of the source
//   out     how far it came (never Step::copy), and how many bytes were taken from the source and given to the sink on the way
//   own     a Splice, with a pipe only while bytes are in it; drop() gives it back
//   errors  a Step; bytes for a sink that is dead are gone, and its user hears of it in a turn of its own, as for a write
//   cost    a chat: one read and one write, which may wait for the end of the reactor's pass. No heap
//   source  decision 47
//
// A stream behind a layer (TLS) is always copied.
#pragma once

#include "net/splice.h"

#include <cstddef>

namespace pm::net {

class Relay {
 public:
  using Step = Splice::Step;

  // `budget`: once so many bytes were taken it is enough for this turn. `most`: what stands behind these stays unread.
  Step move(Stream& source, Stream& sink, std::size_t budget, std::size_t most = SIZE_MAX) noexcept;
  // What begins is known to be long: it need not prove it.
  void expect_long() noexcept { splice_.note_read(Splice::long_flow); }
  // Would it be spliced, or is it already?
  bool is_due() const noexcept { return splice_.is_due(); }
  // Bytes that were taken are on their way: the sink is full.
  bool is_holding() const noexcept { return splice_.is_holding(); }
  void drop(Loop& loop) noexcept { splice_.drop(loop); }  // what is on its way is lost

  // By the last move(). What a sink has queued was given to it.
  std::size_t taken() const noexcept { return taken_; }
  std::size_t given() const noexcept { return given_; }

 private:
  Step copy(Stream& source, Stream& sink, std::size_t budget, std::size_t most) noexcept;

  Splice splice_;
  std::size_t taken_ = 0;
  std::size_t given_ = 0;
};

}  // namespace pm::net
