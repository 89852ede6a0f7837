// SPDX-License-Identifier: MIT
#include "runtime/succession.h"

#include "config/codec.h"
#include "t/lib/config_trial.h"

#include <CppUTest/TestHarness.h>
#include <uv.h>

#include <algorithm>
#include <atomic>
#include <memory>

using namespace pm;
using runtime::Bundle;

namespace {

// A part of each Runtime: as many live as there are configurations in memory. Made and destroyed on threads.
std::atomic<int> living;
std::atomic<int> most;

class Counted final : public rules::Matcher {
 public:
  Counted() { most = std::max<int>(most, ++living); }
  ~Counted() override { --living; }
  bool matches(const http::Request&) const noexcept override { return true; }
};

const rules::MatcherModule counted{
    .name = "Counted",
    .help = "",
    .build = [](std::span<const std::string>) -> Result<rules::BuiltMatcher> {
      return rules::BuiltMatcher{std::make_unique<Counted>(), {}};
    },
    .v2_name = "",
    .build_v2 = nullptr};
const rules::MatcherModule* const matchers[] = {&counted};

config::Config configuration() {
  config::trial::Trial trial(
      "entryPoints: {web: {address: ':80'}}\n"
      "http: {routers: {r: {rule: 'Counted(`x`)', service: noop@internal}}}\n");
  trial.complete();
  return trial.config;
}

}  // namespace

TEST_GROUP(succession) {
  uv_loop_t uv{};
  runtime::Modules modules{.matchers = matchers, .balancers = {}, .middlewares = {}};
  std::unique_ptr<net::Loop> loop;
  std::unique_ptr<upstream::PoolBook> pools;
  std::unique_ptr<runtime::Succession> succession;
  const runtime::Runtime* present = nullptr;

  void setup() override {
    MemoryLeakWarningPlugin::turnOnThreadSafeNewDeleteOverloads();
    living = most = 0;
    uv_loop_init(&uv);
    loop = net::Loop::create(&uv).value();
    pools = std::make_unique<upstream::PoolBook>(upstream::PoolBook::Options{.loop = loop.get()});
    runtime::Succession::Options options;
    options.loop = loop.get();
    options.modules = &modules;
    options.runtime.pools = pools.get();
    options.pools = pools.get();
    options.present = [this](const runtime::Runtime* one) {
      present = one;
    };
    succession = std::make_unique<runtime::Succession>(std::move(options));
    succession->begin(configuration());
  }
  void teardown() override {
    succession.reset();
    pools.reset();
    loop.reset();
    uv_run(&uv, UV_RUN_DEFAULT);
    CHECK_EQUAL(0, uv_loop_close(&uv));
    MemoryLeakWarningPlugin::turnOnDefaultNotThreadSafeNewDeleteOverloads();
  }

  static Bundle bundle() {
    os::Fd memory = os::make_memory("test").value();
    runtime::BundleContent content;
    content.plan.workers = 1;
    content.config = config::encode(configuration());
    CHECK_TRUE(runtime::write_bundle(memory.number(), std::move(content)).has_value());
    return Bundle::open(memory.number()).value();
  }
  // Until the next one is in force.
  void reload() {
    bool ended = false;
    succession->replace(bundle(), [&](bool) { ended = true; });
    while (!ended)
      loop->round();
  }
  void reload(int times) {
    for (int i = 0; i < times; ++i)
      reload();
  }
};

// Faster than the wheel turns: nothing may wait for it.
TEST(succession, of_configurations_that_follow_one_another_two_are_in_memory) {
  reload(50);

  CHECK_EQUAL(2, most.load());
}

TEST(succession, what_an_exchange_holds_whole_stays) {
  const runtime::Runtime* held = present;
  ++held->holders;

  reload(50);

  CHECK_EQUAL(3, most.load());
  --held->holders;
}
