// SPDX-License-Identifier: MIT
// ticket_keys.h -- the secrets that TLS session tickets are sealed with: made by the master, read by every worker.
//
//   shape   the newest first; the two before it still open what they sealed
//   own     values; a TicketKeys owns its zone, whose memory lies in no core dump and is not swapped out
//   cost    load(): a copy of about 200 bytes; no lock, no system call
//   source  security.md section 6: new every 12 h, shared by all workers, kept in inherited memory, never on disk
#pragma once

#include "core/result.h"
#include "shm/zone.h"

#include <array>
#include <cstdint>

namespace pm::shm {

struct TicketSecret {
  std::array<std::uint8_t, 16> name;  // in the clear on each ticket
  std::array<std::uint8_t, 32> secret;
};

struct TicketRing {
  std::uint64_t count = 0;
  std::uint64_t generation = 0;  // of the newest
  std::array<TicketSecret, 3> secrets{};
};

class TicketKeys {
 public:
  static constexpr std::uint64_t rotation_seconds = 12 * 3600;

  static Result<TicketKeys> create();        // with a first secret
  static Result<TicketKeys> attach(int fd);  // of the program before
  void rotate() noexcept;                    // the master only
  bool load(TicketRing& ring) const noexcept;
  Zone& zone() noexcept { return zone_; }

 private:
  explicit TicketKeys(Zone zone) noexcept : zone_(std::move(zone)) {}
  void keep_in_memory() noexcept;
  Zone zone_;
};

}  // namespace pm::shm
