// SPDX-License-Identifier: MIT
#include "modules/matcher/header_regexp/header_regexp.h"

#include "core/regex.h"
#include "core/text.h"

namespace pm {
namespace {

using namespace rules;

class HeaderRegexp final : public Matcher {
 public:
  HeaderRegexp(std::string name, Regex expression) noexcept
      : name_(std::move(name)), expression_(std::move(expression)), id_(http::classify(name_)) {}
  bool matches(const http::Request& request) const noexcept override;

 private:
  std::string name_;
  Regex expression_;
  http::FieldId id_;
};

bool HeaderRegexp::matches(const http::Request& request) const noexcept {
  if (id_ == http::FieldId::host || !request.headers.may_have(id_)) return false;
  for (const http::Field& field : request.headers) {
    if (field.dropped || field.id != id_) continue;
    if (id_ == http::FieldId::other && !text::equals_ignore_case(field.name, name_)) continue;
    if (expression_.matches(field.value)) return true;
  }
  return false;
}

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 2, 2));
  PM_TRY(auto expression, Regex::compile(arguments[1]));
  return BuiltMatcher{MatcherPtr(new HeaderRegexp(arguments[0], std::move(expression))), {}};
}

}  // namespace

const MatcherModule header_regexp_matcher{"HeaderRegexp",
                                          "a header and an expression found in one of its values",
                                          build, "HeadersRegexp", build};

}  // namespace pm
