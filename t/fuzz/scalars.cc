// SPDX-License-Identifier: MIT
// A scalar of a configuration: what is read is written as the same, and means what its parts mean.
#include "config/value.h"
#include "config/yaml.h"
#include "core/check.h"
#include "core/number.h"
#include "core/text.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pm;

void duration(std::string_view text) {
  const auto value = parse_duration(text);
  if (!value) return;
  PM_CHECK(parse_duration(format_duration(*value)) == *value,
           "a duration is read as it is written");
  if (text[0] == '-' || text[0] == '+') return;
  const std::string negative = "-" + std::string(text);
  PM_CHECK(parse_duration(negative) == -*value, "a sign turns it round");
  const bool has_units = text::is_alpha(text.back());
  if (has_units && value->count() < INT64_MAX - 1'000'000'000)
    PM_CHECK(parse_duration(std::string(text) + "1s") == *value + std::chrono::seconds(1),
             "terms add up");
}

// The slow reader: digits one by one, the unit by its first letter.
std::optional<Bytes> read_size(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string unit = text::to_lower(text.substr(digits));
  const std::size_t power =
      unit.empty() || unit == "b" ? 0 : std::string_view("kmgt").find(unit[0]) + 1;
  const std::string behind = power == 0 ? "" : unit.substr(1);
  const bool is_unit = power != 0 || unit.empty() || unit == "b";
  if (digits == 0 || !is_unit || !(behind.empty() || behind == "b" || behind == "ib"))
    return std::nullopt;
  Bytes value = 0;
  for (const char c : text.substr(0, digits)) {
    const auto digit = static_cast<Bytes>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  if (value > UINT64_MAX >> 10 * power) return std::nullopt;
  return value << 10 * power;
}

void numbers(std::string_view text) {
  PM_CHECK(parse_size(text) == read_size(text), "a size is what its digits and its unit say");
  if (const auto number = parse_u64(text))
    PM_CHECK(parse_u64(std::to_string(*number)) == *number, "a number is read as it is written");
  if (const auto number = parse_i64(text))
    PM_CHECK(parse_i64(std::to_string(*number)) == *number, "and so with a sign");
  const auto hex = parse_hex(text);
  PM_CHECK(!hex || text.size() <= 16, "a number of more digits is none");
}

std::optional<config::Node> parse(const std::string& yaml) {
  config::Findings findings;
  config::Node root;
  const bool is_read = config::parse_yaml("v: " + yaml, findings.add_source("f"), findings, root);
  const bool is_value = is_read && root.entries.size() == 1 && !root.entries[0].value.is_null();
  return is_value ? std::optional(root.entries[0].value) : std::nullopt;
}

std::optional<config::Value> read(const std::optional<config::Node>& node,
                                  const config::Option& option) {
  std::vector<config::Refusal> refusals;
  config::Value value;
  if (!node || !config::read_value(*node, option, refusals, value)) return std::nullopt;
  return value;
}

bool are_equal(const config::Value& a, const config::Value& b) {
  return a.flag == b.flag && a.number == b.number && a.text == b.text &&
         std::equal(a.list.begin(), a.list.end(), b.list.begin(), b.list.end(),
                    [](const auto& one, const auto& other) { return one.value == other.value; });
}

void scalar(std::string_view text) {
  const std::optional<config::Node> node = parse(std::string(text));
  constexpr std::string_view words[] = {"warn|warning", "off|false|0", "on"};
  for (const config::Kind kind :
       {config::Kind::flag, config::Kind::integer, config::Kind::duration, config::Kind::choice,
        config::Kind::text, config::Kind::text_list}) {
    config::Option option;
    option.kind = kind;
    if (kind == config::Kind::choice) option.words = words;
    const auto value = read(node, option);
    if (!value || !value->is_set) continue;
    const auto again = read(parse(config::value_yaml(option, *value)), option);
    PM_CHECK(again && are_equal(*value, *again), "a value is read as it is written");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  duration(text);
  numbers(text);
  scalar(text);
  return 0;
}
