// SPDX-License-Identifier: MIT
#include "shm/buckets.h"

#include "core/check.h"
#include "core/random.h"

#include <algorithm>
#include <bit>
#include <new>

// A record belongs to the key in its tag, from the compare-and-swap on; its tat goes over to the next owner as it is. A
// bucket whose tat has passed is full: to forget it loses nothing, and the least tat of a group is the one to take in any
// case: a record never used (tat 0), a full one, or the one that is full again first.
//
// Two processes may insert one key at once, each into another record. Whoever finds a key looks at its whole group: the
// lowest record wins, takes the larger debt of the two, and the other one is freed.

namespace pm::shm {

struct Buckets::Head {
  HashKey key;
  std::atomic<std::uint64_t> evictions;
  std::atomic<std::uint64_t> given_up;
  std::atomic<std::uint64_t> most_rounds;
  std::uint64_t unused[3];
};

struct Buckets::Record {
  std::atomic<std::uint64_t> tag;  // the key; 0: nobody's
  std::atomic<std::uint64_t> tat;
};

namespace {

constexpr std::uint64_t units_per_ns = 16;
constexpr std::uint64_t longest = std::uint64_t{1}
                                  << 62;  // nine years: sums of two do not overflow
constexpr std::size_t group_size = 8;
constexpr std::size_t head_size = 64;
constexpr std::size_t record_size = 16;
constexpr std::uint64_t most_rounds = 64;
// No bucket of a limit can be deeper in debt than its size and a hold. What is was inherited from a slower limit and ends
// here; the margin is for a process that stood still between the look at the clock and now.
constexpr std::uint64_t margin = 5'000'000'000 * units_per_ns;

ZoneShape shape(std::uint32_t capacity) noexcept {
  return {"buckets", 1, head_size + capacity * record_size};
}

void raise_to(std::atomic<std::uint64_t>& word, std::uint64_t value) noexcept {
  std::uint64_t seen = word.load();
  for (std::uint64_t round = 0; seen < value && round < most_rounds; ++round) {
    if (word.compare_exchange_weak(seen, value)) return;
  }
}

}  // namespace

Rate::Rate(std::uint64_t tokens, std::uint64_t period_ns, std::uint64_t burst,
           std::uint64_t longest_hold_ns) noexcept {
  const std::uint64_t period = std::min(period_ns, longest / units_per_ns) * units_per_ns;
  interval_ = std::max<std::uint64_t>((period + tokens / 2) / tokens, 1);
  size_ = burst > longest / interval_ ? longest : burst * interval_;
  size_ = std::max(size_, interval_);
  longest_hold_ = std::min(longest_hold_ns, longest / units_per_ns) * units_per_ns;
}

Decision Rate::decide(std::uint64_t debt) const noexcept {
  Decision decision;
  const std::uint64_t room = size_ - interval_;
  const std::uint64_t wait = debt > room ? debt - room : 0;
  // Rounded up: who comes back after it finds the token there.
  decision.wait_ns = (wait + units_per_ns - 1) / units_per_ns;
  if (wait > 0) decision.admission = wait > longest_hold_ ? Admission::refuse : Admission::hold;
  const std::uint64_t after = decision.admission == Admission::refuse ? debt : debt + interval_;
  decision.remaining = after < size_ ? (size_ - after) / interval_ : 0;
  decision.full_ns = after / units_per_ns;
  return decision;
}

Result<Buckets> Buckets::create(std::uint32_t capacity) {
  static_assert(sizeof(Head) == head_size && sizeof(Record) == record_size);
  PM_CHECK(std::has_single_bit(capacity) && capacity >= group_size,
           "the table's size is a power of two");
  PM_TRY(Zone zone, Zone::create(shape(capacity)));
  HashKey key;
  fill_secret(&key, sizeof key);
  new (zone.data()) Head{key, 0, 0, 0, {}};
  return Buckets(std::move(zone), capacity);
}

Result<Buckets> Buckets::attach(int fd, std::uint32_t capacity) {
  PM_TRY(Zone zone, Zone::attach(fd, shape(capacity)));
  return Buckets(std::move(zone), capacity);
}

Buckets::Head& Buckets::head() const noexcept {
  return *static_cast<Head*>(const_cast<void*>(zone_.data()));
}

Buckets::Record* Buckets::group_of(std::uint64_t key) const noexcept {
  auto* base = static_cast<char*>(const_cast<void*>(zone_.data())) + head_size;
  return reinterpret_cast<Record*>(base) + (key & (groups_ - 1)) * group_size;
}

std::uint64_t Buckets::key_of(std::uint64_t identity, std::string_view source) const noexcept {
  const HashKey& secret = head().key;
  const std::uint64_t hash = siphash({secret.k0 ^ identity, secret.k1}, source);
  return hash == 0 ? 1 : hash;
}

Buckets::Record* Buckets::find(std::uint64_t key) const noexcept {
  Record* const group = group_of(key);
  Record* found = nullptr;
  for (std::size_t i = 0; i < group_size; ++i) {
    std::uint64_t seen = group[i].tag.load();
    if (seen != key) continue;
    if (found == nullptr) {
      found = &group[i];
      continue;
    }
    raise_to(found->tat, group[i].tat.load());
    group[i].tag.compare_exchange_strong(seen, 0);
  }
  return found;
}

// The key is there when it returns, or somebody else has changed the record meanwhile.
void Buckets::insert(std::uint64_t key, std::uint64_t now) noexcept {
  Record* const group = group_of(key);
  Record* taken = group;
  std::uint64_t least = UINT64_MAX;
  for (Record* at = group; at != group + group_size; ++at) {
    const std::uint64_t tat = at->tat.load();
    if (tat >= least) continue;
    least = tat;
    taken = at;
  }
  std::uint64_t before = taken->tag.load();
  if (taken->tag.compare_exchange_strong(before, key) && before != 0 && least > now)
    head().evictions.fetch_add(1, std::memory_order_relaxed);
}

void Buckets::note_rounds(std::uint64_t rounds) noexcept {
  if (rounds > head().most_rounds.load(std::memory_order_relaxed))
    raise_to(head().most_rounds, rounds);
}

Decision Buckets::take(std::uint64_t key, const Rate& rate, std::uint64_t now_ns) noexcept {
  const std::uint64_t now = now_ns * units_per_ns;
  const std::uint64_t deepest = rate.size_ + rate.longest_hold_ + margin;
  for (std::uint64_t round = 1; round <= most_rounds; ++round) {
    Record* const record = find(key);
    if (record == nullptr) {
      insert(key, now);
      continue;
    }
    std::uint64_t tat = record->tat.load();
    if (record->tag.load() != key) continue;
    const std::uint64_t debt = tat > now ? tat - now : 0;
    if (debt > deepest) {
      record->tat.compare_exchange_strong(tat, now + rate.size_);
      continue;
    }
    const Decision decision = rate.decide(debt);
    const bool is_settled = decision.admission == Admission::refuse ||
                            record->tat.compare_exchange_strong(tat, now + debt + rate.interval_);
    if (!is_settled) continue;
    note_rounds(round);
    return decision;
  }
  head().given_up.fetch_add(1, std::memory_order_relaxed);
  return {Admission::refuse, rate.interval_ / units_per_ns, 0, rate.size_ / units_per_ns};
}

Buckets::Figures Buckets::figures() const noexcept {
  Figures figures{head().evictions.load(), head().given_up.load(), head().most_rounds.load(), 0};
  for (std::uint64_t number = 0; number < groups_; ++number) {
    const Record* const group = group_of(number);
    for (std::size_t i = 1; i < group_size; ++i) {
      const std::uint64_t tag = group[i].tag.load();
      const bool is_twin = tag != 0 && std::any_of(group, group + i, [tag](const Record& other) {
                             return other.tag.load() == tag;
                           });
      if (is_twin) ++figures.twins;
    }
  }
  return figures;
}

}  // namespace pm::shm
