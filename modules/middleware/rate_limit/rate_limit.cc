// SPDX-License-Identifier: MIT
#include "modules/middleware/rate_limit/rate_limit.h"

#include "core/number.h"
#include "core/text.h"
#include "http/tools.h"
#include "modules/middleware/rate_limit/options.h"
#include "shm/buckets.h"

#include <algorithm>
#include <cmath>

namespace pm {
namespace {

using namespace http;
using rate_limit::RateLimitOptions;
using std::chrono::nanoseconds;

constexpr std::uint64_t ns_per_second = 1'000'000'000;
constexpr std::uint64_t ns_per_ms = 1'000'000;

struct RateLimitRules {
  std::uint64_t average = 0;  // 0: no limit
  shm::Rate rate{1, 1, 1, 0};
  SourceCriterion source;
  std::uint64_t identity = 0;
  bool tells = false;  // by fields of the answer
};

struct RateLimitState {
  std::uint64_t remaining;
  std::uint64_t full_ns;
  bool is_decided;
};

class RateLimit final : public Middleware {
 public:
  explicit RateLimit(RateLimitRules rules) : rules_(std::move(rules)) {}
  Hooks hooks() const noexcept override {
    if (rules_.average == 0) return {};
    const Hooks limits = Hook::request_headers | Hook::waits;
    return rules_.tells ? limits | Hook::response_headers : limits;
  }
  std::size_t state_size() const noexcept override {
    return rules_.tells && rules_.average != 0 ? sizeof(RateLimitState) : 0;
  }
  Verdict on_request_headers(Link link) const noexcept override;
  Verdict on_response_headers(Link link) const noexcept override;

 private:
  Verdict refuse(Link link, const shm::Decision& decision) const noexcept;
  void tell(Link link, const RateLimitState& state) const noexcept;

  RateLimitRules rules_;
};

// Read anew for each request: a loop that is busy would hand out old times, and with them tokens that are gone.
std::uint64_t now_ns() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(nanoseconds(now).count());
}

constexpr std::uint64_t rounded_up(std::uint64_t value, std::uint64_t unit) noexcept {
  return value / unit + (value % unit != 0 ? 1 : 0);
}

std::string_view decimal(Link link, std::uint64_t value) noexcept {
  char digits[20];
  return link.arena().copy({digits, text::write_decimal(digits, value)});
}

Verdict RateLimit::on_request_headers(Link link) const noexcept {
  shm::Buckets* const buckets = link.tools().buckets;
  if (buckets == nullptr) return Verdict::next;
  SourceCriterion::Room room;
  const std::uint64_t key =
      buckets->key_of(rules_.identity, rules_.source.select(link.request(), room));
  const shm::Decision decision = buckets->take(key, rules_.rate, now_ns());
  if (rules_.tells) link.state<RateLimitState>() = {decision.remaining, decision.full_ns, true};
  switch (decision.admission) {
    case shm::Admission::pass: return Verdict::next;
    case shm::Admission::refuse: return refuse(link, decision);
    case shm::Admission::hold: break;
  }
  link.resume_after(rounded_up(decision.wait_ns, ns_per_ms), Verdict::next);
  return Verdict::wait;
}

Verdict RateLimit::refuse(Link link, const shm::Decision& decision) const noexcept {
  link.reply_bare(429);
  const auto wait = nanoseconds(static_cast<std::int64_t>(decision.wait_ns));
  Headers& headers = link.response().headers;
  headers.append("Retry-After", decimal(link, rounded_up(decision.wait_ns, ns_per_second)));
  headers.append("X-Retry-In", link.arena().copy(format_duration(wait)));
  if (rules_.tells) tell(link, link.state<RateLimitState>());
  return Verdict::respond;
}

Verdict RateLimit::on_response_headers(Link link) const noexcept {
  const auto& state = link.state<RateLimitState>();
  if (state.is_decided) tell(link, state);
  return Verdict::next;
}

void RateLimit::tell(Link link, const RateLimitState& state) const noexcept {
  Headers& headers = link.response().headers;
  headers.set("X-RateLimit-Limit", decimal(link, rules_.average));
  headers.set("X-RateLimit-Remaining", decimal(link, state.remaining));
  headers.set("X-RateLimit-Reset", decimal(link, rounded_up(state.full_ns, ns_per_second)));
}

// middlewares-2.md section 5.1: half of what one token takes to come, by whole tokens a second.
std::uint64_t longest_hold_ns(double tokens_per_second) noexcept {
  if (tokens_per_second < 1) return ns_per_second / 2;
  return static_cast<std::uint64_t>(static_cast<double>(ns_per_second) /
                                    (2 * std::floor(tokens_per_second)));
}

// What would make one limit of several boxes.
bool complain_of_sharing(const RateLimitOptions& given, Build& build) {
  bool is_good = true;
  const auto not_yet = [&](config::Mark mark, std::string what) {
    build.broken(mark, std::move(what), "take it out: the limit holds for this box");
    is_good = false;
  };
  if (given.redis) {
    const config::MarkedTexts& endpoints = given.redis->endpoints;
    not_yet(endpoints.empty() ? config::Mark{} : endpoints[0].mark, ".redis is not supported yet");
  }
  if (given.distributed.value)
    not_yet(given.distributed.mark, ".distributed: true is not supported yet");
  if (given.sync_interval && !given.distributed.value)
    build.warn(given.sync_interval->mark, ".syncInterval has no effect without distributed",
               "take it out");
  if (given.deny_on_error.value && !given.distributed.value)
    build.warn(given.deny_on_error.mark, ".denyOnError has no effect without distributed",
               "take it out");
  return is_good;
}

MiddlewarePtr build(const RateLimitOptions& given, Build& build) {
  bool is_good = complain_of_sharing(given, build);
  if (given.period.value < Duration::zero()) {
    build.broken(given.period.mark, ".period must not be negative",
                 "write the time in which average requests may come: 1s");
    is_good = false;
  }
  auto source = SourceCriterion::build(given.source ? &*given.source : nullptr,
                                       SourceCriterion::By::address, build);
  if (!source || !is_good) return nullptr;
  RateLimitRules rules;
  rules.source = std::move(*source);
  rules.identity = build.identity();
  rules.tells = given.response_headers;
  if (given.average > 0) {
    const std::int64_t period = given.period.value.count();
    const auto period_ns = period == 0 ? ns_per_second : static_cast<std::uint64_t>(period);
    rules.average = static_cast<std::uint64_t>(given.average);
    const double tokens_per_second = static_cast<double>(rules.average) *
                                     static_cast<double>(ns_per_second) /
                                     static_cast<double>(period_ns);
    const auto burst = static_cast<std::uint64_t>(std::max<std::int64_t>(given.burst, 1));
    rules.rate = shm::Rate(rules.average, period_ns, burst, longest_hold_ns(tokens_per_second));
  }
  return MiddlewarePtr(new RateLimit(std::move(rules)));
}

}  // namespace

const MiddlewareModule rate_limit_middleware{
    .type = {"rateLimit", "of each source only so many requests in a time",
             &rate_limit::rate_limit_keys},
    .build = build_of<RateLimitOptions, build>,
    .is_stateful = true};

}  // namespace pm
