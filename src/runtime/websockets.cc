// SPDX-License-Identifier: MIT
#include "runtime/websockets.h"

#include "core/hash.h"
#include "shm/counts.h"

namespace pm::runtime {
namespace {

constexpr std::uint16_t forbidden = 403;
constexpr std::uint16_t too_many = 503;
constexpr std::uint64_t identity = fnv1a("websockets of an entry point");

}  // namespace

void Websockets::open_meter(observe::Meters& meters) {
  cell_ = meters.book().cells({.kind = observe::kind::websockets, .name = name_}, 1);
}

// Counted from the handshake on, so that a burst of handshakes cannot pass the bound together.
std::uint16_t Websockets::enter(http::Exchange& exchange) noexcept {
  if (!is_enabled_) return forbidden;
  const http::WorkerTools& tools = *exchange.tools;
  if (most_ != 0 && tools.counts != nullptr) {
    const auto place =
        tools.counts->enter(tools.counts->key_of(identity, name_), tools.slot, most_);
    if (!place) return too_many;
    exchange.trace().websocket_place = place->number;
  } else if (most_ != 0 && open_ >= most_) {
    return too_many;
  }
  exchange.trace().is_websocket = true;
  note(1);
  return 0;
}

void Websockets::leave(http::Exchange& exchange) noexcept {
  const http::Trace& trace = exchange.trace();
  if (!trace.is_websocket) return;
  if (trace.websocket_place != 0)
    exchange.tools->counts->leave({trace.websocket_place}, exchange.tools->slot);
  note(-1);
}

void Websockets::note(int more) noexcept {
  open_ += static_cast<std::uint64_t>(more);
  if (cell_ != nullptr) shm::put(*cell_, open_);
}

}  // namespace pm::runtime
