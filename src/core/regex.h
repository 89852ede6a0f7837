// SPDX-License-Identifier: MIT
// regex.h -- the one regular-expression engine (RE2): linear time whatever a peer sends.
//
//   in      RE2 syntax, unanchored unless the expression says otherwise, case-sensitive unless (?i); at most 4 KiB
//   out     whether a match is found; replacement with $1, ${1}, ${name} (Go's regexp.ReplaceAllString)
//   own     the compiled program; immutable, so one Regex may be shared by threads
//   errors  a compile error is a sentence for the operator
//   cost    linear in the text; memory bounded at compile time
#pragma once

#include "core/result.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace pm {

class Regex {
 public:
  enum class Case : std::uint8_t { sensitive, ignored };
  static Result<Regex> compile(std::string_view expression, Case letters = Case::sensitive);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  bool matches(std::string_view text) const noexcept;  // anywhere in the text
  // The leftmost match, a view into the text; nothing when there is none.
  std::optional<std::string_view> find(std::string_view text) const noexcept;
  std::string replace_all(std::string_view text, std::string_view replacement) const;
  const std::string& text() const noexcept;

 private:
  explicit Regex(std::unique_ptr<re2::RE2> program);
  std::unique_ptr<re2::RE2> program_;
};

}  // namespace pm
