// SPDX-License-Identifier: MIT
#include "modules/matcher/host/host.h"

#include "core/text.h"
#include "http/authority.h"

#include <algorithm>

namespace pm {
namespace {

using namespace rules;

class Host final : public Matcher {
 public:
  explicit Host(std::string name) noexcept : name_(std::move(name)) {}
  bool matches(const http::Request& request) const noexcept override {
    return http::is_same_host(request.host, name_);
  }

 private:
  std::string name_;  // lower case, no trailing dot
};

class WildcardHost final : public Matcher {
 public:
  explicit WildcardHost(std::string suffix) noexcept : suffix_(std::move(suffix)) {}
  bool matches(const http::Request& request) const noexcept override;

 private:
  std::string suffix_;  // ".example.com"
};

bool WildcardHost::matches(const http::Request& request) const noexcept {
  const std::size_t dot = request.host.find('.');
  return dot != std::string_view::npos && dot > 0 &&
         http::is_same_host(request.host.substr(dot), suffix_);
}

class Constant final : public Matcher {
 public:
  explicit Constant(bool answer) noexcept : answer_(answer) {}
  bool matches(const http::Request&) const noexcept override { return answer_; }

 private:
  bool answer_;
};

Status judge(std::span<const std::string> arguments) {
  const auto is_ascii = [](char c) {
    return static_cast<unsigned char>(c) < 0x80;
  };
  if (!std::all_of(arguments[0].begin(), arguments[0].end(), is_ascii)) {
    return Error{Errc::bad_value, {}, "name must be ASCII; write its punycode form (xn--...)"};
  }
  return expect_arguments(arguments, 1, 1);
}

std::string canonical_name(std::string_view written) {
  std::string name = text::to_lower(written);
  if (name.ends_with('.')) name.pop_back();
  return name;
}

BuiltMatcher exact(std::string name) {
  return {MatcherPtr(new Host(name)), {name, {}}};
}

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  PM_TRY([[maybe_unused]] auto judged, judge(arguments));
  std::string name = canonical_name(arguments[0]);
  if (arguments[0] == "*") return BuiltMatcher{MatcherPtr(new Constant(true)), {}};
  if (!name.starts_with('*')) return exact(std::move(name));
  // "*foo.com" and "*." are no wildcards to certificates either: they never match.
  if (!name.starts_with("*.")) return BuiltMatcher{MatcherPtr(new Constant(false)), {}};
  return BuiltMatcher{MatcherPtr(new WildcardHost(name.substr(1))), {name, {}}};
}

Result<BuiltMatcher> build_v2(std::span<const std::string> arguments) {
  PM_TRY([[maybe_unused]] auto judged, judge(arguments));
  std::string name = canonical_name(arguments[0]);
  return exact(std::move(name));
}

}  // namespace

const MatcherModule host_matcher{"Host", "the host, or *.example.com for one label before it",
                                 build, "Host HostHeader", build_v2};

}  // namespace pm
