// SPDX-License-Identifier: MIT
#include "runtime/middleware_plan.h"

#include "t/lib/config_trial.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;

namespace {

// Tells its identity by the size of its state.
class Told final : public http::Middleware {
 public:
  explicit Told(std::uint64_t identity) : identity_(identity) {}
  http::Hooks hooks() const noexcept override { return {}; }
  std::size_t state_size() const noexcept override { return identity_; }

 private:
  std::uint64_t identity_;
};

struct ToldOptions {
  std::int64_t size = 0;
};
constexpr config::Option options[] = {config::option<&ToldOptions::size>("size", "anything")};
constexpr config::Section keys = config::section_of<ToldOptions>(options);

http::MiddlewarePtr build(const ToldOptions&, http::Build& build) {
  return http::MiddlewarePtr(new Told(build.identity()));
}

const http::MiddlewareModule stateful{.type = {"stateful", "", &keys},
                                      .build = http::build_of<ToldOptions, build>,
                                      .is_stateful = true};
const http::MiddlewareModule stateless{.type = {"stateless", "", &keys},
                                       .build = http::build_of<ToldOptions, build>};
const http::MiddlewareModule* const middlewares[] = {&stateful, &stateless};

}  // namespace

TEST_GROUP(middleware_plan) {
  runtime::Modules modules{.matchers = {}, .balancers = {}, .middlewares = middlewares};
  config::Config config;
  runtime::MiddlewarePlans plans;

  void plan(std::string_view text) {
    config::trial::Trial trial{"http:\n  middlewares:\n" + std::string(text)};
    config = trial.config;
    plans = runtime::plan_middlewares(config, modules, trial.findings);
  }
  std::uint64_t identity(std::string_view user, const std::vector<std::string>& names,
                         std::size_t place = 0) {
    return runtime::links_before(plans, user, names)[place]->state_size();
  }
};

TEST(middleware_plan, who_has_state_is_each_users_own_and_always_the_same) {
  plan("    a: {stateful: {size: 1}}\n");

  const auto web = runtime::links_before(plans, "router web@file", {"a@file"});
  const auto again = runtime::links_before(plans, "router web@file", {"a@file"});
  const auto other = runtime::links_before(plans, "router other@file", {"a@file"});

  CHECK_TRUE(web == again);
  CHECK_TRUE(web[0] != other[0]);
  CHECK_TRUE(web[0]->state_size() != other[0]->state_size());
  CHECK_TRUE(identity("service web@file", {"a@file"}) != web[0]->state_size());
}

TEST(middleware_plan, who_has_none_is_shared) {
  plan("    a: {stateless: {size: 1}}\n");

  CHECK_TRUE(runtime::links_before(plans, "router web@file", {"a@file"}) ==
             runtime::links_before(plans, "router other@file", {"a@file"}));
  CHECK_EQUAL(0u, identity("router web@file", {"a@file"}));
}

TEST(middleware_plan, an_identity_is_that_of_what_is_written_wherever_it_stands) {
  plan("    a: {stateful: {size: 1}}\n");
  const std::uint64_t before = identity("router web@file", {"a@file"});

  plan("    new: {stateless: {size: 2}}\n    a:\n      stateful:\n        size: 1\n");
  CHECK_EQUAL(before, identity("router web@file", {"a@file"}));

  plan("    a: {stateful: {size: 2}}\n");
  CHECK_TRUE(before != identity("router web@file", {"a@file"}));

  plan("    b: {stateful: {size: 1}}\n");
  CHECK_TRUE(before != identity("router web@file", {"b@file"}));
}

TEST(middleware_plan, named_twice_it_is_two_and_a_chain_leads_to_the_same_one) {
  plan("    a: {stateful: {size: 1}}\n    c: {chain: {middlewares: [a]}}\n");

  CHECK_TRUE(identity("router web@file", {"a@file", "a@file"}, 0) !=
             identity("router web@file", {"a@file", "a@file"}, 1));
  CHECK_EQUAL(identity("router web@file", {"a@file"}), identity("router web@file", {"c@file"}));
}
