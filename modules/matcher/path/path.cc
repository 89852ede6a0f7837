// SPDX-License-Identifier: MIT
#include "modules/matcher/path/path.h"

#include "core/regex.h"

namespace pm {
namespace {

using namespace rules;

class Path final : public Matcher {
 public:
  explicit Path(std::string path) noexcept : path_(std::move(path)) {}
  bool matches(const http::Request& request) const noexcept override {
    return request.routing_path == path_;
  }

 private:
  std::string path_;
};

class PathTemplate final : public Matcher {
 public:
  explicit PathTemplate(Regex expression) noexcept : expression_(std::move(expression)) {}
  bool matches(const http::Request& request) const noexcept override {
    return expression_.matches(request.routing_path);
  }

 private:
  Regex expression_;  // anchored at both ends
};

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  if (!arguments[0].starts_with('/'))
    return Error{Errc::bad_value, {}, "argument must start with \"/\"; write Path(`/...`)"};
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  return BuiltMatcher{MatcherPtr(new Path(arguments[0])), {{}, arguments[0]}};
}

Result<BuiltMatcher> build_v2(std::span<const std::string> arguments) {
  if (!is_template(arguments[0])) return build(arguments);
  if (!arguments[0].starts_with('/'))
    return Error{Errc::bad_value, {}, "argument must start with \"/\"; write Path(`/...`)"};
  PM_TRY(auto text, template_expression(arguments[0], TemplateKind::path));
  PM_TRY(auto expression, Regex::compile(text));
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  const std::size_t literal = arguments[0].find('{');
  return BuiltMatcher{MatcherPtr(new PathTemplate(std::move(expression))),
                      {{}, arguments[0].substr(0, literal)}};
}

}  // namespace

const MatcherModule path_matcher{"Path", "the whole path", build, "Path", build_v2};

}  // namespace pm
