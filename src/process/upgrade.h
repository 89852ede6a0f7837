// SPDX-License-Identifier: MIT
// upgrade.h -- the state of a binary upgrade in the outgoing master.
//
//   starting ── new master ready ──► proving (unattended: its workers answer for 5 s) ──► retiring ── last worker gone ──► exit
//      │                         └─► both (by hand: WINCH, QUIT, or HUP and back) ───────────────────────┘
//      └── any end of the new program before retiring, or while there is still something to come back to: rolled back
//
//   own     the channel to the new master
//   source  operations.md section 7
#pragma once

#include "process/channel.h"

#include <chrono>
#include <cstdint>
#include <string>

#include <sys/types.h>

namespace pm::process {

// What SIGUSR2 brings along (sigqueue); kill(1) brings 0.
enum class UpgradeWish : int { by_hand = 0, unattended = 1, rollback = 2 };

struct Upgrade {
  using Clock = std::chrono::steady_clock;
  enum class Step : std::uint8_t { starting, proving, both, retiring };

  pid_t pid = 0;
  Channel channel;
  bool is_unattended = false;
  Step step = Step::starting;
  Clock::time_point deadline{};      // of this step; both and retiring have none
  Clock::time_point last_healthy{};  // when the new master said so
  bool is_settled = false;           // it has ended on purpose, or will: nothing is rolled back
  std::string reason;                // why the new program gave up, in its words
};

}  // namespace pm::process
