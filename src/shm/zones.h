// SPDX-License-Identifier: MIT
// zones.h -- all of the daemon's shared memory under one owner: made by the master, inherited by everybody.
//
//   in      how large each table is to be; for the next program of an upgrade the descriptors that fds() gave away
//   out     the zones; what had to be made afresh although it was handed over, in words for the log
//   own     mappings and descriptors
//   cost    address space; a page becomes real when it is first touched
//   errors  create(), attach(): the kernel gives no memory. A zone that does not fit is no error: it starts empty
//   source  decision 54; architecture.md section 4
//
// To add a zone: a member, a line in attach(), a line in all(), and in give_back() what a dead process leaves in it. Its class has
// create() and attach(fd) with the same sizes behind them, and zone().
#pragma once

#include "shm/buckets.h"
#include "shm/counts.h"
#include "shm/cursors.h"
#include "shm/health.h"
#include "shm/names.h"
#include "shm/slabs.h"
#include "shm/slots.h"
#include "shm/ticket_keys.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pm::shm {

struct ZoneSizes {
  unsigned workers = 1;
  std::uint32_t names = 4096;
  std::uint32_t health = 32768;
  std::uint32_t buckets = Buckets::default_capacity;
  std::uint32_t counts = Counts::default_capacity;
  std::uint32_t cursors = Cursors::default_capacity;
  std::uint32_t slab = Slabs::default_size;
};

struct ZoneFd {
  std::string name;
  int fd = -1;
};

class Zones {
 public:
  struct Attached;
  static Result<Zones> create(const ZoneSizes& sizes);
  // Every descriptor becomes ours; those that are of no use are closed.
  static Result<Attached> attach(std::span<const ZoneFd> inherited, const ZoneSizes& sizes);

  Names& names() noexcept { return names_; }
  Health& health() noexcept { return health_; }
  TicketKeys* ticket_keys() noexcept { return ticket_keys_ ? &*ticket_keys_ : nullptr; }
  Slots& slots() noexcept { return slots_; }
  Buckets& buckets() noexcept { return buckets_; }
  Counts& counts() noexcept { return counts_; }
  Cursors& cursors() noexcept { return cursors_; }
  Slabs& slabs() noexcept { return slabs_; }

  std::vector<ZoneFd> fds();                              // they stay ours
  void drop_secrets() noexcept { ticket_keys_.reset(); }  // in a process that serves nobody
  void make_read_only() noexcept;                         // what a worker only reads

  // In the master: the process `last` that held this slot is gone, and what it must give back is given back. False: the slot is
  // somebody else's.
  bool release_slot(unsigned slot, pid_t last, const Process& self) noexcept;
  // The same for every slot whose process is gone, whoever its master was: after a master was killed. How many.
  unsigned release_dead_slots(const Slots::StartTime& start_time, const Process& self) noexcept;

 private:
  class Inherited;
  Zones(Names names, Health health, TicketKeys keys, Slots slots, Buckets buckets, Counts counts,
        Cursors cursors, Slabs slabs)
      : names_(std::move(names)),
        health_(std::move(health)),
        ticket_keys_(std::move(keys)),
        slots_(std::move(slots)),
        buckets_(std::move(buckets)),
        counts_(std::move(counts)),
        cursors_(std::move(cursors)),
        slabs_(std::move(slabs)) {}
  std::vector<Zone*> all();
  void give_back(unsigned slot) noexcept;
  bool release(unsigned slot, const Holder& dead, const Process& self) noexcept;

  Names names_;
  Health health_;
  std::optional<TicketKeys> ticket_keys_;
  Slots slots_;
  Buckets buckets_;
  Counts counts_;
  Cursors cursors_;
  Slabs slabs_;
};

struct Zones::Attached {
  Zones zones;
  std::vector<std::string> notices;  // "zone buckets has another layout; it starts empty"
};

}  // namespace pm::shm
