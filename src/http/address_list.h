// SPDX-License-Identifier: MIT
// address_list.h -- addresses and blocks, whom they are compared with, and what those get who are refused.
//
//   in      the options that ipAllowList and ipDenyList have in common; a request
//   out     finds(): whether the client's address is in the list; nothing where the request names none that can be read
//   errors  build(): no range, one that is none, a status that cannot be an answer
//   source  middlewares-1.md sections 1.2 and 4.1 to 4.3
#pragma once

#include "http/ip_strategy.h"

#include <optional>

namespace pm::http {

struct AddressListOptions {
  config::MarkedTexts source_range;
  std::optional<IpStrategyOptions> strategy;
  config::At<std::int64_t> reject_status;
};
inline constexpr config::Option address_range_option =
    config::option<&AddressListOptions::source_range>(
        "sourceRange", "addresses and blocks that may pass, or that are refused");
inline constexpr config::Option address_strategy_option =
    config::section<&AddressListOptions::strategy>(
        "ipStrategy", ip_strategy_keys, "which address is looked at; without it, the peer's")
        .empty();
inline constexpr config::Option address_list_options[] = {
    address_range_option,
    address_strategy_option,
    config::option<&AddressListOptions::reject_status>("rejectStatusCode",
                                                       "what those get who are refused")
        .with_default("403"),
};
inline constexpr config::Section address_list_keys =
    config::section_of<AddressListOptions>(address_list_options);

class AddressList {
 public:
  static std::optional<AddressList> build(const AddressListOptions& given, Build& build);
  std::optional<bool> finds(const Request& request) const noexcept;
  Verdict refuse(Link link) const noexcept;

 private:
  CidrSet ranges_;
  IpStrategy strategy_;
  std::uint16_t status_ = 403;
};

}  // namespace pm::http
