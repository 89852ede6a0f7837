// SPDX-License-Identifier: MIT
// ip_strategy.h -- which address stands for the client: the peer's, or one that X-Forwarded-For names.
//
//   in      the section `ipStrategy` of a middleware; a request
//   out     an address, or nothing where the request names none that can be read
//   cost    the peer's: a copy. Else a walk over one header value, from the right
//   source  middlewares-1.md section 1.2
#pragma once

#include "config/option.h"
#include "core/cidr_set.h"
#include "http/module.h"
#include "http/request.h"

#include <optional>

namespace pm::http {

struct IpStrategyOptions {
  std::int64_t depth = 0;
  config::MarkedTexts excluded_ips;
  std::optional<config::At<std::int64_t>> ipv6_subnet;
};
inline constexpr config::Option ip_strategy_options[] = {
    config::option<&IpStrategyOptions::depth>(
        "depth",
        "take this entry of X-Forwarded-For, counted from the "
        "right; 0 or less: none"),
    config::option<&IpStrategyOptions::excluded_ips>(
        "excludedIPs", "take the last entry that is none of these addresses and blocks"),
    config::option<&IpStrategyOptions::ipv6_subnet>(
        "ipv6Subnet", "count IPv6 addresses by networks of this length"),
};
inline constexpr config::Section ip_strategy_keys =
    config::section_of<IpStrategyOptions>(ip_strategy_options);

class IpStrategy {
 public:
  // Nothing (and a finding) when an option is out of range. null: no strategy, the peer's address.
  static std::optional<IpStrategy> build(const IpStrategyOptions* options, Build& build);
  std::optional<Address> select(const Request& request) const noexcept;
  // Whatever the request says: select() is request.client.address.
  bool takes_peer() const noexcept { return depth_ == 0 && subnet_ == 0 && excluded_.empty(); }

 private:
  std::optional<Address> select_text(const Request& request) const noexcept;
  std::optional<Address> read(std::string_view item) const noexcept;
  std::uint64_t depth_ = 0;
  CidrSet excluded_;
  unsigned subnet_ = 0;  // 0: whole addresses
};

// An address as headers have it: a port behind it is cut, brackets and zone are left out.
std::optional<Address> read_address(std::string_view text) noexcept;

// `sourceRange` and its like. False, with a finding for each, when one is no address and no block.
bool read_blocks(const config::MarkedTexts& texts, std::string_view option, Build& build,
                 CidrSet& set);

}  // namespace pm::http
