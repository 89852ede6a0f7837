// SPDX-License-Identifier: MIT
#include "config/template_functions.h"

#include "core/number.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::config::templates {
namespace {

constexpr std::size_t any_number = 1000;
// What is searched for is short: the search is a plain one, and a hostile file must not make it crawl.
constexpr std::size_t max_needle = 256;

Error wrong(std::string what) {
  return Error{Errc::bad_value, "", std::move(what)};
}

Result<std::string_view> text_argument(const Call& call, std::size_t index) {
  const Value& value = call.arguments[index];
  if (value.kind == ValueKind::text) return std::string_view(value.text);
  return wrong(fmt::format("argument {} is {}, a text is needed", index + 1, value.kind_name()));
}

// sprig reads numbers from texts, and nothing as 0; garbage is an error here.
std::optional<std::int64_t> to_integer(const Value& value) {
  switch (value.kind) {
    case ValueKind::truth: return std::int64_t{value.truth};
    case ValueKind::integer: return value.integer;
    case ValueKind::real:
      if (!(value.real > -9e18 && value.real < 9e18)) return std::nullopt;
      return static_cast<std::int64_t>(value.real);
    case ValueKind::text: return value.text.empty() ? 0 : parse_i64(value.text);
    case ValueKind::list: break;
  }
  return std::nullopt;
}

Result<std::int64_t> number_argument(const Call& call, std::size_t index) {
  const Value& value = call.arguments[index];
  if (const auto integer = to_integer(value)) return *integer;
  const std::string shown = value.kind == ValueKind::text ? " " + text::quoted(value.text, 40) : "";
  return wrong(fmt::format("argument {} is {}{}, a whole number is needed", index + 1,
                           value.kind_name(), shown));
}

Result<bool> equal(const Value& a, const Value& b) {
  if (a.kind != b.kind) {
    return wrong(fmt::format("{} and {} cannot be compared", a.kind_name(), b.kind_name()));
  }
  switch (a.kind) {
    case ValueKind::truth: return a.truth == b.truth;
    case ValueKind::integer: return a.integer == b.integer;
    case ValueKind::real: return a.real == b.real;
    case ValueKind::text: return a.text == b.text;
    case ValueKind::list: break;
  }
  return wrong("lists cannot be compared");
}

Result<Value> run_eq(const Call& call) {
  for (const Value& other : call.arguments.subspan(1)) {
    PM_TRY(const bool same, equal(call.arguments[0], other));
    if (same) return truth_value(true);
  }
  return truth_value(false);
}

Result<Value> run_ne(const Call& call) {
  PM_TRY(const bool same, equal(call.arguments[0], call.arguments[1]));
  return truth_value(!same);
}

Result<Value> run_not(const Call& call) {
  return truth_value(!call.arguments[0].is_true());
}

Result<Value> run_env(const Call& call) {
  PM_TRY(const std::string_view name, text_argument(call, 0));
  return text_value(std::string(call.environment.find(name).value_or("")));
}

Result<Value> run_default(const Call& call) {
  const bool given = call.arguments.size() == 2 && call.arguments[1].is_true();
  return call.arguments[given ? 1 : 0];
}

// As Go's strings.Split: an empty separator cuts between characters.
Result<Value> run_split(const Call& call) {
  PM_TRY(std::string_view text, text_argument(call, 0));
  PM_TRY(const std::string_view separator, text_argument(call, 1));
  if (separator.size() > max_needle) return wrong("the separator is longer than 256 bytes");
  std::vector<Value> parts;
  bool more = !separator.empty() || !text.empty();
  while (more) {
    if (parts.size() == max_list) return wrong(fmt::format("more than {} parts", max_list));
    const std::size_t end = separator.empty() ? character_length(text) : text.find(separator);
    parts.push_back(text_value(std::string(text.substr(0, end))));
    more = end != std::string_view::npos;
    if (more) text.remove_prefix(end + separator.size());
    if (separator.empty() && text.empty()) more = false;
  }
  return list_value(std::move(parts));
}

Result<Value> run_until(const Call& call) {
  PM_TRY(const std::int64_t end, number_argument(call, 0));
  constexpr auto most = static_cast<std::int64_t>(max_list);
  if (end > most || end < -most)
    return wrong(fmt::format("{} is more than {} elements", end, most));

  std::vector<Value> numbers;
  const std::int64_t step = end < 0 ? -1 : 1;
  for (std::int64_t i = 0; i != end; i += step)
    numbers.push_back(integer_value(i));
  return list_value(std::move(numbers));
}

Result<Value> run_add(const Call& call) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    PM_TRY(const std::int64_t number, number_argument(call, i));
    if (__builtin_add_overflow(sum, number, &sum)) return wrong("the sum is too large");
  }
  return integer_value(sum);
}

Result<Value> run_upper(const Call& call) {
  PM_TRY(const std::string_view text, text_argument(call, 0));
  return text_value(text::to_upper(text));
}

Result<Value> run_lower(const Call& call) {
  PM_TRY(const std::string_view text, text_argument(call, 0));
  return text_value(text::to_lower(text));
}

Result<Value> run_trim(const Call& call) {
  PM_TRY(std::string_view text, text_argument(call, 0));
  constexpr std::string_view space = " \t\n\v\f\r";
  const std::size_t begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return text_value(std::string());
  return text_value(std::string(text.substr(begin, text.find_last_not_of(space) + 1 - begin)));
}

// As Go's strings.ReplaceAll: an empty OLD stands before each character and at the end.
Result<Value> run_replace(const Call& call) {
  PM_TRY(const std::string_view old_text, text_argument(call, 0));
  PM_TRY(const std::string_view new_text, text_argument(call, 1));
  PM_TRY(std::string_view text, text_argument(call, 2));
  if (old_text.size() > max_needle) return wrong("the text to replace is longer than 256 bytes");
  std::string out;
  while (out.size() <= max_text) {
    const std::size_t at = text.find(old_text);
    if (at == std::string_view::npos) break;
    out.append(text.substr(0, at));
    out.append(new_text);
    text.remove_prefix(at + old_text.size());
    if (!old_text.empty()) continue;

    if (text.empty()) return text_value(std::move(out));
    const std::size_t length = character_length(text);
    out.append(text.substr(0, length));
    text.remove_prefix(length);
  }
  if (out.size() + text.size() > max_text) return wrong("the result is too large");
  out.append(text);
  return text_value(std::move(out));
}

Result<Value> run_quote(const Call& call) {
  std::string out;
  for (const Value& value : call.arguments) {
    if (!out.empty()) out.push_back(' ');
    out += go_quoted(to_text(value));
  }
  return text_value(std::move(out));
}

constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

Result<Value> run_b64enc(const Call& call) {
  PM_TRY(std::string_view text, text_argument(call, 0));
  std::string out;
  for (; !text.empty(); text.remove_prefix(std::min<std::size_t>(3, text.size()))) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = bits << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out.push_back(i <= text.size() ? base64_letters[bits >> (18 - 6 * i) & 63] : '=');
    }
  }
  return text_value(std::move(out));
}

Result<Value> run_b64dec(const Call& call) {
  PM_TRY(std::string_view text, text_argument(call, 0));
  const Error garbage = wrong("the argument is not base64");
  if (text.size() % 4 != 0) return garbage;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  text.remove_suffix(padding);

  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = base64_letters.find(c);
    if (value == std::string_view::npos) return garbage;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xFF));
  }
  return text_value(std::move(out));
}

// clang-format off
constexpr Function functions[] = {
    {"add", 1, any_number, "add NUMBER...", run_add},
    {"and", 1, any_number, "and VALUE...", nullptr},
    {"b64dec", 1, 1, "b64dec TEXT", run_b64dec},
    {"b64enc", 1, 1, "b64enc TEXT", run_b64enc},
    {"default", 1, 2, "default DEFAULT VALUE", run_default},
    {"env", 1, 1, "env NAME", run_env},
    {"eq", 2, any_number, "eq VALUE OTHER...", run_eq},
    {"lower", 1, 1, "lower TEXT", run_lower},
    {"ne", 2, 2, "ne VALUE OTHER", run_ne},
    {"not", 1, 1, "not VALUE", run_not},
    {"or", 1, any_number, "or VALUE...", nullptr},
    {"printf", 1, any_number, "printf FORMAT VALUE...", run_printf},
    {"quote", 1, any_number, "quote VALUE...", run_quote},
    {"replace", 3, 3, "replace OLD NEW TEXT", run_replace},
    {"split", 2, 2, "split TEXT SEPARATOR", run_split},
    {"trim", 1, 1, "trim TEXT", run_trim},
    {"until", 1, 1, "until NUMBER", run_until},
    {"upper", 1, 1, "upper TEXT", run_upper},
};
// clang-format on

}  // namespace

const Function* find_function(std::string_view name) noexcept {
  for (const Function& function : functions) {
    if (function.name == name) return &function;
  }
  return nullptr;
}

std::string nearest_function(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Function& function : functions)
    names.push_back(function.name);
  return std::string(text::nearest(name, names));
}

}  // namespace pm::config::templates
