// SPDX-License-Identifier: MIT
// ast.h -- a rule as a tree: calls joined by and, or, not.
//
//   shape   nodes by index; and/or have two or more children, not has one
//   own     values; offsets are bytes from the start of the rule's text
//   source  http-routing.md section 2
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pm::rules {

// What is wrong with a rule, and where in it.
struct RuleError {
  std::uint32_t offset = 0;
  std::string what;    // one sentence, lower case, no full stop; "" means nothing is wrong
  std::string advice;  // what to write instead; may be empty
};

struct Argument {
  std::string value;  // decoded
  std::uint32_t offset = 0;
};

enum class Operation : std::uint8_t { call, all_of, any_of, negation };

struct Node {
  Operation operation = Operation::call;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;             // of a call, in the text
  std::string name;                     // of a call
  std::vector<Argument> arguments;      // of a call
  std::vector<std::uint32_t> children;  // of the others
};

struct Tree {
  std::vector<Node> nodes;
  std::uint32_t root = 0;
};

}  // namespace pm::rules
