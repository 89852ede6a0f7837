// SPDX-License-Identifier: MIT
#include "modules/matcher/client_ip/client_ip.h"

#include "core/ip.h"
#include "core/text.h"

#include <fmt/format.h>

namespace pm {
namespace {

using namespace rules;

class ClientIp final : public Matcher {
 public:
  explicit ClientIp(const Cidr& block) noexcept : block_(block) {}
  bool matches(const http::Request& request) const noexcept override {
    return block_.contains(request.client.address);
  }

 private:
  Cidr block_;
};

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  const std::optional<Cidr> block = Cidr::parse(arguments[0]);
  if (!block) {
    return Error{Errc::bad_value,
                 {},
                 fmt::format("{} is neither an address nor a block; write 192.0.2.7 or 10.0.0.0/8",
                             text::quoted(arguments[0]))};
  }
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  return BuiltMatcher{MatcherPtr(new ClientIp(*block)), {}};
}

}  // namespace

const MatcherModule client_ip_matcher{"ClientIP",
                                      "the address of the client, or a CIDR block that holds it",
                                      build, "ClientIP", build};

}  // namespace pm
