// SPDX-License-Identifier: MIT
#include "config/node.h"

#include "core/number.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pm::config {
namespace {

bool is_one_of(std::string_view text, std::string_view lower) {
  return text::equals_ignore_case(text, lower) &&
         (text == lower || text == text::to_upper(lower) ||
          (text[0] == text::upper(lower[0]) && text.substr(1) == lower.substr(1)));
}

// Digits of a number in base 2, 8 or 16 behind "0b", "0o", "0x"; base 10 otherwise. "" when it is none.
std::string integer_text(std::string_view text) {
  std::string_view digits = text;
  const bool is_negative = digits.starts_with('-');
  if (is_negative || digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) base = 16;
  if (digits.starts_with("0o") || digits.starts_with("0O")) base = 8;
  if (digits.starts_with("0b") || digits.starts_with("0B")) base = 2;
  if (base != 10) digits.remove_prefix(2);
  if (digits.empty() || digits.front() == '_' || digits.back() == '_') return {};

  const std::string plain = text::replace_all(digits, "_", "");
  // "007" is octal to some readers of YAML and decimal to others: it stays what was written.
  if (base == 10 && plain.size() > 1 && plain[0] == '0') return {};
  std::uint64_t value = 0;
  const char* end = plain.data() + plain.size();
  const auto [stop, error] = std::from_chars(plain.data(), end, value, base);
  if (error != std::errc{} || stop != end) return {};
  return (is_negative && value != 0 ? "-" : "") + std::to_string(value);
}

bool is_float(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t whole = text.find_first_not_of("0123456789");
  if (whole == std::string_view::npos || text.size() > 64) return false;
  std::size_t digits = whole;
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t part = std::min(text.find_first_not_of("0123456789"), text.size());
    digits += part;
    text.remove_prefix(part);
  }
  if (digits == 0) return false;
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

const Entry* Node::find(std::string_view key) const noexcept {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const Entry* Node::find_ignore_case(std::string_view key) const noexcept {
  for (const Entry& entry : entries) {
    if (text::equals_ignore_case(entry.key, key)) return &entry;
  }
  return nullptr;
}

std::string_view kind_name(NodeKind kind) noexcept {
  switch (kind) {
    case NodeKind::null: return "nothing";
    case NodeKind::scalar: return "a single value";
    case NodeKind::sequence: return "a list";
    case NodeKind::mapping: return "a section";
  }
  return {};
}

std::string scalar_text(const Node& scalar) {
  const std::string& text = scalar.text;
  if (scalar.quoted || text.empty()) return text;
  if (is_one_of(text, "true")) return "true";
  if (is_one_of(text, "false")) return "false";
  if (std::string number = integer_text(text); !number.empty()) return number;
  if (!is_float(text)) return text;

  const std::optional<double> value = parse_float(text.starts_with('+') ? text.substr(1) : text);
  if (!value) return text;
  std::string number = fmt::format("{:.6f}", *value);
  if (number.ends_with(".000000")) number.resize(number.size() - 7);
  return number;
}

}  // namespace pm::config
