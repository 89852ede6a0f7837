// SPDX-License-Identifier: MIT
#include "modules/middleware/ip_allow_list/ip_allow_list.h"

#include "http/ip_strategy.h"

#include <fmt/format.h>

namespace pm {
namespace {

using namespace http;

struct IpAllowListOptions {
  config::MarkedTexts source_range;
  std::optional<IpStrategyOptions> strategy;
  config::At<std::int64_t> reject_status;
};
constexpr config::Option range_option = config::option<&IpAllowListOptions::source_range>(
    "sourceRange", "addresses and blocks that may pass");
constexpr config::Option strategy_option =
    config::section<&IpAllowListOptions::strategy>(
        "ipStrategy", ip_strategy_keys, "which address is looked at; without it, the peer's")
        .empty();
constexpr config::Option options[] = {
    range_option,
    strategy_option,
    config::option<&IpAllowListOptions::reject_status>("rejectStatusCode", "what the others get")
        .with_default("403"),
};
constexpr config::Section keys = config::section_of<IpAllowListOptions>(options);
constexpr config::Option old_options[] = {range_option, strategy_option};
constexpr config::Section old_keys = config::section_of<IpAllowListOptions>(old_options);

class IpAllowList final : public Middleware {
 public:
  IpAllowList(CidrSet ranges, IpStrategy strategy, std::uint16_t status)
      : ranges_(std::move(ranges)), strategy_(std::move(strategy)), status_(status) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  CidrSet ranges_;
  IpStrategy strategy_;
  std::uint16_t status_;
};

Verdict IpAllowList::on_request_headers(Link link) const noexcept {
  const auto address = strategy_.select(link.request());
  if (address && ranges_.contains(*address)) return Verdict::next;
  link.reply_bare(status_);
  return Verdict::respond;
}

MiddlewarePtr build(const IpAllowListOptions& given, Build& build) {
  CidrSet ranges;
  if (given.source_range.empty()) {
    build.broken({}, ".sourceRange is empty: nobody could pass", "write the addresses that may");
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
      new IpAllowList(std::move(ranges), std::move(*strategy), static_cast<std::uint16_t>(status)));
}

}  // namespace

const MiddlewareModule ip_allow_list_middleware{
    .type = {"ipAllowList", "some addresses pass, the others are refused", &keys},
    .build = build_of<IpAllowListOptions, build>,
    .old_type = {.key = "ipWhiteList",
                 .help = "old name of ipAllowList",
                 .options = &old_keys,
                 .is_old_name = true},
    .build_old = build_of<IpAllowListOptions, build>};

}  // namespace pm
