// SPDX-License-Identifier: MIT
// buckets.h -- how fast something may come: one bucket for each source of each limit, filled by all processes together.
//
//   shape   records {tag, tat} of two words in groups of eight (two cache lines); tat is the theoretical arrival time of GCRA:
//           the moment at which the bucket is full again, in sixteenths of a nanosecond of CLOCK_MONOTONIC
//   in      key: key_of() of the limit's identity and the source; now: nanoseconds of CLOCK_MONOTONIC
//   out     pass; hold for a while (the token is taken: it need not ask again); refuse, with the time after which it would pass.
//           What is refused takes nothing
//   own     values; a Buckets owns its zone
//   cost    one compare-and-swap, two cache lines; a bounded number of steps whatever others do or leave undone
//   errors  a group without room: the newcomer takes the record that is full again first, with its debt (stricter, never
//           looser), and that is counted. Killed anywhere, a process leaves at most one token taken that nobody used
//   source  decision 55; GCRA: ITU-T I.371, annex A
#pragma once

#include "core/hash.h"
#include "shm/zone.h"

#include <atomic>
#include <string_view>

namespace pm::shm {

enum class Admission : std::uint8_t { pass, hold, refuse };

struct Decision {
  Admission admission = Admission::pass;
  std::uint64_t wait_ns = 0;    // hold: for so long; refuse: so much later it would pass
  std::uint64_t remaining = 0;  // tokens that are there now
  std::uint64_t full_ns = 0;    // until all of them are
};

// A limit, made once. Times are in sixteenths of a nanosecond: a million tokens a second are exact to 3 in 100,000.
class Rate {
 public:
  // `tokens` in `period_ns`, at most `burst` at once; both 1 or more.
  Rate(std::uint64_t tokens, std::uint64_t period_ns, std::uint64_t burst,
       std::uint64_t longest_hold_ns) noexcept;

 private:
  friend class Buckets;
  Decision decide(std::uint64_t debt) const noexcept;
  std::uint64_t interval_;  // between two tokens
  std::uint64_t size_;      // of the bucket: what burst tokens take to come
  std::uint64_t longest_hold_;
};

class Buckets {
 public:
  static constexpr std::uint32_t default_capacity = 262144;

  static Result<Buckets> create(std::uint32_t capacity = default_capacity);  // a power of two
  static Result<Buckets> attach(int fd, std::uint32_t capacity = default_capacity);

  std::uint64_t key_of(std::uint64_t identity, std::string_view source) const noexcept;
  Decision take(std::uint64_t key, const Rate& rate, std::uint64_t now_ns) noexcept;

  struct Figures {
    std::uint64_t evictions = 0;  // of buckets that were not full
    std::uint64_t given_up = 0;   // refusals because others were quicker each time
    std::uint64_t most_rounds = 0;
    std::uint64_t twins = 0;  // keys that lie in two records, while nobody works on them
  };
  Figures figures() const noexcept;  // looks at every record

  Zone& zone() noexcept { return zone_; }

 private:
  struct Head;
  struct Record;
  Buckets(Zone zone, std::uint32_t capacity) noexcept
      : zone_(std::move(zone)), groups_(capacity / 8) {}
  Head& head() const noexcept;
  Record* group_of(std::uint64_t key) const noexcept;
  Record* find(std::uint64_t key) const noexcept;
  void insert(std::uint64_t key, std::uint64_t now) noexcept;
  void note_rounds(std::uint64_t rounds) noexcept;

  Zone zone_;
  std::uint32_t groups_;
};

}  // namespace pm::shm
