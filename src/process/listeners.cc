// SPDX-License-Identifier: MIT
#include "process/listeners.h"

#include "core/text.h"
#include "os/inspect.h"
#include "os/socket.h"
#include "process/cli.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pm::process {
namespace {

using runtime::PlanAddress;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto patience = std::chrono::seconds(5);
constexpr auto pause_between_tries = milliseconds(100);

Endpoint endpoint_of(const runtime::PlanAddress& planned) {
  std::uint8_t bytes[16];
  std::copy(planned.address.begin(), planned.address.end(), bytes);
  if (planned.any_family != 0 && !os::has_ipv6()) return {Address::v4(0), planned.port};
  return {Address::v6(bytes, planned.scope), planned.port};
}

// Sockets belong to what is listened on, whatever the entry point is called by now. A port of the kernel's choice is the
// entry point's own.
std::string key_of(const runtime::PlanAddress& planned) {
  return fmt::format("{}{}", endpoint_of(planned).to_string(),
                     planned.port == 0 ? planned.name.view() : std::string_view());
}

// Of a socket that was passed by name: it stays while there is such an entry point, wherever that would listen.
std::string passed_key_of(std::string_view entry_point) {
  return fmt::format("passed {}", entry_point);
}

std::string advice_for(const Error& error, const Endpoint& endpoint) {
  if (error.code == Errc::denied) {
    return "permission denied; start as root or give the binary cap_net_bind_service";
  }
  if (error.code != Errc::conflict) return error.what;
  const auto holder = os::port_holder(endpoint);
  if (!holder) return "address in use; stop what uses it or choose another port";
  return fmt::format("address in use by pid {} ({}); stop it or choose another port", holder->pid,
                     holder->name);
}

// By name; else by what it is bound to.
const PlanAddress* address_for(std::string_view name, const Endpoint& local,
                               std::span<const PlanAddress> addresses) {
  for (const PlanAddress& planned : addresses) {
    if (planned.name.view() == name) return &planned;
  }
  for (const PlanAddress& planned : addresses) {
    if (planned.port != 0 && endpoint_of(planned).to_string() == local.to_string()) return &planned;
  }
  return nullptr;
}

BindFailure failure(const runtime::PlanAddress& planned, const Error& error) {
  const std::string_view place = planned.place.view();
  return {exit_cannot_bind,
          fmt::format("{}{}error: entryPoints.{}.address \"{}\": {}", place,
                      place.empty() ? "" : ": ", planned.name.view(), planned.text.view(),
                      advice_for(error, endpoint_of(planned)))};
}

}  // namespace

std::vector<std::string> Listeners::take(std::vector<PassedSocket> sockets,
                                         std::span<const runtime::PlanAddress> addresses) {
  std::vector<std::string> complaints;
  if (sockets.empty()) return complaints;
  for (PassedSocket& socket : sockets) {
    const auto local = os::local_endpoint(socket.fd.number());
    if (!os::take_listener(socket.fd.number())) {
      complaints.push_back(fmt::format(
          "socket {} of the service manager is closed: it is no TCP socket that listens",
          text::quoted(socket.name)));
      continue;
    }
    const PlanAddress* planned = address_for(socket.name, *local, addresses);
    if (planned == nullptr) {
      complaints.push_back(fmt::format(
          "socket {} ({}) of the service manager is closed: no entry point has that name "
          "or address; set FileDescriptorName= to the name of one",
          text::quoted(socket.name), local->to_string()));
      continue;
    }
    const bool by_name = planned->name.view() == socket.name;
    const std::string key = by_name ? passed_key_of(socket.name) : key_of(*planned);
    const auto found = std::find_if(groups_.begin(), groups_.end(),
                                    [&key](const Group& group) { return group.key == key; });
    Group& group =
        found != groups_.end() ? *found : groups_.emplace_back(Group{key, *local, {}, 0, false});
    group.sockets.push_back(std::move(socket.fd));
  }
  find_shared();
  for (const PlanAddress& planned : addresses) {
    if (find(planned) == nullptr)
      complaints.push_back(
          fmt::format("entry point {} has no socket of the service manager; {} is bound instead",
                      text::quoted(planned.name.view()), planned.text.view()));
  }
  return complaints;
}

std::optional<BindFailure> Listeners::bind(std::span<const runtime::PlanAddress> addresses,
                                           unsigned slots, const Pause& pause) {
  const auto deadline = steady_clock::now() + patience;
  Groups made;
  std::vector<std::pair<Group*, std::vector<os::Fd>>> grown;
  for (const runtime::PlanAddress& planned : addresses) {
    if (Group* group = find(planned)) {
      const bool is_grown = std::any_of(grown.begin(), grown.end(),
                                        [&](const auto& one) { return one.first == group; });
      if (group->is_shared || is_grown) continue;
      // A connection must not be queued where nobody takes it yet.
      if (group->sockets.size() < slots) hold_steady(*group);
      grown.emplace_back(group, std::vector<os::Fd>());
      const Status added = add_sockets(*group, grown.back().second, slots);
      if (!added) return failure(planned, added.error());
      continue;
    }
    Status bound = add_group(made, planned, slots);
    while (pause && !bound && bound.error().code == Errc::conflict &&
           steady_clock::now() < deadline) {
      if (!pause(pause_between_tries)) return BindFailure{exit_failed, ""};
      bound = add_group(made, planned, slots);
    }
    if (!bound) return failure(planned, bound.error());
  }
  for (auto& [group, sockets] : grown) {
    for (os::Fd& socket : sockets)
      group->sockets.push_back(std::move(socket));
  }
  for (Group& group : made)
    groups_.push_back(std::move(group));
  return std::nullopt;
}

void Listeners::hold_steady(Group& group) noexcept {
  const auto count = static_cast<unsigned>(group.sockets.size());
  if (group.steered == 0 && os::steer_connections(group.sockets.front().number(), count))
    group.steered = count;
}

// Two entry points on one port of several addresses are no strangers to each other.
Status Listeners::add_group(Groups& made, const runtime::PlanAddress& planned,
                            unsigned slots) const {
  Group group;
  group.key = key_of(planned);
  group.bound = endpoint_of(planned);
  if (group.bound.port != 0 && !listens_on(group.bound.port)) {
    PM_TRY([[maybe_unused]] auto alone, os::probe_bind(group.bound));
  }
  for (unsigned slot = 0; slot < slots; ++slot) {
    PM_TRY(os::Fd fd, os::listen_tcp(group.bound));
    PM_TRY(const Endpoint local, os::local_endpoint(fd.number()));
    group.bound.port = local.port;
    group.sockets.push_back(std::move(fd));
  }
  made.push_back(std::move(group));
  return success();
}

Status Listeners::add_sockets(const Group& group, std::vector<os::Fd>& made, unsigned slots) const {
  for (std::size_t slot = group.sockets.size(); slot < slots; ++slot) {
    PM_TRY(os::Fd fd, os::listen_tcp(group.bound));
    made.push_back(std::move(fd));
  }
  return success();
}

const Listeners::Group* Listeners::find(const runtime::PlanAddress& planned) const noexcept {
  return const_cast<Listeners*>(this)->find(planned);
}

Listeners::Group* Listeners::find(const runtime::PlanAddress& planned) noexcept {
  for (const std::string& key : {passed_key_of(planned.name.view()), key_of(planned)}) {
    const auto found = std::find_if(groups_.begin(), groups_.end(),
                                    [&key](const Group& group) { return group.key == key; });
    if (found != groups_.end()) return &*found;
  }
  return nullptr;
}

bool Listeners::listens_on(std::uint16_t port) const noexcept {
  return std::any_of(groups_.begin(), groups_.end(),
                     [port](const Group& group) { return group.bound.port == port; });
}

std::vector<runtime::ListeningSocket> Listeners::of_slot(
    std::span<const runtime::PlanAddress> addresses, unsigned slot, unsigned slots) const {
  std::vector<runtime::ListeningSocket> sockets;
  std::vector<const Group*>
      seen;  // several addresses of an entry point may have one group that was passed
  for (const runtime::PlanAddress& planned : addresses) {
    const Group* group = find(planned);
    if (group == nullptr || std::find(seen.begin(), seen.end(), group) != seen.end()) continue;
    seen.push_back(group);
    const std::size_t first = group->is_shared ? 0 : slot;
    const std::size_t step = group->is_shared ? 1 : slots;
    for (std::size_t i = first; i < group->sockets.size(); i += step)
      sockets.push_back({planned.entry_point, group->sockets[i].number()});
  }
  return sockets;
}

std::string Listeners::shown_address(const runtime::PlanAddress& planned) const {
  const Group* group = find(planned);
  if (group != nullptr && group->key == passed_key_of(planned.name.view()))
    return group->bound.to_string();
  if (planned.port != 0 || group == nullptr) return std::string(planned.text.view());
  return planned.any_family != 0 ? fmt::format(":{}", group->bound.port) : group->bound.to_string();
}

void Listeners::settle(std::span<const runtime::PlanAddress> addresses, unsigned slots) {
  std::erase_if(groups_, [&](const Group& group) {
    return std::none_of(addresses.begin(), addresses.end(),
                        [&](const auto& planned) { return find(planned) == &group; });
  });
  for (Group& group : groups_) {
    const bool uses_all = group.sockets.size() == slots || group.is_shared;
    if (group.steered == slots || (uses_all && group.steered == 0)) continue;
    // Without it connections go to all of them, which is less even and nothing worse.
    if (os::steer_connections(group.sockets.front().number(), slots)) group.steered = slots;
  }
}

std::vector<ListenerSocket> Listeners::all() const {
  std::vector<ListenerSocket> sockets;
  for (const Group& group : groups_) {
    for (std::size_t i = 0; i < group.sockets.size(); ++i)
      sockets.push_back({group.key, i, group.steered, group.sockets[i].number()});
  }
  return sockets;
}

bool Listeners::adopt(std::vector<InheritedSocket> sockets) {
  std::sort(sockets.begin(), sockets.end(), [](const auto& a, const auto& b) {
    return a.key != b.key ? a.key < b.key : a.index < b.index;
  });
  for (InheritedSocket& socket : sockets) {
    const auto local = os::local_endpoint(socket.fd.number());
    if (!local) return false;
    if (groups_.empty() || groups_.back().key != socket.key)
      groups_.push_back({socket.key, *local, {}, socket.steered, false});
    groups_.back().sockets.push_back(std::move(socket.fd));
  }
  find_shared();
  return true;
}

// Our own can always be joined by more of them; those that were passed only if they were made for it, and two of two
// addresses never.
void Listeners::find_shared() noexcept {
  for (Group& group : groups_) {
    group.is_shared =
        !std::all_of(group.sockets.begin(), group.sockets.end(), [&group](const os::Fd& socket) {
          const Result<Endpoint> bound = os::local_endpoint(socket.number());
          return bound && *bound == group.bound && os::can_be_joined(socket.number());
        });
  }
}

std::size_t Listeners::size() const noexcept {
  std::size_t count = 0;
  for (const Group& group : groups_)
    count += group.sockets.size();
  return count;
}

}  // namespace pm::process
