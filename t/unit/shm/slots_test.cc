// SPDX-License-Identifier: MIT
#include "shm/slots.h"

#include <CppUTest/TestHarness.h>

#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace pm;
using shm::Process;

namespace {

pid_t dead_pid() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return child;
}

}  // namespace

TEST_GROUP(slots) {
  shm::Slots slots = std::move(shm::Slots::create(32)).value();
  Process master{4'000'000, 1000};
  Process child{4'000'001, 1001};
};

TEST(slots, there_are_four_times_as_many_as_workers) {
  CHECK_EQUAL(32u, shm::Slots::capacity_for(1));
  CHECK_EQUAL(32u, shm::Slots::capacity_for(8));
  CHECK_EQUAL(64u, shm::Slots::capacity_for(9));
  CHECK_EQUAL(256u, shm::Slots::capacity_for(64));
  CHECK_EQUAL(256u, shm::Slots::capacity_for(100'000));
}

TEST(slots, each_goes_to_one) {
  for (unsigned i = 0; i < 32; ++i)
    CHECK_EQUAL(i, *slots.claim(master));

  CHECK_FALSE(slots.claim(master).has_value());
}

TEST(slots, a_master_passes_one_to_its_child) {
  const unsigned slot = *slots.claim(master);

  CHECK_TRUE(slots.pass(slot, master, child));
  CHECK_TRUE(slots.holder(slot).is(child));
  CHECK_TRUE(slots.pass(slot, master, child));  // the other of the two says so, too
  CHECK_FALSE(slots.pass(slot, master, {4'000'002, 1}));
}

TEST(slots, what_is_given_back_can_be_claimed_again_under_the_next_generation) {
  const unsigned slot = *slots.claim(master);
  slots.pass(slot, master, child);
  const shm::Holder dead = slots.holder(slot);

  CHECK_TRUE(slots.take_back(slot, dead, master));
  CHECK_FALSE(slots.take_back(slot, dead, {4'000'003, 1}));  // another master came too late
  CHECK_TRUE(slots.free(slot, master));

  CHECK_EQUAL(0, slots.holder(slot).pid);
  CHECK_EQUAL(slot, *slots.claim(master));
  CHECK_EQUAL(dead.generation + 1, slots.holder(slot).generation);
}

TEST(slots, nobody_frees_what_another_holds) {
  const unsigned slot = *slots.claim(master);

  CHECK_FALSE(slots.free(slot, child));
  CHECK_FALSE(slots.free(slot, {master.pid, master.start + 1}));
  CHECK_TRUE(slots.holder(slot).is(master));
}

TEST(slots, dead_holders_are_found_and_living_ones_are_not) {
  slots.claim({getpid(), 7});
  slots.claim({dead_pid(), 7});
  slots.claim({getpid(), 8});  // a process of this pid, but an earlier one

  std::vector<unsigned> dead;
  slots.for_each_dead([](pid_t) { return 7; },
                      [&](unsigned slot, const shm::Holder&) { dead.push_back(slot); });

  CHECK_TRUE((dead == std::vector<unsigned>{1, 2}));
}

TEST(slots, where_nobody_can_tell_a_process_counts_as_living) {
  slots.claim({getpid(), 7});

  unsigned dead = 0;
  slots.for_each_dead([](pid_t) { return std::nullopt; },
                      [&](unsigned, const shm::Holder&) { ++dead; });

  CHECK_EQUAL(0u, dead);
}
