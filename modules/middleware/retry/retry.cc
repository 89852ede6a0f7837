// SPDX-License-Identifier: MIT
#include "modules/middleware/retry/retry.h"

#include "core/random.h"
#include "http/collect.h"
#include "http/status_ranges.h"
#include "http/tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pm {
namespace {

using namespace http;

constexpr std::uint64_t longest_pause_ms = 60000;
constexpr std::uint64_t longest_series_ms = 15 * 60 * 1000;

struct RetryOptions {
  config::At<std::int64_t> attempts;
  Duration initial_interval{};
  Duration timeout{};
  config::MarkedTexts status;
  std::int64_t max_body = 2097152;
  config::At<bool> disable_network_rule;
  bool retry_any_method = false;
};
constexpr config::Option options[] = {
    config::option<&RetryOptions::attempts>("attempts", "tries in all, the first one included"),
    config::option<&RetryOptions::initial_interval>("initialInterval",
                                                    "pause before the second try; later ones grow"),
    config::option<&RetryOptions::timeout>("timeout", "no try begins after this time; 0: no bound"),
    config::option<&RetryOptions::status>("status",
                                          "answers with these are asked for again: 503, 500-599"),
    config::option<&RetryOptions::max_body>(
        "maxRequestBodyBytes", "with status: larger bodies are sent once; -1: no bound")
        .in("bytes"),
    config::option<&RetryOptions::disable_network_rule>(
        "disableRetryOnNetworkError", "do not try again because a server could not be reached"),
    config::option<&RetryOptions::retry_any_method>("retryNonIdempotentMethod",
                                                    "with status: POST, PATCH and LOCK too"),
};
constexpr config::Section keys = config::section_of<RetryOptions>(options);

struct RetryRules {
  std::uint32_t attempts = 1;
  double first_pause_ms = 0;
  std::uint64_t timeout_ms = 0;
  StatusRanges status;
  std::uint64_t max_body = 0;
  bool network = true;
  bool any_method = false;
};

struct RetryState {
  const Collector* collector;
  std::uint64_t began_ms;
  std::uint32_t tries;
  bool by_status;
};

class Retry final : public Middleware {
 public:
  explicit Retry(RetryRules rules) : rules_(std::move(rules)) {}
  Hooks hooks() const noexcept override {
    if (rules_.attempts < 2) return {};
    return Hook::request_headers | Hook::response_headers | Hook::waits;
  }
  std::size_t state_size() const noexcept override { return sizeof(RetryState); }
  Verdict on_request_headers(Link link) const noexcept override;
  Verdict on_response_headers(Link link) const noexcept override;

 private:
  bool takes_method(const Request& request) const noexcept;
  bool is_worth_a_try(const Link& link, const RetryState& state) const noexcept;
  std::uint64_t pause_ms(std::uint32_t tries) const noexcept;

  RetryRules rules_;
};

bool Retry::takes_method(const Request& request) const noexcept {
  const std::string_view method = request.method;
  return rules_.any_method || (method != "POST" && method != "PATCH" && method != "LOCK");
}

Verdict Retry::on_request_headers(Link link) const noexcept {
  auto& state = link.state<RetryState>();
  Exchange& exchange = link.exchange();
  if (state.collector == nullptr) {
    state.began_ms = link.tools().loop->now_ms();
    state.tries = 1;
    state.by_status = !rules_.status.is_empty() && takes_method(exchange.request()) &&
                      !is_declared_larger(exchange.request(), rules_.max_body);
    if (state.by_status && has_body(exchange) && exchange.kept() == nullptr &&
        !exchange.request().wants_upgrade) {
      auto* collector = link.arena().make<Collector>(
          exchange, CollectLimits{.most = rules_.max_body}, link.suspend());
      state.collector = collector;
      collector->start();
      return Verdict::wait;
    }
  } else if (state.collector->result() != Collected::whole) {
    state.by_status = false;
  }
  link.keep_request();
  return Verdict::next;
}

bool Retry::is_worth_a_try(const Link& link, const RetryState& state) const noexcept {
  if (state.tries >= rules_.attempts || !link.may_repeat()) return false;
  const Response& response = link.response();
  const bool by_network = rules_.network && response.is_unsent;
  if (!by_network && !(state.by_status && rules_.status.contains(response.status))) return false;
  const std::uint64_t took = link.tools().loop->now_ms() - state.began_ms;
  return took < longest_series_ms && (rules_.timeout_ms == 0 || took < rules_.timeout_ms);
}

// middlewares-2.md, "Back-off": the k-th pause, k from 0.
std::uint64_t Retry::pause_ms(std::uint32_t tries) const noexcept {
  if (rules_.first_pause_ms <= 0) return 0;
  const double k = tries - 1;
  const double grown = rules_.first_pause_ms * std::exp2(k / (rules_.attempts - 1));
  const double factor = 0.5 + static_cast<double>(Random().below(1001)) / 1000;
  return std::min(static_cast<std::uint64_t>(std::lround(grown * factor)), longest_pause_ms);
}

Verdict Retry::on_response_headers(Link link) const noexcept {
  auto& state = link.state<RetryState>();
  if (!is_worth_a_try(link, state)) return Verdict::next;
  link.resume_after(pause_ms(state.tries), Verdict::again);
  if (++state.tries == rules_.attempts) link.last_try();
  return Verdict::again;
}

MiddlewarePtr build(const RetryOptions& given, Build& build) {
  RetryRules rules;
  bool is_good = true;
  for (const config::At<std::string>& item : given.status) {
    if (const Status added = rules.status.add(item.value); !added) {
      build.broken(item.mark, fmt::format(".status: {}", added.error().what),
                   "write 503 or 500-599");
      is_good = false;
    }
  }
  if (given.attempts.value < 1) {
    build.broken(given.attempts.mark, ".attempts must be 1 or more",
                 "write how many tries there may be");
    is_good = false;
  }
  if (given.disable_network_rule.value && given.status.empty()) {
    build.broken(given.disable_network_rule.mark, "would never try again: it has no status either",
                 "give it status, or take disableRetryOnNetworkError out");
    is_good = false;
  }
  if (!is_good) return nullptr;
  rules.attempts =
      static_cast<std::uint32_t>(std::min<std::int64_t>(given.attempts.value, 1000000));
  rules.first_pause_ms = std::chrono::duration<double, std::milli>(given.initial_interval).count();
  rules.timeout_ms = whole_milliseconds(given.timeout);
  rules.max_body = given.max_body < 0 ? UINT64_MAX : static_cast<std::uint64_t>(given.max_body);
  rules.network = !given.disable_network_rule.value;
  rules.any_method = given.retry_any_method;
  return MiddlewarePtr(new Retry(std::move(rules)));
}

}  // namespace

const MiddlewareModule retry_middleware{
    .type = {"retry", "everything inside it once more, when that is safe and may help", &keys},
    .build = build_of<RetryOptions, build>};

}  // namespace pm
