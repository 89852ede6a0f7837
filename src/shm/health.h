// SPDX-License-Identifier: MIT
// health.h -- which servers are well: written by the agent, read by every worker.
//
//   in      a key made of a service and the URL of one of its servers
//   out     what the last check said; nothing said yet counts as up
//   shape   a hash table of {key, state}, two words a record, and one word that moves with every change, so that a reader
//           who has looked once knows with one load whether he must look again
//   own     values; a Health owns its zone
//   cost    version(): a load. state(): a probe or two. No lock, no system call, no allocation
//   errors  set() refuses a full table, and to write when another process has claimed the zone; who has no record is up
//   source  decisions 5, 30 and 54
#pragma once

#include "core/hash.h"
#include "shm/zone.h"

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

namespace pm::shm {

enum class ServerState : std::uint8_t { unknown, up, down };

class Health {
 public:
  static Result<Health> create(std::uint32_t capacity = 32768);
  static Result<Health> attach(int fd, std::uint32_t capacity = 32768);

  std::uint64_t key(std::string_view service, std::string_view url) const noexcept;
  // A state that was read after this is at least as new as it.
  std::uint64_t version() const noexcept;
  ServerState state(std::uint64_t key) const noexcept;

  // The agent only. The first call in a process claims the zone.
  bool is_writer() noexcept;  // false: another agent has claimed it since
  bool set(std::uint64_t key, ServerState state) noexcept;
  void keep_only(
      std::span<const std::uint64_t> sorted_keys) noexcept;  // nothing is known of others

  Zone& zone() noexcept { return zone_; }

 private:
  struct Head;
  struct Record;
  explicit Health(Zone zone) noexcept : zone_(std::move(zone)) {}
  Head& head() const noexcept;
  std::span<Record> records() const noexcept;
  Record* find(std::uint64_t key) const noexcept;
  void note_change() noexcept;

  Zone zone_;
  std::uint64_t epoch_ = 0;  // of our claim; 0: this process has not written yet
};

}  // namespace pm::shm
