// SPDX-License-Identifier: MIT
#include "modules/matcher/query/query.h"

#include "http/query.h"

namespace pm {
namespace {

using namespace rules;

class Query final : public Matcher {
 public:
  Query(std::string key, std::string value) noexcept
      : key_(std::move(key)), value_(std::move(value)) {}
  bool matches(const http::Request& request) const noexcept override;

 private:
  std::string key_;
  std::string value_;
};

bool Query::matches(const http::Request& request) const noexcept {
  http::QueryPairs pairs(request.query);
  std::string_view key;
  std::string_view value;
  while (pairs.next(key, value)) {
    if (http::form_equals(key, key_) && http::form_equals(value, value_)) return true;
  }
  return false;
}

class QueryKey final : public Matcher {
 public:
  explicit QueryKey(std::string key) noexcept : key_(std::move(key)) {}
  bool matches(const http::Request& request) const noexcept override;

 private:
  std::string key_;
};

bool QueryKey::matches(const http::Request& request) const noexcept {
  http::QueryPairs pairs(request.query);
  std::string_view key;
  std::string_view value;
  while (pairs.next(key, value)) {
    if (http::form_equals(key, key_) && http::form_is_valid(value)) return true;
  }
  return false;
}

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 2));
  const std::string value = arguments.size() == 2 ? arguments[1] : std::string();
  return BuiltMatcher{MatcherPtr(new Query(arguments[0], value)), {}};
}

Result<BuiltMatcher> build_v2(std::span<const std::string> arguments) {
  const std::string& pair = arguments[0];
  const std::size_t equals = pair.find('=');
  if (equals == std::string::npos || equals == 0) {
    return Error{Errc::bad_value, {}, "argument has no \"=\"; write key=value"};
  }
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 1, 1));
  const std::string key = pair.substr(0, equals);
  if (equals + 1 == pair.size()) return BuiltMatcher{MatcherPtr(new QueryKey(key)), {}};
  return BuiltMatcher{MatcherPtr(new Query(key, pair.substr(equals + 1))), {}};
}

}  // namespace

const MatcherModule query_matcher{
    "Query", "a query parameter and one of its values, or a key with an empty value", build,
    "Query", build_v2};

}  // namespace pm
