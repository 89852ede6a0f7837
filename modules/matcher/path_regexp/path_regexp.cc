// SPDX-License-Identifier: MIT
#include "modules/matcher/path_regexp/path_regexp.h"

#include "core/regex.h"

namespace pm {
namespace {

using namespace rules;

class PathRegexp final : public Matcher {
 public:
  explicit PathRegexp(Regex expression) noexcept : expression_(std::move(expression)) {}
  bool matches(const http::Request& request) const noexcept override {
    return expression_.matches(request.routing_path);
  }

 private:
  Regex expression_;
};

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  PM_TRY(auto expression, Regex::compile(arguments[0]));
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  return BuiltMatcher{MatcherPtr(new PathRegexp(std::move(expression))), {}};
}

}  // namespace

const MatcherModule path_regexp_matcher{
    "PathRegexp", "a regular expression found in the path", build, {}, nullptr};

}  // namespace pm
