// SPDX-License-Identifier: MIT
// What configure wrote into build/modules.cc, as the rooms that look names up in it need it.
#include "runtime/modules.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace pm;

namespace {

// Every name by which a configuration may call a module of the kind, in the order of the table; ASCII case does not count.
void add(std::vector<std::string>& names, std::string_view name) {
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(),
                 [](unsigned char c) { return static_cast<char>(c | 0x20); });
  names.push_back(folded);
}

std::vector<std::string> balancer_names() {
  std::vector<std::string> names;
  for (const upstream::BalancerModule* module : all_modules.balancers) {
    add(names, module->name);
    for (const std::string_view alias : module->aliases)
      add(names, alias);
  }
  return names;
}

std::vector<std::string> matcher_names() {
  std::vector<std::string> names;
  for (const rules::MatcherModule* module : all_modules.matchers)
    add(names, module->name);
  return names;
}

bool has_twins(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

}  // namespace

TEST_GROUP(module_table){};

TEST(module_table, no_two_matchers_answer_to_one_name) {
  CHECK_FALSE(has_twins(matcher_names()));
}

TEST(module_table, no_two_balancers_answer_to_one_name_or_alias) {
  CHECK_FALSE(has_twins(balancer_names()));
}

TEST(module_table, modules_stand_in_the_order_of_their_keys) {
  const auto matchers = all_modules.matchers;
  CHECK_TRUE(std::is_sorted(matchers.begin(), matchers.end(),
                            [](auto* a, auto* b) { return a->name < b->name; }));
}
