// SPDX-License-Identifier: MIT
#include "shm/zones.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <unistd.h>

using namespace pm;
using shm::Zones;

namespace {

constexpr shm::ZoneSizes small{.workers = 2,
                               .names = 16,
                               .health = 64,
                               .buckets = 64,
                               .counts = 64,
                               .cursors = 64,
                               .slab = 4096};

std::vector<shm::ZoneFd> handed_over(Zones& zones) {
  std::vector<shm::ZoneFd> fds = zones.fds();
  for (shm::ZoneFd& one : fds)
    one.fd = dup(one.fd);
  return fds;
}

}  // namespace

TEST_GROUP(zones) {
  Zones zones = std::move(Zones::create(small)).value();
  shm::Process master{4'000'000, 1000};
  shm::Process child{4'000'001, 1001};

  unsigned slot_of_child() {
    const unsigned slot = *zones.slots().claim(master);
    zones.slots().pass(slot, master, child);
    return slot;
  }
};

TEST(zones, the_next_program_finds_everything) {
  const std::uint64_t key = zones.counts().key_of(1, "x");
  zones.counts().enter(key, 0, 9);
  zones.cursors().find(7).turns->store(3);
  const unsigned slot = slot_of_child();

  auto next = Zones::attach(handed_over(zones), small);

  CHECK_TRUE(next.value().notices.empty());
  Zones& found = next.value().zones;
  CHECK_EQUAL(1u, found.counts().count(key));
  CHECK_EQUAL(3u, found.cursors().find(7).turns->load());
  CHECK_TRUE(found.slots().holder(slot).is(child));
  CHECK_EQUAL(zones.buckets().key_of(1, "x"), found.buckets().key_of(1, "x"));
  shm::TicketRing before, after;
  zones.ticket_keys()->load(before);
  found.ticket_keys()->load(after);
  CHECK_TRUE(before.secrets[0].secret == after.secrets[0].secret);
}

TEST(zones, a_table_of_another_size_starts_empty_and_the_others_stay) {
  zones.cursors().find(7).turns->store(3);
  shm::ZoneSizes larger = small;
  larger.buckets = 128;

  auto next = Zones::attach(handed_over(zones), larger);

  CHECK_EQUAL(1u, next.value().notices.size());
  CHECK_EQUAL(std::string_view("zone buckets has another layout or size (not a sealed region of "
                               "the expected size); it starts empty"),
              std::string_view(next.value().notices[0]));
  CHECK_EQUAL(3u, next.value().zones.cursors().find(7).turns->load());
}

TEST(zones, counts_are_of_no_use_without_the_slots_that_they_are_filed_under) {
  zones.counts().enter(zones.counts().key_of(1, "x"), 0, 9);
  std::vector<shm::ZoneFd> fds = handed_over(zones);
  std::erase_if(fds, [](const shm::ZoneFd& one) { return one.name == "slots" && !close(one.fd); });

  auto next = Zones::attach(fds, small);

  CHECK_EQUAL(2u, next.value().notices.size());
  CHECK_EQUAL(std::string_view("zone slots was not handed over; it starts empty"),
              std::string_view(next.value().notices[0]));
  CHECK_EQUAL(0u, next.value().zones.counts().total());
}

TEST(zones, a_zone_that_is_not_handed_over_is_made) {
  auto next = Zones::attach({}, small);

  CHECK_TRUE(next.value().notices.empty());
  CHECK_EQUAL(8u, next.value().zones.fds().size());
}

TEST(zones, a_released_slot_gives_back_what_its_process_held) {
  const unsigned slot = slot_of_child();
  const std::uint64_t key = zones.counts().key_of(1, "x");
  zones.counts().enter(key, slot, 9);

  CHECK_FALSE(zones.release_slot(slot, child.pid + 1, master));
  CHECK_EQUAL(1u, zones.counts().count(key));
  CHECK_TRUE(zones.release_slot(slot, child.pid, master));

  CHECK_EQUAL(0u, zones.counts().count(key));
  CHECK_EQUAL(0, zones.slots().holder(slot).pid);
  CHECK_FALSE(zones.release_slot(slot, child.pid, master));
}

TEST(zones, slots_of_processes_that_are_gone_are_found_and_released) {
  const unsigned slot = *zones.slots().claim({getpid(), 5});
  const std::uint64_t key = zones.counts().key_of(1, "x");
  zones.counts().enter(key, slot, 9);

  CHECK_EQUAL(0u, zones.release_dead_slots([](pid_t) { return 5; }, master));
  CHECK_EQUAL(1u, zones.release_dead_slots([](pid_t) { return 6; }, master));
  CHECK_EQUAL(0u, zones.counts().count(key));
}

TEST(zones, an_agent_drops_the_secrets) {
  zones.drop_secrets();

  CHECK_TRUE(zones.ticket_keys() == nullptr);
  CHECK_EQUAL(7u, zones.fds().size());
}
