// SPDX-License-Identifier: MIT
// expression.h -- when a buffered exchange is to be played once more: "IsNetworkError() && Attempts() < 3".
//
//   in      expr := expr "||" expr | expr "&&" expr | "(" expr ")" | term; && binds tighter
//           term := Attempts() OP NUMBER | ResponseCode() OP NUMBER | RequestMethod() ("==" | "!=") "TEXT" | IsNetworkError()
//   out     holds(): of the facts of one try
//   errors  compile(): what is wrong, in a sentence
//   cost    a walk over the terms
//   source  middlewares-2.md sections 5.6 (operators, literals) and 5.7
#pragma once

#include "core/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pm::buffering {

struct Facts {
  std::int64_t attempts = 1;
  std::int64_t status = 0;
  std::string_view method;
};

class Expression {
 public:
  static Result<Expression> compile(std::string_view text);
  bool holds(const Facts& facts) const noexcept { return holds(facts, root_); }

 private:
  friend class Parser;
  enum class Kind : std::uint8_t { both, either, attempts, status, method, network };
  enum class Op : std::uint8_t { equal, unequal, less, at_most, more, at_least };
  struct Node {
    Kind kind = Kind::network;
    Op op = Op::equal;
    std::int64_t number = 0;
    std::string text;
    std::size_t left = 0;
    std::size_t right = 0;
  };
  bool holds(const Facts& facts, std::size_t node) const noexcept;
  static bool compare(std::int64_t a, Op op, std::int64_t b) noexcept;

  std::vector<Node> nodes_;
  std::size_t root_ = 0;
};

}  // namespace pm::buffering
