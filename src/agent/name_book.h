// SPDX-License-Identifier: MIT
// name_book.h -- what is known of each host name, and when it is to be asked for again.
//
//   in      the names that the configuration uses, answers, and the time: this file has no clock and no socket
//   out     names to ask for, in the order in which they are due; what to publish after an answer
//   shape   found: again after the time to live, within [5 s, 1 h]. Anything else: after 1 s, doubled up to 30 s, while the
//           last good addresses stay in force for stale_for behind their time to live
//   own     values
//   cost    O(log n) a question
//   source  decisions 52 and 53. A name that no configuration uses any more stays readable for the hour in which old
//           workers may still drain
#pragma once

#include "agent/dns_client.h"
#include "shm/names.h"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pm::agent {

struct NameLimits {
  std::chrono::seconds shortest_ttl{5};
  std::chrono::seconds longest_ttl{3600};
  std::chrono::seconds first_retry{1};
  std::chrono::seconds longest_retry{30};
  std::chrono::seconds stale_for{3600};
  std::chrono::seconds retired_for{3600};
};

struct Known {
  shm::NameState state = shm::NameState::unknown;
  std::vector<Address> addresses;
};

class NameBook {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit NameBook(NameLimits limits = {}) noexcept : limits_(limits) {}

  // How long addresses stay in force for a name that does not resolve; from its next answer on.
  void set_stale_for(std::chrono::seconds time) noexcept;
  // The names in use from now on. New ones are due at once; the others retire.
  void use(const std::vector<std::string>& names, Time now);
  // What an agent before this one has published: kept as last good, in use or not.
  void remember(const std::string& name, std::vector<Address> addresses, Time now);

  struct Task {
    enum class Kind : std::uint8_t { ask, forget };
    Kind kind;
    std::string name;
  };
  // The next thing that is due, or nothing. A name asked for is not due again before its answer() has come.
  std::optional<Task> take(Time now);
  std::optional<Time> next_time() const noexcept;

  // What the world is to know of that name now; nothing when it retired meanwhile.
  std::optional<Known> answer(const std::string& name, Answer answer, Time now);

 private:
  struct Entry {
    Time due{};
    Time fresh_until{};
    std::chrono::seconds retry{0};  // the last back-off; 0 after a good answer
    std::vector<Address> good;
    bool in_use = true;
    bool is_asked = false;
  };
  using Entries = std::map<std::string, Entry>;
  void schedule(Entries::iterator entry, Time due);

  NameLimits limits_;
  Entries entries_;
  std::set<std::pair<Time, std::string>> agenda_;  // every entry that is not being asked for
};

}  // namespace pm::agent
