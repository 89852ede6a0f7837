// SPDX-License-Identifier: MIT
// source_criterion.h -- whose a request is, for those who count requests by source.
//
//   in      the section `sourceCriterion` of a middleware; a request
//   out     bytes that are equal for requests of one source: an address, the value of a header, the host as sent. What the
//           request does not name is "", a source like any other
//   cost    none beyond ip_strategy's; no copy but of an address
//   errors  two criteria at once: a finding
//   source  middlewares-1.md section 1.3
#pragma once

#include "http/ip_strategy.h"

#include <array>
#include <string>
#include <string_view>

namespace pm::http {

struct SourceOptions {
  std::optional<IpStrategyOptions> ip_strategy;
  config::At<std::string> header;
  config::At<bool> host;
};
extern const config::Section source_criterion_keys;

class SourceCriterion {
 public:
  enum class By : std::uint8_t { address, header, host };

  // `otherwise`: where the section is not there, or names none.
  static std::optional<SourceCriterion> build(const SourceOptions* options, By otherwise,
                                              Build& build);

  using Room = std::array<char, 16>;  // for an address; lives as long as what is returned
  std::string_view select(const Request& request, Room& room) const noexcept;

 private:
  By by_ = By::address;
  IpStrategy address_;
  std::string header_;
};

}  // namespace pm::http
