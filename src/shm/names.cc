// SPDX-License-Identifier: MIT
#include "shm/names.h"

#include "core/random.h"
#include "core/text.h"
#include "shm/twofold.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

// The zone, from its beginning:
//
//   ┌──────┬──────────────────────────────┬───────────────────────────────────┐
//   │ Head │ slots: 2 x capacity words    │ records: capacity x Twofold<Fact> │
//   └──────┴──────────────────────────────┴───────────────────────────────────┘
//
// A slot is free (0), a grave, or {16 bits of the hash, record number + 1}. A name's slot lies at its home (the low bits
// of its hash) or at one of the `most_probes` behind it. To insert: the record is stored, then the slot; to remove: the
// slot alone. So at every moment each slot names a whole record, and a record without a slot is free, whoever was
// killed. A reader compares the name in the copy it took, so a record that changed hands meanwhile is not mistaken.

namespace pm::shm {
namespace {

constexpr std::uint32_t layout_version = 1;
constexpr std::uint32_t most_records = 32768;
constexpr std::size_t longest_name = 253;
constexpr std::uint32_t most_probes = 64;
constexpr std::uint32_t free_slot = 0;
constexpr std::uint32_t grave = 0xffff;  // no record number + 1 reaches it

struct Head {
  HashKey key;
  std::uint32_t capacity;
  std::uint32_t slots;
  std::uint32_t generation;  // the last one given out, to whatever name; only the writer looks
  std::uint32_t unused[9];
};
static_assert(sizeof(Head) == 64);

// What is said of one name. Plain bytes, copied as words.
struct Fact {
  std::uint32_t generation = 0;
  NameState state = NameState::unknown;
  std::uint8_t count = 0;
  std::uint8_t name_size = 0;
  std::uint8_t unused = 0;
  char name[256] = {};
  std::uint8_t addresses[most_addresses][16] = {};

  std::string_view text() const noexcept {
    return {name, std::min<std::size_t>(name_size, longest_name)};
  }
  bool says_the_same(const Fact& other) const noexcept {
    return state == other.state && count == other.count && text() == other.text() &&
           std::memcmp(addresses, other.addresses, sizeof addresses) == 0;
  }
};

using Slot = std::atomic<std::uint32_t>;
using Record = Twofold<Fact>;

std::uint32_t slots_for(std::uint32_t capacity) noexcept {
  return std::bit_ceil(capacity * 2);
}

std::size_t zone_size(std::uint32_t capacity) noexcept {
  return sizeof(Head) + slots_for(capacity) * sizeof(Slot) + capacity * sizeof(Record);
}

ZoneShape shape(std::uint32_t capacity) noexcept {
  return {"names", layout_version, zone_size(capacity)};
}

constexpr std::uint32_t tag_of(std::uint64_t hash) noexcept {
  return static_cast<std::uint32_t>(hash >> 48) << 16;
}
constexpr std::uint32_t record_of(std::uint32_t slot) noexcept {
  return (slot & 0xffff) - 1;
}
constexpr bool is_taken(std::uint32_t slot) noexcept {
  return slot != free_slot && slot != grave;
}

// Lower case, in a buffer; empty when it can be no host name.
class LowerName {
 public:
  explicit LowerName(std::string_view name) noexcept {
    if (name.size() > longest_name) return;
    std::transform(name.begin(), name.end(), bytes_, text::lower);
    size_ = name.size();
  }
  std::string_view view() const noexcept { return {bytes_, size_}; }

 private:
  std::size_t size_ = 0;
  char bytes_[longest_name];
};

Fact make_fact(std::string_view name, std::span<const Address> addresses, NameState state) {
  Fact fact;
  fact.state = state;
  fact.name_size = static_cast<std::uint8_t>(name.size());
  std::copy(name.begin(), name.end(), fact.name);
  for (const Address& address : addresses.first(std::min(addresses.size(), most_addresses))) {
    std::memcpy(fact.addresses[fact.count++], address.bytes().data(), 16);
  }
  return fact;
}

}  // namespace

struct Names::Layout {
  Head* head;
  Slot* slots;
  Record* records;

  Slot& at(std::uint32_t position) const noexcept { return slots[position & (head->slots - 1)]; }
};

// Where a name is, or where it could go.
struct Names::Place {
  std::uint64_t hash = 0;
  std::uint32_t home = 0;
  Slot* slot = nullptr;  // the one that names its record; null when the name is not there
  Record* record = nullptr;
  Slot* vacant = nullptr;  // the first slot within reach that can be taken; null when there is none
  std::uint32_t probe = 0;  // where `slot` is, counted from home
  Fact fact;                // when found
};

Names::Layout Names::layout() const noexcept {
  // Readers have the zone mapped read-only: only publish() and forget() write through this.
  auto* base = static_cast<char*>(const_cast<void*>(zone_.data()));
  auto* head = reinterpret_cast<Head*>(base);
  auto* slots = reinterpret_cast<Slot*>(base + sizeof(Head));
  auto* records = reinterpret_cast<Record*>(base + sizeof(Head) + head->slots * sizeof(Slot));
  return {head, slots, records};
}

Result<Names> Names::create(std::uint32_t capacity) {
  PM_CHECK(capacity > 0 && capacity <= most_records, "a record number fits into a slot");
  PM_TRY(Zone zone, Zone::create(shape(capacity)));
  HashKey key;
  fill_secret(&key, sizeof key);
  new (zone.data()) Head{key, capacity, slots_for(capacity), 0, {}};
  return Names(std::move(zone));
}

Result<Names> Names::attach(int fd, std::uint32_t capacity) {
  PM_TRY(Zone zone, Zone::attach(fd, shape(capacity)));
  const auto* head = static_cast<const Head*>(zone.data());
  if (head->capacity != capacity || head->slots != slots_for(capacity)) {
    return Error{Errc::conflict, "zone names", "the table has another capacity"};
  }
  return Names(std::move(zone));
}

Names::Place Names::find(std::string_view lower_name) const noexcept {
  const Layout zone = layout();
  Place place;
  place.hash = siphash(zone.head->key, lower_name);
  place.home = static_cast<std::uint32_t>(place.hash);
  for (std::uint32_t probe = 0; probe < most_probes; ++probe) {
    Slot& slot = zone.at(place.home + probe);
    const std::uint32_t value = slot.load(std::memory_order_acquire);
    if (!is_taken(value) && place.vacant == nullptr) place.vacant = &slot;
    if (value == free_slot) break;
    const bool candidate = is_taken(value) && (value & 0xffff0000) == tag_of(place.hash) &&
                           record_of(value) < zone.head->capacity;
    if (!candidate || !zone.records[record_of(value)].load(place.fact)) continue;
    if (place.fact.text() != lower_name) continue;
    place.slot = &slot;
    place.record = &zone.records[record_of(value)];
    place.probe = probe;
    break;
  }
  return place;
}

NameAnswer Names::lookup(std::string_view name) const noexcept {
  NameAnswer answer;
  const LowerName lower(name);
  if (lower.view().empty()) return answer;
  const Place place = find(lower.view());
  if (place.slot == nullptr) return answer;
  answer.state = place.fact.state <= NameState::timed_out ? place.fact.state : NameState::unknown;
  answer.generation = place.fact.generation;
  answer.count = std::min<std::size_t>(place.fact.count, most_addresses);
  for (std::size_t i = 0; i < answer.count; ++i) {
    answer.list[i] = Address::v6(place.fact.addresses[i]);
  }
  return answer;
}

// Claims the zone at the first call of this process and collects the records that no slot names.
bool Names::may_write() {
  if (epoch_ != 0) return zone_.is_held_by(epoch_);
  epoch_ = zone_.claim();
  const Layout zone = layout();
  std::vector<bool> taken(zone.head->capacity, false);
  for (std::uint32_t i = 0; i < zone.head->slots; ++i) {
    const std::uint32_t value = zone.slots[i].load(std::memory_order_relaxed);
    if (is_taken(value) && record_of(value) < taken.size()) taken[record_of(value)] = true;
  }
  for (std::uint32_t i = zone.head->capacity; i-- > 0;) {
    if (!taken[i]) free_.push_back(i);
  }
  return true;
}

bool Names::publish(std::string_view name, std::span<const Address> addresses, NameState state) {
  const LowerName lower(name);
  if (lower.view().empty() || !may_write()) return false;
  Fact fact = make_fact(lower.view(), addresses, state);
  const Place place = find(lower.view());
  if (place.slot != nullptr && place.fact.says_the_same(fact)) return true;
  // One count for all names: one that was forgotten and comes back is news too.
  fact.generation = ++layout().head->generation;
  if (place.slot != nullptr) {
    place.record->store(fact);
    return true;
  }
  if (place.vacant == nullptr || free_.empty()) return false;
  const std::uint32_t record = free_.back();
  free_.pop_back();
  layout().records[record].store(fact);
  place.vacant->store(tag_of(place.hash) | (record + 1), std::memory_order_release);
  return true;
}

void Names::forget(std::string_view name) noexcept {
  const LowerName lower(name);
  if (lower.view().empty() || !may_write()) return;
  const Place place = find(lower.view());
  if (place.slot == nullptr) return;
  const Layout zone = layout();
  free_.push_back(record_of(place.slot->load(std::memory_order_relaxed)));
  place.slot->store(grave, std::memory_order_release);
  // A grave before a free slot leads nowhere: it can be free itself, and so can those before it.
  std::uint32_t position = place.home + place.probe;
  if (zone.at(position + 1).load(std::memory_order_relaxed) != free_slot) return;
  while (zone.at(position).load(std::memory_order_relaxed) == grave) {
    zone.at(position--).store(free_slot, std::memory_order_release);
  }
}

std::vector<std::string> Names::list() const {
  const Layout zone = layout();
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < zone.head->slots; ++i) {
    const std::uint32_t value = zone.slots[i].load(std::memory_order_acquire);
    Fact fact;
    const bool there = is_taken(value) && record_of(value) < zone.head->capacity;
    if (there && zone.records[record_of(value)].load(fact)) names.emplace_back(fact.text());
  }
  return names;
}

}  // namespace pm::shm
