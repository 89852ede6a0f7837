// SPDX-License-Identifier: MIT
// matcher.h -- the contract of a rule function: arguments in, a predicate on requests out.
//
//   in      the arguments of the call, checked by the parser to be strings; build() judges their number and form
//   out     a Matcher, immutable and shared by all exchanges; and the index keys that it can promise
//   errors  build(): one sentence for the operator ("argument must start with \"/\""); matching never fails
//   cost    one virtual call a matcher; no allocation unless the request forces one (percent-decoded query values)
//   source  http-routing.md sections 2 and 3
#pragma once

#include "core/result.h"
#include "http/request.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pm::rules {

enum class Syntax : std::uint8_t { v3, v2 };

class Matcher {
 public:
  virtual ~Matcher() = default;
  virtual bool matches(const http::Request& request) const noexcept = 0;
};
using MatcherPtr = std::unique_ptr<const Matcher>;

// What must hold of a request for the matcher to be true, in the terms of the routing index: an exact canonical host,
// an exact routing path, or a prefix of it. Empty: the matcher promises nothing and is asked for every request.
// A host is lower case without a trailing dot, or "*.example.com": one label in place of the star.
struct IndexKey {
  std::string exact_host;
  std::string path_prefix;  // an exact path promises itself as a prefix
};

struct BuiltMatcher {
  MatcherPtr matcher;
  IndexKey key;
};

// `name` is the canonical spelling, "PathPrefix"; the compiler accepts the four spellings of the specification.
struct MatcherModule {
  std::string_view name;
  std::string_view help;  // one line for the manual
  Result<BuiltMatcher> (*build)(std::span<const std::string> arguments);
  // The same function in the older syntax: its names there, blanks between them; null when v2 has no such function.
  // A v2 function that is content with one argument takes a list of them: the compiler asks once for each and joins the
  // answers by "or", so build_v2 never sees the list.
  std::string_view v2_name;
  Result<BuiltMatcher> (*build_v2)(std::span<const std::string> arguments);
};

// What the matchers' builders share.
// An Error unless there are `least` to `most` arguments.
Status expect_arguments(std::span<const std::string> arguments, std::size_t least,
                        std::size_t most);

// The templates of v2, "/users/{id:[0-9]+}", as an expression anchored at its start (path_prefix) or at both ends.
// "{name}" alone is one segment of a path, or one label of a host. Text outside of braces means itself.
enum class TemplateKind : std::uint8_t { host, path, path_prefix };
bool is_template(std::string_view text) noexcept;
Result<std::string> template_expression(std::string_view text, TemplateKind kind);

}  // namespace pm::rules
