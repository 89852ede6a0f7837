// SPDX-License-Identifier: MIT
#include "net/splice.h"

#include "net/stream.h"

#include <algorithm>
#include <utility>

namespace pm::net {

void Splice::note_read(std::size_t size) noexcept {
  if (size >= long_read) {
    flow_ += size;
  } else if (size < short_read) {
    flow_ = 0;
  }
}

Splice::Step Splice::move(Stream& source, Stream& sink, std::size_t budget,
                          std::size_t most) noexcept {
  taken_ = given_ = 0;
  if (pipe_ == nullptr) {
    if (!is_due()) return Step::copy;
    if (sink.is_blocked()) return Step::hold;  // what was copied goes first
    pipe_ = source.loop().pipes().take();
    if (pipe_ == nullptr) return Step::copy;
  }
  const std::size_t short_fill = std::min(short_read, pipe_->size / 2);
  const Step step = pump(source, sink, budget, most, short_fill);
  if (held_ == 0) source.loop().pipes().give(std::exchange(pipe_, nullptr));
  judge(step, short_fill);
  return step;
}

// A little that comes ends the move: peers that are quick could keep us for as long as they chat.
Splice::Step Splice::pump(Stream& source, Stream& sink, std::size_t budget, std::size_t most,
                          std::size_t short_fill) noexcept {
  std::size_t came = short_fill;
  while (true) {
    give(sink);
    if (held_ > 0) return Step::hold;
    if (taken_ >= std::min(budget, most) || came < short_fill) return Step::more;
    const Got got = source.receive(*pipe_, most - taken_);
    switch (got.status) {
      case Io::ok:
        held_ = came = got.size;
        taken_ += got.size;
        break;
      case Io::again: return Step::dry;
      case Io::end: return Step::end;
      case Io::failed: return Step::failed;
    }
  }
}

void Splice::give(Stream& sink) noexcept {
  if (held_ == 0) return;
  const std::size_t sent = sink.send(*pipe_, held_);
  given_ += sent;
  held_ -= sent;
  if (held_ == 0 || sink.is_blocked()) return;
  sink.loop().kernel().empty_pipe(*pipe_, held_);
  held_ = 0;
}

// A tunnel that has become a chat is copied again.
void Splice::judge(Step step, std::size_t short_fill) noexcept {
  if (step == Step::hold || taken_ >= short_fill) {
    short_moves_ = 0;
  } else if (++short_moves_ >= most_short_moves) {
    short_moves_ = 0;
    flow_ = 0;
  }
}

void Splice::drop(Loop& loop) noexcept {
  if (pipe_ == nullptr) return;
  loop.kernel().empty_pipe(*pipe_, held_);
  held_ = 0;
  loop.pipes().give(std::exchange(pipe_, nullptr));
}

}  // namespace pm::net
