// SPDX-License-Identifier: MIT
#include "observe/buffer_pair.h"

namespace pm::observe {

int BufferPair::oldest(const Word& word, Place place) noexcept {
  if (word.place[word.oldest] == place) return word.oldest;
  const int other = 1 - word.oldest;
  return word.place[other] == place ? other : none;
}

int BufferPair::youngest(const Word& word, Place place) noexcept {
  const int other = 1 - word.oldest;
  return word.place[other] == place ? other : oldest(word, place);
}

LogBuffer* BufferPair::move(int (*choose)(const Word&, Place), Place from, Place to) noexcept {
  Word seen = word_.load();
  while (true) {
    const int chosen = choose(seen, from);
    if (chosen == none) return nullptr;
    Word next = seen;
    next.place[chosen] = to;
    if (word_.compare_exchange_weak(seen, next)) return &buffers_[chosen];
  }
}

LogBuffer* BufferPair::take(Place first, Place second) noexcept {
  LogBuffer* buffer = move(youngest, first, Place::filler);
  if (buffer == nullptr) buffer = move(youngest, second, Place::filler);
  // The writer may have moved on between the two looks.
  return buffer != nullptr ? buffer : move(youngest, first, Place::filler);
}

void BufferPair::offer(LogBuffer* buffer) noexcept {
  const auto index = static_cast<std::uint8_t>(buffer - buffers_);
  const auto other = static_cast<std::uint8_t>(1 - index);
  Word seen = word_.load();
  Word next;
  do {
    next = seen;
    next.place[index] = Place::ready;
    next.oldest = seen.place[other] == Place::ready ? other : index;
  } while (!word_.compare_exchange_weak(seen, next));
}

LogBuffer* BufferPair::take_oldest() noexcept {
  return move(oldest, Place::ready, Place::writer);
}

void BufferPair::give_back(LogBuffer* buffer) noexcept {
  buffer->clear();
  Word seen = word_.load();
  Word next;
  do {
    next = seen;
    next.place[buffer - buffers_] = Place::spare;
  } while (!word_.compare_exchange_weak(seen, next));
}

bool BufferPair::has_ready() const noexcept {
  return oldest(word_.load(), Place::ready) != none;
}

bool BufferPair::is_all_written() const noexcept {
  const Word word = word_.load();
  return oldest(word, Place::ready) == none && oldest(word, Place::writer) == none;
}

}  // namespace pm::observe
