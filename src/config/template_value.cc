// SPDX-License-Identifier: MIT
#include "config/template_value.h"

#include "core/text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace pm::config::templates {
namespace {

// Go's %v: the shortest digits that read back the same, with an exponent below -4 and from 21 on.
std::string float_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";

  const double size = std::fabs(value);
  const bool exponent = size != 0 && (size < 1e-4 || size >= 1e21);
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, value,
                    exponent ? std::chars_format::scientific : std::chars_format::fixed);
  return std::string(buffer, end.ptr);
}

}  // namespace

bool Value::is_true() const noexcept {
  switch (kind) {
    case ValueKind::truth: return truth;
    case ValueKind::integer: return integer != 0;
    case ValueKind::real: return real != 0;
    case ValueKind::text: return !text.empty();
    case ValueKind::list: return !items.empty();
  }
  return false;
}

std::string_view Value::kind_name() const noexcept {
  switch (kind) {
    case ValueKind::truth: return "a truth value";
    case ValueKind::integer: return "a number";
    case ValueKind::real: return "a fraction";
    case ValueKind::text: return "a text";
    case ValueKind::list: return "a list";
  }
  return "";
}

std::size_t Value::bytes() const noexcept {
  std::size_t sum = sizeof(Value) + text.size();
  for (const Value& item : items)
    sum += item.bytes();
  return sum;
}

Value truth_value(bool truth) {
  Value value;
  value.truth = truth;
  return value;
}

Value integer_value(std::int64_t integer) {
  Value value;
  value.kind = ValueKind::integer;
  value.integer = integer;
  return value;
}

Value real_value(double real) {
  Value value;
  value.kind = ValueKind::real;
  value.real = real;
  return value;
}

Value text_value(std::string text) {
  Value value;
  value.kind = ValueKind::text;
  value.text = std::move(text);
  return value;
}

Value list_value(std::vector<Value> items) {
  Value value;
  value.kind = ValueKind::list;
  value.items = std::move(items);
  return value;
}

std::string to_text(const Value& value) {
  switch (value.kind) {
    case ValueKind::truth: return value.truth ? "true" : "false";
    case ValueKind::integer: return fmt::format("{}", value.integer);
    case ValueKind::real: return float_text(value.real);
    case ValueKind::text: return value.text;
    case ValueKind::list: break;
  }
  std::string out = "[";
  for (const Value& item : value.items) {
    if (out.size() > 1) out.push_back(' ');
    out += to_text(item);
  }
  out.push_back(']');
  return out;
}

std::size_t character_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  if (text.empty()) return 0;
  const std::size_t length = byte(0) < 0xC2   ? 1
                             : byte(0) < 0xE0 ? 2
                             : byte(0) < 0xF0 ? 3
                             : byte(0) < 0xF5 ? 4
                                              : 1;
  if (text.size() < length) return 1;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 1;
  }
  return length;
}

std::string go_quoted(std::string_view text) {
  constexpr std::string_view plain = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view letters = "abfnrtv\\\"";
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    const std::size_t named = plain.find(text[0]);
    if (named != std::string_view::npos) {
      out.push_back('\\');
      out.push_back(letters[named]);
    } else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && length == 1)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  out.push_back('"');
  return out;
}

}  // namespace pm::config::templates
