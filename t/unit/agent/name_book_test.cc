// SPDX-License-Identifier: MIT
#include "agent/name_book.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using namespace std::chrono_literals;
using agent::LookupOutcome;
using agent::NameBook;
using shm::NameState;

namespace {

std::vector<Address> addresses(const std::vector<std::string>& texts) {
  std::vector<Address> list;
  for (const std::string& text : texts)
    list.push_back(Address::parse(text).value_or(Address()));
  return list;
}

agent::Answer good(std::chrono::seconds ttl) {
  return {LookupOutcome::found, addresses({"192.0.2.1"}), ttl, ""};
}

agent::Answer bad(LookupOutcome outcome = LookupOutcome::not_found) {
  return {outcome, {}, 0s, "why"};
}

}  // namespace

TEST_GROUP(name_book) {
  NameBook book;
  NameBook::Time now{1000s};

  // "ask a.test", "forget a.test", or "" when nothing is due.
  std::string take() {
    const auto task = book.take(now);
    if (!task) return "";
    return (task->kind == NameBook::Task::Kind::ask ? "ask " : "forget ") + task->name;
  }
  // Seconds until the next thing is due.
  std::int64_t left() {
    return std::chrono::duration_cast<std::chrono::seconds>(*book.next_time() - now).count();
  }
  NameState answer(agent::Answer what) {
    const auto known = book.answer("a.test", std::move(what), now);
    return known ? known->state : NameState::unknown;
  }
  // Waits until a.test is due, asks, and is answered.
  NameState ask(agent::Answer what) {
    now = *book.next_time();
    take();
    return answer(std::move(what));
  }
};

TEST(name_book, new_names_are_due_at_once_and_once) {
  book.use({"b.test", "a.test", "a.test"}, now);

  CHECK_EQUAL(std::string("ask a.test"), take());
  CHECK_EQUAL(std::string("ask b.test"), take());
  CHECK_EQUAL(std::string(""), take());
  CHECK_FALSE(book.next_time().has_value());
}

TEST(name_book, a_good_answer_lasts_for_its_time_to_live) {
  book.use({"a.test"}, now);

  CHECK_TRUE(ask(good(60s)) == NameState::known);

  CHECK_EQUAL(60, left());
  CHECK_EQUAL(std::string(""), take());
  now += 60s;
  CHECK_EQUAL(std::string("ask a.test"), take());
}

TEST(name_book, times_to_live_are_held_within_bounds) {
  book.use({"a.test"}, now);

  ask(good(0s));
  CHECK_EQUAL(5, left());
  ask(good(86400s));
  CHECK_EQUAL(3600, left());
}

TEST(name_book, failures_are_retried_with_growing_distance) {
  book.use({"a.test"}, now);

  std::string seen;
  for (int i = 0; i < 8; ++i) {
    ask(bad());
    seen += std::to_string(left()) + " ";
  }

  CHECK_EQUAL(std::string("1 2 4 8 16 30 30 30 "), seen);
  ask(good(60s));
  ask(bad());
  CHECK_EQUAL(1, left());
}

TEST(name_book, how_it_failed_is_told) {
  book.use({"a.test"}, now);

  CHECK_TRUE(ask(bad(LookupOutcome::not_found)) == NameState::failed);
  CHECK_TRUE(ask(bad(LookupOutcome::timed_out)) == NameState::timed_out);
  CHECK_TRUE(ask(bad(LookupOutcome::failed)) == NameState::failed);
}

TEST(name_book, the_last_good_addresses_stay_for_an_hour_behind_their_time) {
  book.use({"a.test"}, now);
  ask(good(60s));

  CHECK_TRUE(ask(bad()) == NameState::known);
  now += 3500s;
  take();
  CHECK_TRUE(answer(bad()) == NameState::known);
  now += 200s;
  take();
  CHECK_TRUE(answer(bad(LookupOutcome::timed_out)) == NameState::timed_out);
}

TEST(name_book, how_long_they_stay_can_be_said) {
  book.set_stale_for(20s);
  book.use({"a.test"}, now);
  ask(good(60s));

  CHECK_TRUE(ask(bad()) == NameState::known);
  now += 21s;
  take();
  CHECK_TRUE(answer(bad()) == NameState::failed);
}

TEST(name_book, for_ever_is_long) {
  book.set_stale_for(
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::nanoseconds::max()));
  book.use({"a.test"}, now);
  ask(good(60s));

  CHECK_TRUE(ask(bad()) == NameState::known);
}

TEST(name_book, without_such_a_time_they_go_with_their_time_to_live) {
  book.set_stale_for(0s);
  book.use({"a.test"}, now);
  ask(good(60s));

  now += 61s;
  take();
  CHECK_TRUE(answer(bad()) == NameState::failed);
}

TEST(name_book, a_name_out_of_use_outlives_that_time_because_older_workers_drain) {
  book.set_stale_for(0s);
  book.use({"a.test"}, now);
  ask(good(60s));

  book.use({}, now);

  CHECK_EQUAL(3600, left());
}

TEST(name_book, a_name_out_of_use_is_forgotten_after_an_hour) {
  book.use({"a.test"}, now);
  ask(good(60s));

  book.use({}, now);

  CHECK_EQUAL(3600, left());
  now += 3600s;
  CHECK_EQUAL(std::string("forget a.test"), take());
  CHECK_FALSE(book.next_time().has_value());
}

TEST(name_book, a_name_that_comes_back_in_time_is_asked_for_at_once) {
  book.use({"a.test"}, now);
  ask(good(60s));
  book.use({}, now);

  book.use({"a.test"}, now);

  CHECK_EQUAL(std::string("ask a.test"), take());
  CHECK_TRUE(answer(bad()) == NameState::known);
}

TEST(name_book, the_same_names_again_change_nothing) {
  book.use({"a.test"}, now);
  ask(good(60s));

  book.use({"a.test"}, now);

  CHECK_EQUAL(60, left());
}

TEST(name_book, an_answer_for_a_name_that_retired_meanwhile_is_not_published) {
  book.use({"a.test"}, now);
  take();

  book.use({}, now);

  CHECK_TRUE(answer(good(60s)) == NameState::unknown);
  CHECK_EQUAL(3600, left());
}

TEST(name_book, an_answer_that_nobody_asked_for_is_ignored) {
  CHECK_TRUE(answer(good(60s)) == NameState::unknown);
  book.use({"a.test"}, now);
  CHECK_TRUE(answer(good(60s)) == NameState::unknown);
}

TEST(name_book, what_an_agent_before_has_published_is_kept_as_last_good) {
  book.remember("a.test", addresses({"192.0.2.9"}), now);
  book.remember("old.test", addresses({"192.0.2.8"}), now);
  book.use({"a.test"}, now);

  CHECK_EQUAL(std::string("ask a.test"), take());
  CHECK_TRUE(answer(bad()) == NameState::known);
  CHECK_EQUAL(std::string(""), take());
  now += 3600s;
  CHECK_EQUAL(std::string("ask a.test"), take());
  CHECK_EQUAL(std::string("forget old.test"), take());
}
