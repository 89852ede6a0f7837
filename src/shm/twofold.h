// SPDX-License-Identifier: MIT
// twofold.h -- a fact of several words with one writer, read by any number of processes, that no kill can tear.
//
//            index = n (even)                    store(): fills b, then index = n + 1
//          ┌────────┬────────────┬────────────┐
//          │ index  │ copy a     │ copy b     │  load(): copies the half that index names, looks at index again,
//          └────────┴────────────┴────────────┘          and reads anew when it moved
//
//   in/out  T: trivially copyable, a multiple of 8 bytes. All zeros is the value before the first store()
//   own     nothing; it lies in a zone, or in any memory that begins as zeros
//   cost    store: a copy. load: a copy, again for each store() that came in between. No locks, no system calls
//   errors  load() gives up after a bound of attempts: only a writer that does nothing else can bring it there
//   source  decision 63. A reader that saw index move even once reads anew: the writer may by then be filling the half
//           that was read, for the store after it
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace pm::shm {

template <class T>
class Twofold {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(std::uint64_t) == 0);

 public:
  // The one writer only. Killed anywhere in here, it leaves the old value in force and the other half to be overwritten.
  void store(const T& value) noexcept {
    std::uint64_t words[count];
    std::memcpy(words, &value, sizeof value);
    const std::uint64_t index = index_.load(std::memory_order_relaxed);
    // Whoever sees one of the words below also sees the index that made their half the idle one.
    std::atomic_thread_fence(std::memory_order_release);
    Half& idle = halves_[(index + 1) & 1];
    for (std::size_t i = 0; i < count; ++i)
      idle[i].store(words[i], std::memory_order_relaxed);
    index_.store(index + 1, std::memory_order_release);
  }

  bool load(T& value) const noexcept {
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
      const std::uint64_t index = index_.load(std::memory_order_acquire);
      const Half& half = halves_[index & 1];
      std::uint64_t words[count];
      for (std::size_t i = 0; i < count; ++i)
        words[i] = half[i].load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
      if (index_.load(std::memory_order_relaxed) != index) continue;
      std::memcpy(&value, words, sizeof value);
      return true;
    }
    return false;
  }

 private:
  static constexpr std::size_t count = sizeof(T) / sizeof(std::uint64_t);
  static constexpr int most_attempts = 1000;
  using Word = std::atomic<std::uint64_t>;
  using Half = Word[count];
  static_assert(Word::is_always_lock_free);

  Word index_;
  Half halves_[2];
};

}  // namespace pm::shm
