// SPDX-License-Identifier: MIT
#include "shm/ticket_keys.h"

#include "core/random.h"
#include "shm/twofold.h"

#include <algorithm>

#include <sys/mman.h>

namespace pm::shm {
namespace {

using Ring = Twofold<TicketRing>;

constexpr ZoneShape shape{"ticket-keys", 1, sizeof(Ring)};

}  // namespace

Result<TicketKeys> TicketKeys::create() {
  PM_TRY(Zone zone, Zone::create(shape));
  TicketKeys keys(std::move(zone));
  keys.keep_out_of_dumps();
  keys.rotate();
  return keys;
}

Result<TicketKeys> TicketKeys::attach(int fd) {
  PM_TRY(Zone zone, Zone::attach(fd, shape));
  TicketKeys keys(std::move(zone));
  keys.keep_out_of_dumps();
  return keys;
}

// The page of the header is left out with it.
void TicketKeys::keep_out_of_dumps() noexcept {
  ::madvise(static_cast<char*>(zone_.data()) - 64, sizeof(Ring), MADV_DONTDUMP);
}

void TicketKeys::rotate() noexcept {
  auto& ring = *static_cast<Ring*>(zone_.data());
  TicketRing next;
  load(next);
  for (std::size_t i = next.secrets.size() - 1; i > 0; --i)
    next.secrets[i] = next.secrets[i - 1];
  fill_secret(next.secrets[0].name.data(), next.secrets[0].name.size());
  fill_secret(next.secrets[0].secret.data(), next.secrets[0].secret.size());
  next.count = next.count < next.secrets.size() ? next.count + 1 : next.count;
  ++next.generation;
  ring.store(next);
}

bool TicketKeys::load(TicketRing& ring) const noexcept {
  if (!static_cast<const Ring*>(zone_.data())->load(ring)) return false;
  ring.count = std::min<std::uint64_t>(ring.count, ring.secrets.size());
  return true;
}

}  // namespace pm::shm
