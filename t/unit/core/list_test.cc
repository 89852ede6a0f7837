// SPDX-License-Identifier: MIT
#include "core/list.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;

namespace {

struct Idle;
struct All;

struct Item : ListNode<Idle>, ListNode<All> {
  explicit Item(char n) : name(n) {}
  char name;
};

}  // namespace

TEST_GROUP(list) {
  Item a{'a'};
  Item b{'b'};
  Item c{'c'};
  List<Item, Idle> idle;
  List<Item, All> all;

  std::string order() {
    std::string out;
    idle.for_each([&](Item& item) { out += item.name; });
    return out;
  }
};

TEST(list, elements_keep_the_order_in_which_they_came) {
  idle.push_back(b);
  idle.push_back(c);
  idle.push_front(a);

  CHECK_EQUAL(std::string("abc"), order());
  CHECK_EQUAL('a', idle.front().name);
  CHECK_EQUAL('c', idle.back().name);
}

TEST(list, an_element_may_leave_from_the_middle) {
  idle.push_back(a);
  idle.push_back(b);
  idle.push_back(c);

  static_cast<ListNode<Idle>&>(b).unlink();
  static_cast<ListNode<Idle>&>(b).unlink();

  CHECK_EQUAL(std::string("ac"), order());
}

TEST(list, an_element_is_in_two_lists_at_a_time) {
  idle.push_back(a);
  all.push_back(a);

  CHECK_EQUAL('a', idle.pop_front().name);

  CHECK_TRUE(idle.empty());
  CHECK_FALSE(all.empty());
}

TEST(list, a_visitor_may_unlink_what_it_is_given) {
  idle.push_back(a);
  idle.push_back(b);

  idle.for_each([](Item& item) { static_cast<ListNode<Idle>&>(item).unlink(); });

  CHECK_TRUE(idle.empty());
}

TEST(list, all_elements_move_to_the_end_of_another) {
  List<Item, Idle> other;
  idle.push_back(a);
  other.push_back(b);
  other.push_back(c);

  idle.take_all(other);

  CHECK_TRUE(other.empty());
  CHECK_EQUAL(std::string("abc"), order());
}
