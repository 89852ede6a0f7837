// SPDX-License-Identifier: MIT
#include "agent/name_book.h"

#include <algorithm>

namespace pm::agent {

// A year is for ever, and can be added to any time.
void NameBook::set_stale_for(std::chrono::seconds time) noexcept {
  limits_.stale_for = std::min<std::chrono::seconds>(time, std::chrono::hours(24 * 365));
}

void NameBook::schedule(Entries::iterator entry, Time due) {
  agenda_.erase({entry->second.due, entry->first});
  entry->second.due = due;
  agenda_.insert({due, entry->first});
}

void NameBook::use(const std::vector<std::string>& names, Time now) {
  const std::set<std::string> wanted(names.begin(), names.end());
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    const bool was_in_use = std::exchange(entry->second.in_use, wanted.count(entry->first) != 0);
    if (entry->second.is_asked || was_in_use == entry->second.in_use) continue;
    schedule(entry, entry->second.in_use ? now : now + limits_.retired_for);
  }
  for (const std::string& name : wanted) {
    const auto [entry, is_new] = entries_.try_emplace(name);
    if (is_new) schedule(entry, now);
  }
}

void NameBook::remember(const std::string& name, std::vector<Address> addresses, Time now) {
  const auto [entry, is_new] = entries_.try_emplace(name);
  if (!is_new) return;
  entry->second.good = std::move(addresses);
  entry->second.fresh_until = now;
  entry->second.in_use = false;
  schedule(entry, now + limits_.retired_for);
}

std::optional<NameBook::Task> NameBook::take(Time now) {
  if (agenda_.empty() || agenda_.begin()->first > now) return std::nullopt;
  const auto entry = entries_.find(agenda_.begin()->second);
  agenda_.erase(agenda_.begin());
  if (entry->second.in_use) {
    entry->second.is_asked = true;
    return Task{Task::Kind::ask, entry->first};
  }
  Task task{Task::Kind::forget, entry->first};
  entries_.erase(entry);
  return task;
}

std::optional<NameBook::Time> NameBook::next_time() const noexcept {
  if (agenda_.empty()) return std::nullopt;
  return agenda_.begin()->first;
}

std::optional<Known> NameBook::answer(const std::string& name, Answer answer, Time now) {
  const auto at = entries_.find(name);
  if (at == entries_.end() || !at->second.is_asked) return std::nullopt;
  Entry& entry = at->second;
  entry.is_asked = false;
  if (!entry.in_use) {
    schedule(at, now + limits_.retired_for);
    return std::nullopt;
  }
  if (answer.outcome == LookupOutcome::found) {
    const auto ttl = std::clamp(answer.ttl, limits_.shortest_ttl, limits_.longest_ttl);
    entry.good = std::move(answer.addresses);
    entry.fresh_until = now + ttl;
    entry.retry = std::chrono::seconds(0);
    schedule(at, entry.fresh_until);
    return Known{shm::NameState::known, entry.good};
  }
  entry.retry = std::clamp(entry.retry * 2, limits_.first_retry, limits_.longest_retry);
  schedule(at, now + entry.retry);
  if (now > entry.fresh_until + limits_.stale_for) entry.good.clear();
  if (!entry.good.empty()) return Known{shm::NameState::known, entry.good};
  const bool timed_out = answer.outcome == LookupOutcome::timed_out;
  return Known{timed_out ? shm::NameState::timed_out : shm::NameState::failed, {}};
}

}  // namespace pm::agent
