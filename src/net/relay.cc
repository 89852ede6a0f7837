// SPDX-License-Identifier: MIT
#include "net/relay.h"

#include "net/stream.h"

#include <algorithm>

namespace pm::net {

Relay::Step Relay::move(Stream& source, Stream& sink, std::size_t budget,
                        std::size_t most) noexcept {
  if (splice_.is_due() && source.is_plain() && sink.is_plain()) {
    const Step step = splice_.move(source, sink, budget, most);
    taken_ = splice_.taken();
    given_ = splice_.given();
    if (step != Step::copy) return step;
  }
  taken_ = given_ = 0;
  return copy(source, sink, budget, most);
}

Relay::Step Relay::copy(Stream& source, Stream& sink, std::size_t budget,
                        std::size_t most) noexcept {
  char* const buffer = source.loop().read_buffer().data();
  do {
    if (sink.is_blocked()) return Step::hold;
    const Got got = source.read(buffer, std::min(Loop::small_read, most - taken_));
    if (got.status == Io::again) return Step::dry;
    if (got.status == Io::end) return Step::end;
    if (got.status == Io::failed) return Step::failed;
    splice_.note_read(got.size);
    taken_ += got.size;
    given_ = taken_;
    if (sink.write(std::string_view(buffer, got.size)) == Flow::hold) return Step::hold;
  } while (taken_ < std::min(budget, most) && source.is_readable());
  return Step::more;
}

}  // namespace pm::net
