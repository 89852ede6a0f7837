// SPDX-License-Identifier: MIT
// plan.h -- the head of a Bundle: all that the master reads of a configuration, in fixed structs and bounded strings.
//
//   shape   Plan, then `address_count` PlanAddress, then bytes that only workers, agent and the log need (the encoded
//           Config, the findings). Numbers in the machine's order: a Bundle never leaves the box
//   in      written by the loader, which may have been taken over by what it read: nothing here is trusted before
//           is_sound() has looked at every length, count and offset
//   cost    the master touches the pages of the head only
//   source  decisions 22 and 23
#pragma once

#include "core/ip.h"
#include "core/log.h"
#include "os/sandbox.h"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace pm::runtime {

// Text in a struct. What is longer is refused by the loader, not cut.
template <std::size_t N>
struct BoundedText {
  static constexpr std::size_t capacity = N;
  std::uint16_t size = 0;
  char data[N] = {};

  std::string_view view() const noexcept { return {data, size}; }
  bool set(std::string_view text) noexcept {
    if (text.size() > N) return false;
    size = static_cast<std::uint16_t>(text.copy(data, text.size()));
    return true;
  }
  // No zero inside either: as a path it would name something else than it shows.
  bool is_sound() const noexcept {
    return size <= N && view().find('\0') == std::string_view::npos;
  }
};

using PathText = BoundedText<1024>;

struct PlanAddress {
  std::uint32_t entry_point = 0;  // index into Static::entry_points
  std::uint32_t scope = 0;
  std::array<std::uint8_t, 16> address{};
  std::uint16_t port = 0;
  std::uint8_t any_family = 0;  // an empty host: both families, or IPv4 where there is no IPv6
  BoundedText<128> name;        // "web"
  BoundedText<256> text;        // ":80", as written
  BoundedText<1200> place;      // "traefik.yml:9:14", "" when the address stands nowhere
};

enum class PlanAffinity : std::uint8_t { none, automatic, masks };
enum class Choice : std::uint8_t { unset, no, yes };

struct PlanLog {
  PathText path;  // absolute; "": standard output, or the compiled-in file of a daemon
  std::uint8_t level = 0;
  std::uint8_t has_level = 0;
  std::uint8_t json = 0;
  std::uint8_t no_color = 0;
};

struct PlanSummary {
  std::uint32_t routers = 0;
  std::uint32_t services = 0;
  std::uint32_t servers = 0;
  std::uint32_t warnings = 0;
  std::uint32_t errors = 0;
};

struct PlanChanges {
  std::uint32_t added = 0;
  std::uint32_t changed = 0;
  std::uint32_t removed = 0;
};

// What a load found, beside the configuration that is in force.
struct PlanComparison {
  std::uint8_t static_differs = 0;  // read again, or left out: see LoadOrder
  std::uint8_t dynamic_differs = 0;
  PlanChanges routers;
  PlanChanges services;
  PlanChanges middlewares;
};

struct Plan {
  static constexpr std::uint64_t expected_magic = 0x324e414c50206d70;  // "pm PLAN2"
  static constexpr std::uint32_t max_addresses = 1024;
  static constexpr std::uint32_t max_workers = 1024;
  static constexpr std::uint64_t max_size = std::uint64_t{1} << 31;

  std::uint64_t magic = expected_magic;
  std::uint64_t total_size = 0;
  std::uint64_t config_offset = 0;
  std::uint64_t config_size = 0;
  std::uint64_t findings_offset = 0;
  std::uint64_t findings_size = 0;
  std::uint64_t watch_offset = 0;  // paths, each with a zero byte behind it
  std::uint64_t watch_size = 0;
  std::uint64_t documents_offset = 0;  // the loader's: what the next one falls back on
  std::uint64_t documents_size = 0;
  std::uint32_t address_count = 0;

  std::uint8_t refused = 0;           // the findings are all that there is
  std::uint8_t is_being_written = 0;  // a file is empty and was not long ago: load again soon
  PlanComparison comparison;

  std::uint32_t workers = 1;
  std::uint32_t worker_connections = 0;
  std::uint64_t open_files = 0;  // 0: as many as the hard limit allows
  std::int32_t worker_priority = 0;
  std::uint32_t mask_count = 0;
  std::array<std::uint64_t, 64> masks{};
  PlanAffinity affinity = PlanAffinity::none;

  Choice daemon = Choice::unset;
  Choice term_is_graceful = Choice::unset;
  os::SandboxMode sandbox = os::SandboxMode::enforce;
  std::uint8_t orphans_serve = 0;
  std::uint8_t user_given = 0;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  BoundedText<64> user;
  std::int64_t accept_grace_ms = 0;  // the longest of all entry points
  std::int64_t grace_ms = 0;
  std::int64_t shutdown_ms = 0;  // of workers that were replaced
  std::int64_t throttle_ms = 0;  // between two loads that watching starts

  PathText config_path;  // absolute; of the static file or directory
  PathText
      run_path;  // absolute; a folder below which the socket of the agent may get one of its own
  std::uint8_t has_agent_site = 0;
  std::uint8_t has_metrics = 0;
  std::uint8_t has_memory_limit = 0;
  PathText pid_path;  // absolute; "" when none is asked for
  PlanLog log;
  PathText spill_path;       // a folder; "": the compiled-in one
  PathText access_log_path;  // absolute; "": standard output
  std::uint8_t access_log = 0;
  PlanSummary summary;

  std::span<const PlanAddress> addresses() const noexcept {
    return {reinterpret_cast<const PlanAddress*>(this + 1), address_count};
  }
  Level log_level(Level otherwise) const noexcept {
    return log.has_level != 0 ? static_cast<Level>(log.level) : otherwise;
  }
};

static_assert(std::is_trivially_copyable_v<Plan> && std::is_trivially_copyable_v<PlanAddress>);

// The Plan that `bundle` begins with; null unless all of it is within its bounds.
const Plan* sound_plan(std::string_view bundle) noexcept;

}  // namespace pm::runtime
