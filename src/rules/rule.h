// SPDX-License-Identifier: MIT
// rule.h -- a compiled rule: one predicate on requests, and what must hold of a request for it to be true.
//
//   shape   a flat row of steps, one a matcher, each with the step to go on with when it is true and when it is false;
//           and, or, not and short cuts are nothing but these numbers
//   own     the matchers and the text; immutable, so shared by all exchanges; moves, does not copy
//   cost    one virtual call for each matcher that short-circuit evaluation asks; no allocation of its own
//   source  http-routing.md section 2
#pragma once

#include "rules/matcher.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pm::rules {

class Rule {
 public:
  struct Step {
    const Matcher* matcher = nullptr;
    std::uint16_t if_true = 0;
    std::uint16_t if_false = 0;
  };
  static constexpr std::uint16_t accept = 0xffff;
  static constexpr std::uint16_t refuse = 0xfffe;

  // Where the call of a step stands in the text; for explanations only.
  struct Place {
    std::uint16_t offset = 0;
    std::uint16_t length = 0;
  };
  struct Parts {
    std::string text;
    std::vector<Step> steps;
    std::vector<Place> places;
    std::vector<MatcherPtr> matchers;
    std::vector<IndexKey> keys;
    std::vector<std::string> hosts;
  };
  explicit Rule(Parts parts) noexcept : parts_(std::move(parts)) {}

  bool matches(const http::Request& request) const noexcept {
    std::uint16_t at = 0;
    do {
      const Step& step = parts_.steps[at];
      at = step.matcher->matches(request) ? step.if_true : step.if_false;
    } while (at < refuse);
    return at == accept;
  }

  // One key for each alternative: a request for which the rule is true satisfies at least one of them. An empty key among
  // them means that nothing is promised.
  std::span<const IndexKey> keys() const noexcept { return parts_.keys; }
  // The names that Host calls hold anywhere in the rule, negated ones too: what TLS options can be bound to. Lower case,
  // "*.example.com" and "*" among them; each once, in order.
  std::span<const std::string> host_names() const noexcept { return parts_.hosts; }
  std::string_view text() const noexcept { return parts_.text; }

  // The call that decided, and how: "Path(`/x`) is false".
  std::string explain(const http::Request& request) const;

 private:
  Parts parts_;
};

}  // namespace pm::rules
