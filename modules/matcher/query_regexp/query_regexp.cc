// SPDX-License-Identifier: MIT
#include "modules/matcher/query_regexp/query_regexp.h"

#include "core/regex.h"
#include "http/query.h"

namespace pm {
namespace {

using namespace rules;

class QueryRegexp final : public Matcher {
 public:
  QueryRegexp(std::string key, Regex expression) noexcept
      : key_(std::move(key)), expression_(std::move(expression)) {}
  bool matches(const http::Request& request) const noexcept override;

 private:
  bool is_match(std::string_view value) const noexcept;

  std::string key_;
  Regex expression_;
};

bool QueryRegexp::is_match(std::string_view value) const noexcept {
  if (value.find_first_of("%+") == std::string_view::npos) return expression_.matches(value);
  std::string plain;
  return http::form_decode(value, plain) && expression_.matches(plain);
}

bool QueryRegexp::matches(const http::Request& request) const noexcept {
  http::QueryPairs pairs(request.query);
  std::string_view key;
  std::string_view value;
  while (pairs.next(key, value)) {
    if (http::form_equals(key, key_) && is_match(value)) return true;
  }
  return false;
}

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 2));
  const std::string text = arguments.size() == 2 ? arguments[1] : std::string("^$");
  PM_TRY(auto expression, Regex::compile(text));
  return BuiltMatcher{MatcherPtr(new QueryRegexp(arguments[0], std::move(expression))), {}};
}

}  // namespace

const MatcherModule query_regexp_matcher{
    "QueryRegexp",
    "a query parameter and an expression found in one of its values",
    build,
    {},
    nullptr};

}  // namespace pm
