// SPDX-License-Identifier: MIT
#include "shm/zones.h"

#include <algorithm>

#include <unistd.h>

namespace pm::shm {

// What the program before has handed over, taken one by one; closes what nobody takes.
class Zones::Inherited {
 public:
  explicit Inherited(std::span<const ZoneFd> fds)
      : left_(fds.begin(), fds.end()), is_upgrade_(!fds.empty()) {}
  Inherited(const Inherited&) = delete;
  Inherited& operator=(const Inherited&) = delete;
  ~Inherited() {
    for (const ZoneFd& one : left_)
      ::close(one.fd);
  }

  template <class T, class... Sizes>
  Result<T> take(std::string_view name, Sizes... sizes) {
    const auto found = std::find_if(left_.begin(), left_.end(),
                                    [name](const ZoneFd& one) { return one.name == name; });
    if (found == left_.end()) {
      if (is_upgrade_ && name != dropped_)
        notices_.push_back("zone " + std::string(name) + " was not handed over; it starts empty");
      return T::create(sizes...);
    }
    auto attached = T::attach(found->fd, sizes...);
    if (!attached) {
      notices_.push_back("zone " + std::string(name) + " has another layout or size (" +
                         attached.error().what + "); it starts empty");
      return T::create(sizes...);
    }
    left_.erase(found);
    return attached;
  }

  // What is filed under the numbers of a zone that is not there any more says nothing.
  void drop(std::string_view name, std::string_view because_of) {
    const auto found = std::find_if(left_.begin(), left_.end(),
                                    [name](const ZoneFd& one) { return one.name == name; });
    if (found == left_.end()) return;
    notices_.push_back("zone " + std::string(name) + " is of no use without zone " +
                       std::string(because_of) + "; it starts empty");
    ::close(found->fd);
    left_.erase(found);
    dropped_ = name;
  }

  bool has(std::string_view name) const {
    return std::any_of(left_.begin(), left_.end(),
                       [name](const ZoneFd& one) { return one.name == name; });
  }
  std::vector<std::string> notices() { return std::move(notices_); }

 private:
  std::vector<ZoneFd> left_;
  std::vector<std::string> notices_;
  std::string_view dropped_;  // said already
  bool is_upgrade_;
};

Result<Zones> Zones::create(const ZoneSizes& sizes) {
  PM_TRY(Attached made, attach({}, sizes));
  return std::move(made.zones);
}

Result<Zones::Attached> Zones::attach(std::span<const ZoneFd> inherited, const ZoneSizes& sizes) {
  const unsigned capacity = Slots::capacity_for(sizes.workers);
  Inherited from(inherited);
  PM_TRY(Names names, from.take<Names>("names", sizes.names));
  PM_TRY(Health health, from.take<Health>("health", sizes.health));
  PM_TRY(TicketKeys keys, from.take<TicketKeys>("ticket-keys"));
  const bool had_slots = from.has("slots");
  PM_TRY(Slots slots, from.take<Slots>("slots", capacity));
  // Still there: it was not taken, and every slot is free now.
  if (!had_slots || from.has("slots")) from.drop("counts", "slots");
  PM_TRY(Buckets buckets, from.take<Buckets>("buckets", sizes.buckets));
  PM_TRY(Counts counts, from.take<Counts>("counts", capacity, sizes.counts));
  PM_TRY(Cursors cursors, from.take<Cursors>("cursors", sizes.cursors));
  PM_TRY(Slabs slabs, from.take<Slabs>("metrics", capacity, sizes.slab));
  return Attached{
      Zones(std::move(names), std::move(health), std::move(keys), std::move(slots),
            std::move(buckets), std::move(counts), std::move(cursors), std::move(slabs)),
      from.notices()};
}

std::vector<Zone*> Zones::all() {
  std::vector<Zone*> zones{&names_.zone(),  &health_.zone(),  &slots_.zone(), &buckets_.zone(),
                           &counts_.zone(), &cursors_.zone(), &slabs_.zone()};
  if (ticket_keys_) zones.push_back(&ticket_keys_->zone());
  return zones;
}

std::vector<ZoneFd> Zones::fds() {
  std::vector<ZoneFd> fds;
  for (const Zone* zone : all())
    fds.push_back({std::string(zone->name()), zone->fd()});
  return fds;
}

void Zones::make_read_only() noexcept {
  names_.zone().make_read_only();
  health_.zone().make_read_only();
  slots_.zone().make_read_only();
  if (ticket_keys_) ticket_keys_->zone().make_read_only();
}

void Zones::give_back(unsigned slot) noexcept {
  counts_.clear(slot);
  slabs_.clear_gauges(slot);
}

bool Zones::release(unsigned slot, const Holder& dead, const Process& self) noexcept {
  if (!slots_.take_back(slot, dead, self)) return false;
  give_back(slot);
  return slots_.free(slot, self);
}

bool Zones::release_slot(unsigned slot, pid_t last, const Process& self) noexcept {
  const Holder holder = slots_.holder(slot);
  // It died before the slot was passed to it.
  const bool is_ours = holder.pid == last || holder.is(self);
  return holder.pid != 0 && is_ours && release(slot, holder, self);
}

unsigned Zones::release_dead_slots(const Slots::StartTime& start_time,
                                   const Process& self) noexcept {
  unsigned released = 0;
  slots_.for_each_dead(start_time, [&](unsigned slot, const Holder& dead) {
    if (release(slot, dead, self)) ++released;
  });
  return released;
}

}  // namespace pm::shm
