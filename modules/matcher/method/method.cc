// SPDX-License-Identifier: MIT
#include "modules/matcher/method/method.h"

#include "core/text.h"

namespace pm {
namespace {

using namespace rules;

class Method final : public Matcher {
 public:
  explicit Method(std::string method) noexcept : method_(std::move(method)) {}
  bool matches(const http::Request& request) const noexcept override {
    return request.method == method_;
  }

 private:
  std::string method_;
};

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  return BuiltMatcher{MatcherPtr(new Method(text::to_upper(arguments[0]))), {}};
}

}  // namespace

const MatcherModule method_matcher{"Method", "the request method", build, "Method", build};

}  // namespace pm
