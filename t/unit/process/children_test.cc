// SPDX-License-Identifier: MIT
#include "process/children.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <csignal>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace pm;
using process::ChildKind;
using process::Children;

namespace {

// A child that says that it is ready and waits for a word.
void live(const process::Child&, process::Channel channel) {
  channel.send(process::MessageType::ready);
  pollfd entry{channel.number(), POLLIN, 0};
  ::poll(&entry, 1, 5000);
  ::_exit(7);
}

}  // namespace

TEST_GROUP(children) {
  Children children{live};

  process::Child& start(ChildKind kind) {
    children.add(kind, 3);
    process::Child& child = children.all().back();
    CHECK_TRUE(children.start(child).has_value());
    return child;
  }
  Children::Death next_death() {
    std::optional<Children::Death> death;
    while (!(death = children.reap()))
      ::usleep(1000);
    return *death;
  }
};

TEST(children, a_child_speaks_over_its_channel) {
  process::Child& child = start(ChildKind::worker);
  pollfd entry{child.channel.number(), POLLIN, 0};
  LONGS_EQUAL(1, ::poll(&entry, 1, 5000));

  CHECK_TRUE(child.channel.receive().type == process::MessageType::ready);

  children.kill(ChildKind::worker, SIGKILL);
  next_death();
}

TEST(children, a_death_names_its_child_and_frees_its_place) {
  process::Child& child = start(ChildKind::worker);
  const pid_t pid = child.pid;
  LONGS_EQUAL(1, children.alive(ChildKind::worker));

  children.send(ChildKind::worker, process::MessageType::stop);
  const Children::Death death = next_death();

  POINTERS_EQUAL(&child, death.child);
  LONGS_EQUAL(pid, death.pid);
  LONGS_EQUAL(7, WEXITSTATUS(death.status));
  LONGS_EQUAL(0, child.pid);
  LONGS_EQUAL(0, children.alive());
}

TEST(children, only_the_kind_that_is_meant_is_killed) {
  start(ChildKind::agent);
  children.kill(ChildKind::worker, SIGKILL);
  LONGS_EQUAL(1, children.alive(ChildKind::agent));

  children.kill(ChildKind::agent, SIGKILL);
  LONGS_EQUAL(SIGKILL, WTERMSIG(next_death().status));
}

TEST(children, one_that_is_gone_is_due_and_one_that_lives_is_not) {
  process::Child& child = start(ChildKind::worker);
  CHECK_FALSE(children.next_due().has_value());
  children.kill(ChildKind::worker, SIGKILL);
  next_death();

  children.plan_return(child, Children::Clock::now());

  CHECK_TRUE(children.next_due().has_value());
}

TEST(children, they_are_called_what_people_call_them) {
  process::Child child;
  child.slot = 3;
  CHECK_EQUAL(std::string("worker 3"), process::describe(child));
  child.kind = ChildKind::agent;
  CHECK_EQUAL(std::string("the agent"), process::describe(child));
}
