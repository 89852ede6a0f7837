// SPDX-License-Identifier: MIT
#include "shm/names.h"

#include "core/random.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>
#include <vector>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace pm;
using shm::NameState;

namespace {

// Each is a fork, which a sanitizer makes slow.
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t rounds = 60;
#else
constexpr std::uint64_t rounds = 300;
#endif

std::vector<Address> numbered(std::uint32_t first, std::size_t count) {
  std::vector<Address> list;
  for (std::uint32_t i = 0; i < count; ++i)
    list.push_back(Address::v4(first + i));
  return list;
}

std::string name(std::uint32_t number) {
  return "host-" + std::to_string(number) + ".test";
}

// What a writer of the kill test publishes for a name: a run of addresses whose first one tells name and length.
void publish_run(shm::Names& names, std::uint32_t number, std::uint32_t round) {
  const std::uint32_t count = round % shm::most_addresses + 1;
  names.publish(name(number), numbered(number << 24 | count << 16 | (round & 0xfff) << 4, count),
                NameState::known);
}

std::uint32_t value_of(const Address& address) {
  const auto& bytes = address.bytes();
  return std::uint32_t{bytes[12]} << 24 | std::uint32_t{bytes[13]} << 16 |
         std::uint32_t{bytes[14]} << 8 | bytes[15];
}

bool is_one_run(const shm::NameAnswer& answer, std::uint32_t number) {
  if (answer.state == NameState::unknown) return answer.count == 0;
  const auto list = answer.addresses();
  const std::uint32_t first = list.empty() ? 0 : value_of(list[0]);
  bool good = first >> 24 == number && (first >> 16 & 0xff) == list.size();
  for (std::uint32_t i = 0; i < list.size(); ++i)
    good = good && value_of(list[i]) == first + i;
  return good;
}

// Publishes and forgets sixteen names in a table of twenty until it is killed.
[[noreturn]] void write_for_ever(shm::Names& names, std::uint64_t seed) {
  Random random(seed);
  for (std::uint32_t round = 0;; ++round) {
    const auto number = static_cast<std::uint32_t>(1 + random.below(16));
    if (random.below(4) == 0) {
      names.forget(name(number));
    } else {
      publish_run(names, number, round);
    }
  }
}

// Reads at random while a writer works, kills it, and says how many answers were none that was ever published.
unsigned torn_answers(shm::Names& names, std::uint64_t seed) {
  const pid_t writer = fork();
  if (writer == 0) write_for_ever(names, seed);
  Random random(seed);
  unsigned torn = 0;
  for (std::uint64_t reads = 200 + random.below(4000); reads > 0; --reads) {
    const auto number = static_cast<std::uint32_t>(1 + random.below(16));
    if (!is_one_run(names.lookup(name(number)), number)) ++torn;
  }
  kill(writer, SIGKILL);
  waitpid(writer, nullptr, 0);
  return torn;
}

}  // namespace

TEST_GROUP(names) {
  Result<shm::Names> made = shm::Names::create(20);
  shm::Names& names = made.value();

  std::string known(std::string_view host) {
    std::string out;
    const auto answer = names.lookup(host);
    for (const Address& address : answer.addresses())
      out += address.to_string() + " ";
    return out;
  }
};

TEST(names, a_name_that_nobody_published_is_unknown) {
  const auto answer = names.lookup("a.test");

  CHECK_TRUE(answer.state == NameState::unknown);
  CHECK_EQUAL(0u, answer.count);
}

TEST(names, what_is_published_is_found_in_any_case) {
  CHECK_TRUE(names.publish("A.Test", numbered(0x0a000001, 2), NameState::known));

  CHECK_EQUAL(std::string("10.0.0.1 10.0.0.2 "), known("a.tEST"));
  CHECK_TRUE(names.lookup("a.test").state == NameState::known);
  CHECK_TRUE(names.lookup("a.test.").state == NameState::unknown);
}

TEST(names, both_families_are_kept) {
  const Address v6 = Address::parse("2001:db8::1").value_or(Address());
  names.publish("a.test", std::vector<Address>{v6, Address::v4(0x7f000001)}, NameState::known);

  CHECK_EQUAL(std::string("2001:db8::1 127.0.0.1 "), known("a.test"));
}

TEST(names, the_generation_changes_with_what_is_known) {
  names.publish("a.test", numbered(1, 2), NameState::known);
  const auto first = names.lookup("a.test").generation;
  names.publish("a.test", numbered(1, 2), NameState::known);
  CHECK_EQUAL(first, names.lookup("a.test").generation);

  names.publish("a.test", numbered(1, 3), NameState::known);
  const auto second = names.lookup("a.test").generation;
  CHECK_FALSE(first == second);

  names.publish("a.test", {}, NameState::failed);
  CHECK_FALSE(second == names.lookup("a.test").generation);
  CHECK_TRUE(names.lookup("a.test").state == NameState::failed);
}

TEST(names, a_name_that_comes_back_is_news) {
  names.publish("a.test", numbered(1, 1), NameState::known);
  const auto first = names.lookup("a.test").generation;

  names.forget("a.test");
  names.publish("a.test", numbered(1, 1), NameState::known);

  CHECK_FALSE(first == names.lookup("a.test").generation);
}

TEST(names, the_first_sixteen_addresses_are_kept) {
  names.publish("a.test", numbered(1, 40), NameState::known);

  CHECK_EQUAL(16u, names.lookup("a.test").count);
}

TEST(names, what_can_be_no_host_name_is_refused) {
  CHECK_FALSE(names.publish("", {}, NameState::known));
  CHECK_FALSE(names.publish(std::string(254, 'a'), {}, NameState::known));
  CHECK_TRUE(names.publish(std::string(253, 'a'), {}, NameState::known));
  CHECK_TRUE(names.lookup(std::string(254, 'a')).state == NameState::unknown);
}

TEST(names, a_full_table_refuses_until_one_is_forgotten) {
  for (std::uint32_t i = 0; i < 20; ++i)
    CHECK_TRUE(names.publish(name(i), {}, NameState::known));
  CHECK_FALSE(names.publish("late.test", {}, NameState::known));

  names.forget(name(7));

  CHECK_TRUE(names.publish("late.test", {}, NameState::known));
  CHECK_TRUE(names.lookup(name(7)).state == NameState::unknown);
  CHECK_TRUE(names.lookup(name(8)).state == NameState::known);
  CHECK_EQUAL(20u, names.list().size());
}

TEST(names, ten_thousand_names_may_come_and_go) {
  bool good = true;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    good = good && names.publish(name(i), numbered(i, 1), NameState::known);
    good = good && names.lookup(name(i)).state == NameState::known;
    names.forget(name(i - 15));
  }

  CHECK_TRUE(good);
  CHECK_EQUAL(15u, names.list().size());
}

TEST(names, a_writer_that_was_replaced_turns_passive) {
  names.publish("a.test", numbered(1, 1), NameState::known);
  auto next = shm::Names::attach(dup(names.zone().fd()), 20);
  CHECK_TRUE(next.has_value());
  CHECK_TRUE(next.value().publish("a.test", numbered(2, 1), NameState::known));

  CHECK_FALSE(names.publish("a.test", numbered(3, 1), NameState::known));
  names.forget("a.test");

  CHECK_EQUAL(std::string("0.0.0.2 "), known("a.test"));
}

TEST(names, a_table_of_another_capacity_is_refused) {
  const int fd = dup(names.zone().fd());
  CHECK_FALSE(shm::Names::attach(fd, 21).has_value());
  close(fd);
}

TEST(names, a_writer_killed_anywhere_leaves_every_answer_whole) {
  unsigned torn = 0;
  for (std::uint64_t round = 0; round < rounds; ++round)
    torn += torn_answers(names, round);

  CHECK_EQUAL(0u, torn);
}

TEST(names, a_killed_writer_leaks_no_record) {
  for (std::uint64_t round = 0; round < 30; ++round)
    torn_answers(names, round);

  for (const std::string& host : names.list())
    names.forget(host);
  for (std::uint32_t i = 0; i < 20; ++i)
    CHECK_TRUE(names.publish(name(i), {}, NameState::known));
  CHECK_EQUAL(20u, names.list().size());
}
