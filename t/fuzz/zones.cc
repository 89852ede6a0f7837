// SPDX-License-Identifier: MIT
// Shared memory with damaged bytes: which zone, where (two bytes) and what, four bytes a time. Whoever takes the zones over refuses them or
// lives with what they hold: every step ends, and nothing that is said is out of its range.
#include "shm/zones.h"

#include "core/check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace pm;

constexpr shm::ZoneSizes sizes{.workers = 1,
                               .names = 16,
                               .health = 32,
                               .buckets = 64,
                               .counts = 64,
                               .cursors = 64,
                               .slab = 1024};
constexpr shm::Process master{4'000'000, 1000};
constexpr shm::Process child{4'000'001, 1001};

// Something of everything: what is damaged later means something.
void fill(shm::Zones& zones) {
  for (const char* name : {"a.test", "b.test", "gone.test"}) {
    const Address addresses[] = {*Address::parse("192.0.2.1"), *Address::parse("2001:db8::1")};
    zones.names().publish(name, addresses, shm::NameState::known);
    zones.health().set(zones.health().key("service", name), shm::ServerState::down);
    zones.counts().enter(zones.counts().key_of(1, name), 0, 9);
    zones.cursors().find(fnv1a(name)).turns->store(3);
  }
  zones.names().forget("gone.test");
  zones.buckets().take(zones.buckets().key_of(1, "x"), shm::Rate(5, 1'000'000'000, 2, 0), 1000);
  zones.slots().pass(*zones.slots().claim(master), master, child);
  shm::Slab slab = zones.slabs().slab(0);
  slab.remove(slab.append({.kind = 2, .name = "gone"}, 2));
  slab.append({.kind = 3 | shm::SeriesId::gauge, .name = "open", .second = "web"}, 1);
  slab.append({.kind = 1, .name = "web", .second = "GET", .extra = "x"}, 3);
}

// The descriptors of what the next program gets, with bytes changed in the zones as the input says.
std::vector<shm::ZoneFd> damaged(shm::Zones& zones, const std::uint8_t* data, std::size_t size) {
  std::vector<shm::ZoneFd> fds = zones.fds();
  for (shm::ZoneFd& one : fds)
    one.fd = dup(one.fd);
  for (std::size_t at = 0; at + 4 <= size; at += 4) {
    const int fd = fds[data[at] % fds.size()].fd;
    struct stat status;
    fstat(fd, &status);
    const std::size_t place =
        (data[at + 1] * std::size_t{256} + data[at + 2]) % static_cast<std::size_t>(status.st_size);
    void* base = mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ | PROT_WRITE,
                      MAP_SHARED, fd, 0);
    static_cast<std::uint8_t*>(base)[place] = data[at + 3];
    munmap(base, static_cast<std::size_t>(status.st_size));
  }
  return fds;
}

void check_names(shm::Names& names) {
  for (const std::string& name : names.list())
    names.lookup(name);
  for (const char* name : {"a.test", "b.test", "new.test"}) {
    const shm::NameAnswer answer = names.lookup(name);
    PM_CHECK(answer.state <= shm::NameState::timed_out && answer.count <= shm::most_addresses,
             "an answer is one of those that there are");
    names.publish(name, {}, shm::NameState::failed);
    names.forget(name);
  }
}

void check_limits(shm::Zones& zones) {
  shm::Buckets& buckets = zones.buckets();
  const shm::Rate rate(5, 1'000'000'000, 2, 0);
  for (const char* source : {"x", "y"})
    PM_CHECK(buckets.take(buckets.key_of(1, source), rate, 2000).remaining <= 2,
             "no bucket holds more than its burst");
  buckets.figures();
  shm::Counts& counts = zones.counts();
  const std::uint64_t key = counts.key_of(1, "a.test");
  if (const auto place = counts.enter(key, 1, 9)) counts.leave(*place, 1);
  counts.clear(0);
  counts.total();
  zones.cursors().find(7);
  const std::uint64_t server = zones.health().key("service", "a.test");
  PM_CHECK(zones.health().state(server) <= shm::ServerState::down,
           "a state is one of those that there are");
  zones.health().set(server, shm::ServerState::up);
  zones.health().keep_only({});
}

// The writer of a slab stays in it, whatever its records say of their sizes.
void check_slabs(shm::Slabs& slabs) {
  slabs.for_each(
      [](const shm::Series& series) { PM_CHECK(series.id.kind != 0, "what is seen is whole"); });
  const auto* const base = static_cast<const char*>(slabs.zone().data());
  const std::string others(base + sizes.slab, (slabs.slots() + 1) * sizes.slab);
  shm::Slab slab = slabs.slab(0);
  std::size_t bytes = 0;
  slab.for_each([&](const shm::SeriesId& id, shm::Cell* cells) {
    for (const std::string_view text : {id.name, id.second, id.extra})
      PM_CHECK(text.data() >= base && text.data() + text.size() <= base + sizes.slab,
               "a text lies in its slab");
    bytes += reinterpret_cast<const char*>(cells) > base ? 1 : 0;
  });
  slabs.clear_gauges(0);
  for (std::uint32_t cells = 1; cells < 16; ++cells) {
    shm::Cell* const made = slab.append({.kind = 9, .name = "more"}, cells);
    if (made != nullptr && cells % 3 == 0) slab.remove(made);
  }
  PM_CHECK(others == std::string_view(base + sizes.slab, others.size()),
           "a process writes in its own slab only");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto made = shm::Zones::create(sizes);
  if (!made) return 0;
  fill(*made);
  auto next = shm::Zones::attach(damaged(*made, data, size), sizes);
  if (!next) return 0;
  shm::Zones& zones = next->zones;
  zones.release_dead_slots([](pid_t) { return std::nullopt; }, master);
  check_names(zones.names());
  check_limits(zones);
  check_slabs(zones.slabs());
  shm::TicketRing ring;
  if (zones.ticket_keys() == nullptr || !zones.ticket_keys()->load(ring)) return 0;
  PM_CHECK(ring.count <= ring.secrets.size(), "a ring holds what it can");
  zones.ticket_keys()->rotate();
  return 0;
}
