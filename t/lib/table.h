// SPDX-License-Identifier: MIT
// table.h -- tests from tables: rows of (input, expected text), each compared with what a function makes of the input.
//
//   in      rows as string views; a function from the input to text, which shows a missing value as "none"
//   errors  a row that differs fails the test with its input, the expected and the actual text
#pragma once

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

struct Row {
  std::string_view in;
  std::string_view out;
};

inline std::string shown(std::string_view value) {
  return std::string(value);
}
inline std::string shown(bool value) {
  return value ? "yes" : "no";
}
template <class T>
requires std::integral<T> std::string shown(T value) {
  return std::to_string(value);
}

template <class T>
std::string shown(const std::optional<T>& value) {
  return value ? shown(*value) : std::string("none");
}

template <std::size_t count, class F>
void check_rows(const Row (&rows)[count], F&& function) {
  for (const Row& row : rows) {
    const std::string in(row.in);
    CHECK_EQUAL_TEXT(row.out, std::string_view(shown(function(row.in))), in.c_str());
  }
}
