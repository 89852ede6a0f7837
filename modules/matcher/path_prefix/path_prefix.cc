// SPDX-License-Identifier: MIT
#include "modules/matcher/path_prefix/path_prefix.h"

#include "core/regex.h"

namespace pm {
namespace {

using namespace rules;

class PathPrefix final : public Matcher {
 public:
  explicit PathPrefix(std::string prefix) noexcept : prefix_(std::move(prefix)) {}
  bool matches(const http::Request& request) const noexcept override {
    return request.routing_path.starts_with(prefix_);
  }

 private:
  std::string prefix_;
};

class PrefixTemplate final : public Matcher {
 public:
  explicit PrefixTemplate(Regex expression) noexcept : expression_(std::move(expression)) {}
  bool matches(const http::Request& request) const noexcept override {
    return expression_.matches(request.routing_path);
  }

 private:
  Regex expression_;  // anchored at the start
};

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  if (!arguments[0].starts_with('/'))
    return Error{Errc::bad_value, {}, "argument must start with \"/\"; write PathPrefix(`/...`)"};
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  return BuiltMatcher{MatcherPtr(new PathPrefix(arguments[0])), {{}, arguments[0]}};
}

Result<BuiltMatcher> build_v2(std::span<const std::string> arguments) {
  if (!is_template(arguments[0])) return build(arguments);
  if (!arguments[0].starts_with('/'))
    return Error{Errc::bad_value, {}, "argument must start with \"/\"; write PathPrefix(`/...`)"};
  PM_TRY(auto text, template_expression(arguments[0], TemplateKind::path_prefix));
  PM_TRY(auto expression, Regex::compile(text));
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  const std::size_t literal = arguments[0].find('{');
  return BuiltMatcher{MatcherPtr(new PrefixTemplate(std::move(expression))),
                      {{}, arguments[0].substr(0, literal)}};
}

}  // namespace

const MatcherModule path_prefix_matcher{"PathPrefix", "the beginning of the path, compared as text",
                                        build, "PathPrefix", build_v2};

}  // namespace pm
