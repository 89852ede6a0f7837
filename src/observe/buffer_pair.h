// SPDX-License-Identifier: MIT
// buffer_pair.h -- two buffers between one who fills them and one who writes them, without a lock.
//
//   shape   each buffer is in one of four places, and all moves are compare-and-swap on one word:
//
//             spare ── take() ──► filler ── offer() ──► ready ── take_oldest() ──► writer ── give_back() ──► spare
//                                   ▲                     │
//                                   └────── take() ───────┘  not written yet: it can be filled further
//
//   own     the buffers; whoever has a buffer in his place may touch it, nobody else
//   cost    one atomic operation a move
#pragma once

#include "observe/log_buffer.h"

#include <atomic>
#include <cstdint>

namespace pm::observe {

class BufferPair {
 public:
  // The filler's. take() prefers the younger of those that lie ready, so that lines keep their order; null: the writer has
  // all there is.
  LogBuffer* take() noexcept { return take(Place::ready, Place::spare); }
  LogBuffer* take_spare_first() noexcept { return take(Place::spare, Place::ready); }
  LogBuffer* take_spare() noexcept { return take(Place::spare, Place::spare); }
  void offer(LogBuffer* buffer) noexcept;

  // The writer's.
  LogBuffer* take_oldest() noexcept;           // null: none lies ready
  void give_back(LogBuffer* buffer) noexcept;  // cleared

  bool has_ready() const noexcept;
  bool is_all_written() const noexcept;  // none is ready or with the writer

 private:
  enum class Place : std::uint8_t { spare, filler, ready, writer };
  // Places of both buffers, and which of them was offered first when both lie ready.
  struct Word {
    Place place[2];
    std::uint8_t oldest;
    std::uint8_t unused;
  };
  static constexpr int none = -1;

  LogBuffer* take(Place first, Place second) noexcept;
  LogBuffer* move(int (*choose)(const Word&, Place), Place from, Place to) noexcept;
  static int youngest(const Word& word, Place place) noexcept;
  static int oldest(const Word& word, Place place) noexcept;

  LogBuffer buffers_[2];
  std::atomic<Word> word_{Word{{Place::spare, Place::spare}, 0, 0}};
  static_assert(std::atomic<Word>::is_always_lock_free);
};

}  // namespace pm::observe
