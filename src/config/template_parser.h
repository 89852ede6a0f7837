// SPDX-License-Identifier: MIT
// template_parser.h -- a template as a tree of statements.
//
//   in      the whole text; it must outlive the tree
//   out     statements in order; variables are known to be declared where they are used, functions to exist
//   errors  the first mistake, with its offset; nesting over 64, more than 100,000 parts
//   source  Go's text/template/parse
#pragma once

#include "config/template_functions.h"
#include "config/template_value.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pm::config::templates {

struct Pipeline;

enum class OperandKind : std::uint8_t { literal, dot, variable, function, nested };

struct Operand {
  OperandKind kind = OperandKind::dot;
  std::size_t offset = 0;
  Value literal;
  std::string_view variable;  // with its dollar
  const Function* function = nullptr;
  std::unique_ptr<Pipeline> nested;
};

struct Command {
  std::vector<Operand> operands;  // the first may be a function
};

struct Pipeline {
  std::vector<std::string_view> targets;  // of := or =
  bool assigns = false;                   // "=", not ":="
  std::vector<Command> commands;
};

enum class StatementKind : std::uint8_t { text, print, branch, range };

struct Statement;

struct Arm {
  Pipeline condition;  // without commands in the last arm of if/else
  std::vector<Statement> body;
};

struct Statement {
  StatementKind kind = StatementKind::text;
  std::size_t offset = 0;
  std::string_view text;
  Pipeline pipeline;      // print, range
  std::vector<Arm> arms;  // branch: if, else if ..., else; range: body, then else if there is one
};

struct Mistake {
  std::size_t offset = 0;
  std::string what;
  std::string advice;
};

struct Tree {
  std::vector<Statement> statements;
  std::optional<Mistake> mistake;  // then the statements mean nothing
};

Tree parse(std::string_view text);

}  // namespace pm::config::templates
