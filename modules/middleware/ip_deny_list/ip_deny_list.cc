// SPDX-License-Identifier: MIT
#include "modules/middleware/ip_deny_list/ip_deny_list.h"

#include "http/ip_strategy.h"

#include <fmt/format.h>

namespace pm {
namespace {

using namespace http;

struct IpDenyListOptions {
  config::MarkedTexts source_range;
  std::optional<IpStrategyOptions> strategy;
  config::At<std::int64_t> reject_status;
};
constexpr config::Option options[] = {
    config::option<&IpDenyListOptions::source_range>("sourceRange",
                                                     "addresses and blocks that are refused"),
    config::section<&IpDenyListOptions::strategy>(
        "ipStrategy", ip_strategy_keys, "which address is looked at; without it, the peer's")
        .empty(),
    config::option<&IpDenyListOptions::reject_status>("rejectStatusCode", "what they get")
        .with_default("403"),
};
constexpr config::Section keys = config::section_of<IpDenyListOptions>(options);

class IpDenyList final : public Middleware {
 public:
  IpDenyList(CidrSet ranges, IpStrategy strategy, std::uint16_t status)
      : ranges_(std::move(ranges)), strategy_(std::move(strategy)), status_(status) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  CidrSet ranges_;
  IpStrategy strategy_;
  std::uint16_t status_;
};

Verdict IpDenyList::on_request_headers(Link link) const noexcept {
  const auto address = strategy_.select(link.request());
  if (address && !ranges_.contains(*address)) return Verdict::next;
  link.reply_bare(status_);
  return Verdict::respond;
}

MiddlewarePtr build(const IpDenyListOptions& given, Build& build) {
  CidrSet ranges;
  if (given.source_range.empty()) {
    build.broken({}, ".sourceRange is empty: it would refuse nobody",
                 "write the addresses to refuse");
    return nullptr;
  }
  const std::int64_t status = given.reject_status.value == 0 ? 403 : given.reject_status.value;
  if (status < 200 || status > 999 || reason_phrase(static_cast<std::uint16_t>(status)).empty()) {
    build.broken(given.reject_status.mark,
                 fmt::format(".rejectStatusCode: {} is no status", status), "write 403 or 404");
    return nullptr;
  }
  const bool is_good = read_blocks(given.source_range, "sourceRange", build, ranges);
  auto strategy = IpStrategy::build(given.strategy ? &*given.strategy : nullptr, build);
  if (!is_good || !strategy) return nullptr;
  return MiddlewarePtr(
      new IpDenyList(std::move(ranges), std::move(*strategy), static_cast<std::uint16_t>(status)));
}

}  // namespace

const MiddlewareModule ip_deny_list_middleware{
    .type = {"ipDenyList", "some addresses are refused, the others pass", &keys},
    .build = build_of<IpDenyListOptions, build>};

}  // namespace pm
