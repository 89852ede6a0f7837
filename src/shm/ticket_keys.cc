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
  keys.keep_in_memory();
  keys.rotate();
  return keys;
}

Result<TicketKeys> TicketKeys::attach(int fd) {
  PM_TRY(Zone zone, Zone::attach(fd, shape));
  TicketKeys keys(std::move(zone));
  keys.keep_in_memory();
  return keys;
}

// With the page of the header. A fork inherits the first and not the second: the page is the same, and the master stays. A limit
// on locked memory that is too small even for a page is no reason not to serve.
void TicketKeys::keep_in_memory() noexcept {
  char* start = static_cast<char*>(zone_.data()) - 64;
  ::madvise(start, sizeof(Ring), MADV_DONTDUMP);
  static_cast<void>(::mlock(start, sizeof(Ring) + 64));
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
