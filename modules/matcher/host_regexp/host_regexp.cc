// SPDX-License-Identifier: MIT
#include "modules/matcher/host_regexp/host_regexp.h"

#include "core/regex.h"

#include <algorithm>

namespace pm {
namespace {

using namespace rules;

class HostRegexp final : public Matcher {
 public:
  explicit HostRegexp(Regex expression) noexcept : expression_(std::move(expression)) {}
  bool matches(const http::Request& request) const noexcept override {
    return expression_.matches(request.host);
  }

 private:
  Regex expression_;
};

Status expect_ascii(std::string_view text) {
  const auto is_ascii = [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  };
  if (std::all_of(text.begin(), text.end(), is_ascii)) return success();
  return Error{Errc::bad_value,
               {},
               "expression must be ASCII; write names in their punycode form (xn--...)"};
}

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  PM_TRY([[maybe_unused]] auto ascii, expect_ascii(arguments[0]));
  PM_TRY(auto expression, Regex::compile(arguments[0]));
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  return BuiltMatcher{MatcherPtr(new HostRegexp(std::move(expression))), {}};
}

Result<BuiltMatcher> build_v2(std::span<const std::string> arguments) {
  PM_TRY([[maybe_unused]] auto ascii, expect_ascii(arguments[0]));
  PM_TRY(auto text, template_expression(arguments[0], TemplateKind::host));
  PM_TRY(auto expression, Regex::compile(text, Regex::Case::ignored));
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  return BuiltMatcher{MatcherPtr(new HostRegexp(std::move(expression))), {}};
}

}  // namespace

const MatcherModule host_regexp_matcher{"HostRegexp", "a regular expression found in the host",
                                        build, "HostRegexp", build_v2};

}  // namespace pm
