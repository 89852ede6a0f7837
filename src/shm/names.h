// SPDX-License-Identifier: MIT
// names.h -- the addresses of upstream host names: written by the agent, read by every worker.
//
//   in      names of 1 to 253 bytes, in any case; up to 16 addresses each, in the order in which they are to be tried
//   out     a copy of what is known of a name. `generation` changes when state or addresses do
//   shape   a hash index of one word a slot, then records used from the front, so that a few names touch a few pages
//   own     values; a Names owns its zone
//   cost    lookup: one keyed hash, one or two probes, a copy of about 550 bytes; no lock, no system call, no allocation
//   errors  publish() refuses a bad name, a full table, and to write when another process has claimed the zone
//   source  decisions 52 to 54 and 63
#pragma once

#include "core/hash.h"
#include "core/ip.h"
#include "shm/zone.h"

#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace pm::shm {

enum class NameState : std::uint8_t {
  unknown,    // nobody has asked yet, or the answer is on its way: wait within the connect time-out
  known,      // addresses are there; they may be the last good ones
  failed,     // the name does not exist, has no address, or the servers refuse: 502
  timed_out,  // no name server answered: 504
};

constexpr std::size_t most_addresses = 16;

struct NameAnswer {
  NameState state = NameState::unknown;
  std::uint32_t generation = 0;
  std::span<const Address> addresses() const& noexcept { return {list.data(), count}; }
  std::span<const Address> addresses() const&& = delete;  // the list would be gone

  std::size_t count = 0;
  std::array<Address, most_addresses> list;
};

class Names {
 public:
  static Result<Names> create(std::uint32_t capacity = 4096);
  static Result<Names> attach(int fd, std::uint32_t capacity = 4096);

  NameAnswer lookup(std::string_view name) const noexcept;

  // The agent only. The first call in a process claims the zone and finds out what is free. More than 16 addresses are
  // cut; what says nothing new is not written.
  bool publish(std::string_view name, std::span<const Address> addresses, NameState state);
  void forget(std::string_view name) noexcept;
  std::vector<std::string> list() const;  // every name that is there

  Zone& zone() noexcept { return zone_; }

 private:
  struct Layout;
  struct Place;
  explicit Names(Zone zone) noexcept : zone_(std::move(zone)) {}
  Layout layout() const noexcept;
  Place find(std::string_view lower_name) const noexcept;
  bool may_write();

  Zone zone_;
  std::uint64_t epoch_ = 0;          // of our claim; 0: this process has not written yet
  std::vector<std::uint32_t> free_;  // records that no slot names; the last one is taken first
};

}  // namespace pm::shm
