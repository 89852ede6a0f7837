// SPDX-License-Identifier: MIT
#include "core/number.h"

#include "core/text.h"

#include <charconv>
#include <cmath>

namespace pm {
namespace {

template <class T>
std::optional<T> parse_whole(std::string_view text, int base) noexcept {
  T value{};
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc{} || at != end || text.empty()) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

// clang-format off
constexpr Unit time_units[] = {
    {"ns", 1},
    {"us", 1'000},
    {"\xc2\xb5s", 1'000},  // micro sign, U+00B5
    {"\xce\xbcs", 1'000},  // Greek mu, U+03BC: looks the same, typed as often
    {"ms", 1'000'000},
    {"s",  1'000'000'000},
    {"m",  60'000'000'000},
    {"h",  3'600'000'000'000},
};
constexpr Unit size_units[] = {
    {"", 1},         {"b", 1},
    {"k", 1u << 10}, {"kb", 1u << 10}, {"kib", 1u << 10},
    {"m", 1u << 20}, {"mb", 1u << 20}, {"mib", 1u << 20},
    {"g", 1u << 30}, {"gb", 1u << 30}, {"gib", 1u << 30},
    {"t", std::uint64_t{1} << 40}, {"tb", std::uint64_t{1} << 40}, {"tib", std::uint64_t{1} << 40},
};
// clang-format on

// The longest negative duration is one nanosecond longer than the longest positive one.
constexpr std::uint64_t duration_limit = std::uint64_t{1} << 63;

std::uint64_t time_unit(std::string_view name) noexcept {
  for (const Unit& unit : time_units) {
    if (unit.name == name) return unit.size;
  }
  return 0;
}

std::string_view take_digits(std::string_view& text) noexcept {
  std::size_t count = 0;
  while (count < text.size() && text::is_digit(text[count]))
    ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

// Digits behind the point, in units of `unit`. More digits than a word holds are ignored, as Go does.
std::uint64_t fraction_of(std::string_view digits, std::uint64_t unit) noexcept {
  std::uint64_t value = 0;
  double scale = 1;
  for (char c : digits) {
    if (value > (duration_limit - 1) / 10) break;
    const std::uint64_t next = value * 10 + static_cast<std::uint64_t>(c - '0');
    if (next > duration_limit) break;
    value = next;
    scale *= 10;
  }
  return static_cast<std::uint64_t>(static_cast<double>(value) *
                                    (static_cast<double>(unit) / scale));
}

// One "1.5s" off the front of `text`.
std::optional<std::uint64_t> take_term(std::string_view& text) noexcept {
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = take_digits(text);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;

  const std::size_t end = text.find_first_of(".0123456789");
  const std::uint64_t unit = time_unit(text.substr(0, end));
  if (unit == 0) return std::nullopt;
  text.remove_prefix(end == std::string_view::npos ? text.size() : end);

  const auto value = whole.empty() ? std::optional<std::uint64_t>(0) : parse_u64(whole);
  if (!value || *value > duration_limit / unit) return std::nullopt;
  return *value * unit + fraction_of(fraction, unit);
}

// "1.5" from 1500 with three decimals: trailing zeros go, and the point with them.
void append_decimal(std::string& out, std::uint64_t value, unsigned decimals) {
  char digits[20];
  std::uint64_t scale = 1;
  for (unsigned i = 0; i < decimals; ++i)
    scale *= 10;
  out.append(digits, text::write_decimal(digits, value / scale));
  std::uint64_t rest = value % scale;
  if (rest == 0) return;
  out += '.';
  while (rest != 0) {
    scale /= 10;
    out += static_cast<char>('0' + rest / scale);
    rest %= scale;
  }
}

}  // namespace

std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept {
  return parse_whole<std::uint64_t>(text, 10);
}

std::optional<std::int64_t> parse_i64(std::string_view text) noexcept {
  return parse_whole<std::int64_t>(text, 10);
}

std::optional<std::uint64_t> parse_hex(std::string_view text) noexcept {
  return parse_whole<std::uint64_t>(text.size() > 16 ? std::string_view{} : text, 16);
}

std::optional<double> parse_float(std::string_view text) noexcept {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || at != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest.empty()) return std::nullopt;

  std::uint64_t total = 0;
  if (const auto seconds = parse_u64(rest)) {
    if (*seconds > duration_limit / 1'000'000'000) return std::nullopt;
    total = *seconds * 1'000'000'000;
    rest = {};
  }
  while (!rest.empty()) {
    const auto term = take_term(rest);
    if (!term || *term > duration_limit - total) return std::nullopt;
    total += *term;
  }
  if (total == duration_limit && !negative) return std::nullopt;
  return Duration(static_cast<std::int64_t>(negative ? 0 - total : total));
}

std::string format_duration(Duration value) {
  const bool negative = value.count() < 0;
  const auto count = static_cast<std::uint64_t>(value.count());
  std::uint64_t ns = negative ? 0 - count : count;
  std::string out = negative ? "-" : "";
  if (ns == 0) return "0s";
  if (ns < 1'000'000'000) {
    if (ns < 1'000) {
      append_decimal(out, ns, 0);
      return out + "ns";
    }
    append_decimal(out, ns, ns < 1'000'000 ? 3 : 6);
    return out + (ns < 1'000'000 ? "\xc2\xb5s" : "ms");
  }
  const std::uint64_t hours = ns / 3'600'000'000'000;
  if (hours > 0) append_decimal(out, hours, 0), out += 'h';
  ns %= 3'600'000'000'000;
  const std::uint64_t minutes = ns / 60'000'000'000;
  if (hours > 0 || minutes > 0) append_decimal(out, minutes, 0), out += 'm';
  append_decimal(out, ns % 60'000'000'000, 9);
  return out + "s";
}

std::optional<Bytes> parse_size(std::string_view text) noexcept {
  std::string_view suffix = text;
  const auto count = parse_u64(take_digits(suffix));
  if (!count) return std::nullopt;
  for (const Unit& unit : size_units) {
    if (!text::equals_ignore_case(unit.name, suffix)) continue;
    if (*count > UINT64_MAX / unit.size) return std::nullopt;
    return *count * unit.size;
  }
  return std::nullopt;
}

}  // namespace pm
