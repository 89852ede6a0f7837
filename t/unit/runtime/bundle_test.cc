// SPDX-License-Identifier: MIT
#include "runtime/bundle.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cstring>
#include <memory>

using namespace pm;
using runtime::Bundle;
using runtime::BundleContent;
using runtime::Plan;
using runtime::PlanAddress;

namespace {

runtime::PlanAddress address(std::string_view name, std::uint16_t port) {
  PlanAddress made;
  made.name.set(name);
  made.port = port;
  return made;
}

}  // namespace

TEST_GROUP(bundle) {
  os::Fd memory;

  void setup() override {
    memory = os::make_memory("test").value();
  }
  void teardown() override {
    memory.reset();
  }

  static BundleContent content() {
    BundleContent made;
    made.plan.workers = 3;
    made.plan.user.set("nobody");
    made.addresses = {address("web", 80), address("admin", 81)};
    made.config = "the encoded configuration";
    made.findings = "wfirst\nesecond\n";
    return made;
  }
  // What the master says to a Plan whose bytes somebody has changed.
  template <class F>
  bool accepts(F && change) {
    CHECK_TRUE(runtime::write_bundle(memory.number(), content()).has_value());
    const auto mapping = os::map_sealed(memory.number(), Plan::max_size);
    const std::string_view bytes = mapping.value().bytes();
    const std::size_t words = (bytes.size() + 7) / 8;
    const auto copy = std::make_unique<std::uint64_t[]>(words);
    std::memcpy(copy.get(), bytes.data(), bytes.size());
    change(*reinterpret_cast<Plan*>(copy.get()));
    return runtime::sound_plan({reinterpret_cast<const char*>(copy.get()), bytes.size()}) !=
           nullptr;
  }
};

TEST(bundle, what_was_written_is_read) {
  CHECK_TRUE(runtime::write_bundle(memory.number(), content()).has_value());

  const auto bundle = Bundle::open(memory.number());

  CHECK_TRUE(bundle.has_value());
  LONGS_EQUAL(3, bundle.value().plan().workers);
  CHECK_EQUAL(std::string_view("nobody"), bundle.value().plan().user.view());
  LONGS_EQUAL(2, bundle.value().plan().addresses().size());
  CHECK_EQUAL(std::string_view("admin"), bundle.value().plan().addresses()[1].name.view());
  LONGS_EQUAL(81, bundle.value().plan().addresses()[1].port);
  CHECK_EQUAL(std::string_view("the encoded configuration"), bundle.value().config());
}

TEST(bundle, findings_come_back_with_their_weight) {
  CHECK_TRUE(runtime::write_bundle(memory.number(), content()).has_value());
  const auto bundle = Bundle::open(memory.number());

  std::string seen;
  bundle.value().for_each_finding([&](Level level, std::string_view line) {
    seen.append(level_name(level)).append(" ").append(line).append(";");
  });

  CHECK_EQUAL(std::string("warn first;error second;"), seen);
}

TEST(bundle, an_unsealed_one_is_refused) {
  CHECK_TRUE(os::write_all(memory.number(), std::string(sizeof(Plan), '\0')).has_value());

  CHECK_FALSE(Bundle::open(memory.number()).has_value());
}

TEST(bundle, a_short_one_is_refused) {
  CHECK_TRUE(os::write_all(memory.number(), "pm PLAN1").has_value());
  CHECK_TRUE(os::seal(memory.number()).has_value());

  CHECK_FALSE(Bundle::open(memory.number()).has_value());
}

TEST(bundle, an_untouched_plan_is_sound) {
  CHECK_TRUE(accepts([](Plan&) {}));
}

TEST(bundle, another_magic_is_not_sound) {
  CHECK_FALSE(accepts([](Plan& plan) { plan.magic ^= 1; }));
}

TEST(bundle, sizes_that_do_not_add_up_are_not_sound) {
  CHECK_FALSE(accepts([](Plan& plan) { plan.total_size += 1; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.config_offset = plan.total_size + 1; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.config_size = ~std::uint64_t{0}; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.findings_offset = 8; }));
}

TEST(bundle, more_addresses_than_there_are_is_not_sound) {
  CHECK_FALSE(accepts([](Plan& plan) { plan.address_count = Plan::max_addresses; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.address_count = ~0u; }));
}

TEST(bundle, a_text_longer_than_its_place_is_not_sound) {
  CHECK_FALSE(accepts([](Plan& plan) { plan.pid_path.size = 1025; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.spill_path.size = 1025; }));
  setup();
  CHECK_FALSE(
      accepts([](Plan& plan) { const_cast<PlanAddress&>(plan.addresses()[0]).name.size = 129; }));
}

TEST(bundle, a_path_with_a_zero_byte_is_not_sound) {
  CHECK_FALSE(accepts([](Plan& plan) { plan.pid_path.size = 1; }));
}

TEST(bundle, numbers_out_of_their_range_are_not_sound) {
  CHECK_FALSE(accepts([](Plan& plan) { plan.workers = 0; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.workers = Plan::max_workers + 1; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.grace_ms = -1; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.affinity = runtime::PlanAffinity::masks; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.mask_count = 65; }));
  setup();
  CHECK_FALSE(accepts([](Plan& plan) { plan.sandbox = static_cast<os::SandboxMode>(3); }));
}

TEST(bundle, a_text_too_long_for_its_place_is_not_stored) {
  runtime::BoundedText<4> text;

  CHECK_TRUE(text.set("1234"));
  CHECK_FALSE(text.set("12345"));
  CHECK_EQUAL(std::string_view("1234"), text.view());
}
