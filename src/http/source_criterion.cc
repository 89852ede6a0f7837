// SPDX-License-Identifier: MIT
#include "http/source_criterion.h"

#include <cstring>

namespace pm::http {
namespace {

constexpr config::Option options[] = {
    config::section<&SourceOptions::ip_strategy>("ipStrategy", ip_strategy_keys,
                                                 "by this address of the client"),
    config::option<&SourceOptions::header>("requestHeaderName",
                                           "by the first value of this header"),
    config::option<&SourceOptions::host>("requestHost", "by the Host, as sent"),
};

}  // namespace

constexpr config::Section source_criterion_keys = config::section_of<SourceOptions>(options);

std::optional<SourceCriterion> SourceCriterion::build(const SourceOptions* given, By otherwise,
                                                      Build& build) {
  SourceCriterion criterion;
  criterion.by_ = otherwise;
  if (given == nullptr) return criterion;
  const bool by_header = !given->header.value.empty();
  const bool by_host = given->host.value;
  if (given->ip_strategy.has_value() + by_header + by_host > 1) {
    build.broken(by_host ? given->host.mark : given->header.mark,
                 ".sourceCriterion has more than one criterion",
                 "keep one of ipStrategy, requestHeaderName and requestHost");
    return std::nullopt;
  }
  if (by_host) criterion.by_ = By::host;
  if (by_header) {
    criterion.by_ = By::header;
    criterion.header_ = given->header.value;
  }
  if (given->ip_strategy) {
    auto address = IpStrategy::build(&*given->ip_strategy, build);
    if (!address) return std::nullopt;
    criterion.by_ = By::address;
    criterion.address_ = std::move(*address);
  }
  return criterion;
}

std::string_view SourceCriterion::select(const Request& request, Room& room) const noexcept {
  switch (by_) {
    case By::header: return request.headers.get(header_);
    case By::host: return request.authority;
    case By::address: break;
  }
  const std::optional<Address> address = address_.select(request);
  if (!address) return {};
  static_assert(sizeof(address->bytes()) == sizeof room);
  std::memcpy(room.data(), address->bytes().data(), room.size());
  return {room.data(), room.size()};
}

}  // namespace pm::http
