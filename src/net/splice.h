// SPDX-License-Identifier: MIT
// splice.h -- one direction of a tunnel, or a long body, moved by the kernel from socket to socket through a pipe of the worker.
//
//   in      note_read(): what its reader has copied so far; move(): in place of a read, while the flow is long
//   out     how far it came, and how many bytes were taken from the source and given to the sink on the way
//   own     a pipe, and only while bytes are in it; drop() gives it back
//   errors  a Step; bytes for a sink that is dead are gone, and its user hears of it in a turn of its own, as for a write
//   cost    three calls for a pipe's content (in, out, and one that finds the source dry); no copy, no heap
//   source  decision 47; performance-notes.md section 2.3, "Forwarding a byte stream"
//
// The source is read only into an empty pipe. So what the sink does not take stops the source, a dry source cannot be taken
// for a full pipe, the end of a source is met behind its last byte, and no byte overtakes another. Nor was it found dry while
// bytes are held: it is still readable, so that resuming it is all that has to be done when the sink has room.
#pragma once

#include "net/pipes.h"

#include <cstddef>
#include <cstdint>

namespace pm::net {

class Loop;
class Stream;

class Splice {
 public:
  // Of a read. Chats come in short ones, and cost less when they are copied.
  static constexpr std::size_t long_read = 65536;
  static constexpr std::size_t short_read = 16384;
  static constexpr std::size_t long_flow = 262144;  // in long reads with no short one between
  static constexpr int most_short_moves = 8;        // in a row; then it is no long flow any more

  enum class Step : std::uint8_t {
    copy,   // the flow is not long, or no pipe is free: read and write
    dry,    // the source has no more for now
    more,   // it may have: enough for this turn
    hold,   // the sink takes no more; its on_drained() will come
    end,    // the source has ended, and all of it was given on
    failed  // the source is dead, likewise
  };

  void note_read(std::size_t size) noexcept;
  bool is_due() const noexcept { return pipe_ != nullptr || flow_ >= long_flow; }
  bool is_holding() const noexcept { return held_ > 0; }  // bytes on their way
  // Both without a layer. `budget`: once so many bytes were taken it is enough. `most`: what stands behind these stays unread.
  Step move(Stream& source, Stream& sink, std::size_t budget, std::size_t most) noexcept;
  void drop(Loop& loop) noexcept;  // what is on its way is lost

  // By the last move().
  std::size_t taken() const noexcept { return taken_; }
  std::size_t given() const noexcept { return given_; }

 private:
  Step pump(Stream& source, Stream& sink, std::size_t budget, std::size_t most,
            std::size_t short_fill) noexcept;
  void give(Stream& sink) noexcept;
  void judge(Step step, std::size_t short_fill) noexcept;

  Pipe* pipe_ = nullptr;
  std::size_t held_ = 0;  // bytes in it
  std::size_t taken_ = 0;
  std::size_t given_ = 0;
  std::size_t flow_ = 0;  // bytes of long reads
  int short_moves_ = 0;
};

}  // namespace pm::net
