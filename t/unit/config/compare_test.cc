// SPDX-License-Identifier: MIT
#include "config/compare.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;

TEST_GROUP(compare){
    static Router router(std::string name, std::string rule, std::uint32_t line = 1){Router made;
made.name = std::move(name);
made.provider = "file";
made.rule.value = std::move(rule);
made.rule.mark = {1, line, 1};
made.mark = {1, line, 1};
return made;
}
}
;

TEST(compare, places_do_not_count) {
  Dynamic before;
  Dynamic after;
  before.routers = {router("a", "Host(`a`)", 3)};
  after.routers = {router("a", "Host(`a`)", 8)};

  CHECK_FALSE(compare(before, after).any);
}

TEST(compare, objects_come_and_go_and_change) {
  Dynamic before;
  Dynamic after;
  before.routers = {router("a", "Host(`a`)"), router("b", "Host(`b`)"), router("c", "Host(`c`)")};
  after.routers = {router("a", "Host(`x`)"), router("c", "Host(`c`)"), router("d", "Host(`d`)"),
                   router("e", "Host(`e`)")};

  const DynamicChanges changes = compare(before, after);

  CHECK_TRUE(changes.any);
  LONGS_EQUAL(2, changes.routers.added);
  LONGS_EQUAL(1, changes.routers.changed);
  LONGS_EQUAL(1, changes.routers.removed);
  LONGS_EQUAL(0, changes.services.added);
}

TEST(compare, what_is_no_object_counts_as_a_change) {
  Dynamic before;
  Dynamic after;
  after.certificates.emplace_back().key_kind = "rsa";

  CHECK_TRUE(compare(before, after).any);
}

TEST(compare, static_parts_are_the_same_by_their_words) {
  Static before;
  Static after;
  before.user.mark = {1, 2, 3};
  CHECK_TRUE(same_static(before, after));

  after.worker_connections = 17;
  CHECK_FALSE(same_static(before, after));
}
