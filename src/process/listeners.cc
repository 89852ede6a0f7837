// SPDX-License-Identifier: MIT
#include "process/listeners.h"

#include "os/inspect.h"
#include "os/socket.h"
#include "process/cli.h"

#include <fmt/format.h>

namespace pm::process {
namespace {

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

BindFailure failure(const runtime::PlanAddress& planned, const Error& error) {
  const std::string_view place = planned.place.view();
  return {exit_cannot_bind,
          fmt::format("{}{}error: entryPoints.{}.address \"{}\": {}", place,
                      place.empty() ? "" : ": ", planned.name.view(), planned.text.view(),
                      advice_for(error, endpoint_of(planned)))};
}

}  // namespace

std::optional<BindFailure> Listeners::bind(std::span<const runtime::PlanAddress> addresses,
                                           unsigned slots, const Pause& pause) {
  const auto deadline = steady_clock::now() + patience;
  for (const runtime::PlanAddress& planned : addresses) {
    Status bound = bind_group(planned, slots);
    while (!bound && bound.error().code == Errc::conflict && steady_clock::now() < deadline) {
      if (!pause(pause_between_tries)) return BindFailure{exit_failed, ""};
      bound = bind_group(planned, slots);
    }
    if (!bound) return failure(planned, bound.error());
  }
  return std::nullopt;
}

Status Listeners::bind_group(const runtime::PlanAddress& planned, unsigned slots) {
  Endpoint endpoint = endpoint_of(planned);
  if (endpoint.port != 0) {
    PM_TRY([[maybe_unused]] auto alone, os::probe_bind(endpoint));
  }
  std::vector<os::Fd> group;
  for (unsigned slot = 0; slot < slots; ++slot) {
    PM_TRY(os::Fd fd, os::listen_tcp(endpoint));
    PM_TRY(const Endpoint local, os::local_endpoint(fd.number()));
    endpoint.port = local.port;
    group.push_back(std::move(fd));
  }
  for (unsigned slot = 0; slot < slots; ++slot) {
    sockets_.push_back({planned.entry_point, slot, std::move(group[slot])});
  }
  bound_.push_back(endpoint);
  return success();
}

std::vector<runtime::ListeningSocket> Listeners::of_slot(unsigned slot) const {
  std::vector<runtime::ListeningSocket> sockets;
  for (const Socket& socket : sockets_) {
    if (socket.slot == slot) sockets.push_back({socket.entry_point, socket.fd.number()});
  }
  return sockets;
}

std::string Listeners::shown_address(const runtime::PlanAddress& planned, std::size_t index) const {
  if (planned.port != 0 || index >= bound_.size()) return std::string(planned.text.view());
  return planned.any_family != 0 ? fmt::format(":{}", bound_[index].port)
                                 : bound_[index].to_string();
}

}  // namespace pm::process
