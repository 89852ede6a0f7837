// SPDX-License-Identifier: MIT
#include "config/value.h"

#include "config/yaml_text.h"
#include "core/number.h"
#include "core/text.h"

#include <fmt/format.h>

namespace pm::config {
namespace {

std::string range_text(const Option& option) {
  const bool has_least = option.least != INT64_MIN;
  const bool has_most = option.most != INT64_MAX;
  const auto bound = [&option](std::int64_t value) {
    if (option.kind == Kind::duration) return format_duration(Duration(value));
    return std::to_string(value);
  };
  if (has_least && has_most)
    return fmt::format("{} to {}", bound(option.least), bound(option.most));
  if (has_least) return fmt::format("{} or more", bound(option.least));
  return fmt::format("{} or less", bound(option.most));
}

class ValueReader {
 public:
  ValueReader(const Option& option, std::vector<Refusal>& refusals)
      : option_(option), refusals_(refusals) {}

  bool read(const Node& node, Value& out);

 private:
  bool wrong_kind(const Node& node);
  bool wrong_kind(const Node& node, std::string_view below, std::string_view needed);
  bool bad(Mark mark, std::string_view text, std::string_view problem, std::string advice);
  bool read_flag(const Node& node, Value& out);
  bool read_integer(const Node& node, Value& out);
  bool read_duration(const Node& node, Value& out);
  bool read_choice(const Node& node, Value& out);
  bool read_text(const Node& node, Value& out);
  bool read_list(const Node& node, Value& out);
  bool read_map(const Node& node, Value& out);
  bool in_range(std::int64_t value) const {
    return value >= option_.least && value <= option_.most;
  }
  bool allow(std::string& text, Mark mark);
  bool add_element(std::string_view text, Mark mark, MarkedTexts& list);
  bool flatten(const Node& node, const std::string& prefix, TextMap& map);

  const Option& option_;
  std::vector<Refusal>& refusals_;
};

bool ValueReader::wrong_kind(const Node& node) {
  return wrong_kind(node, {}, kind_text(option_));
}

bool ValueReader::wrong_kind(const Node& node, std::string_view below, std::string_view needed) {
  refusals_.push_back(
      {node.mark,
       fmt::format("{}: {} where {} is needed", below, kind_name(node.kind), needed),
       {},
       Refusal::Of::kind});
  return false;
}

bool ValueReader::bad(Mark mark, std::string_view text, std::string_view problem,
                      std::string advice) {
  const std::string shown = option_.is_secret ? "(hidden)" : text::quoted(text);
  refusals_.push_back({mark, fmt::format(" {}: {}", shown, problem), std::move(advice)});
  return false;
}

bool ValueReader::read(const Node& node, Value& out) {
  out.is_set = true;
  out.mark = node.mark;
  if (option_.kind == Kind::opaque) {
    out.tree = node;
    return true;
  }
  if (option_.kind == Kind::text_list) return read_list(node, out);
  if (option_.kind == Kind::text_map) return read_map(node, out);
  if (!node.is_scalar()) return wrong_kind(node);
  switch (option_.kind) {
    case Kind::flag: return read_flag(node, out);
    case Kind::integer: return read_integer(node, out);
    case Kind::duration: return read_duration(node, out);
    case Kind::choice: return read_choice(node, out);
    case Kind::text: return read_text(node, out);
    case Kind::text_list:
    case Kind::text_map:
    case Kind::section:
    case Kind::section_list:
    case Kind::named_sections:
    case Kind::opaque:
    case Kind::noted:
    case Kind::place: break;
  }
  return wrong_kind(node);
}

bool ValueReader::read_flag(const Node& node, Value& out) {
  const std::optional<bool> flag = parse_flag(scalar_text(node));
  if (!flag) return bad(node.mark, node.text, "not true or false", "write true or false");
  out.flag = *flag;
  return true;
}

bool ValueReader::read_integer(const Node& node, Value& out) {
  const std::optional<std::int64_t> number = parse_i64(scalar_text(node));
  if (!number) {
    return bad(node.mark, node.text, "not a whole number", "write digits without a unit");
  }
  if (!in_range(*number)) {
    return bad(node.mark, node.text, "out of range", "write " + range_text(option_));
  }
  out.number = *number;
  return true;
}

bool ValueReader::read_duration(const Node& node, Value& out) {
  const std::optional<Duration> duration = parse_duration(scalar_text(node));
  if (!duration) {
    return bad(node.mark, node.text, "not a duration",
               "write a number with ns, us, ms, s, m or h, as in 1m30s");
  }
  if (!in_range(duration->count())) {
    return bad(node.mark, node.text, "out of range", "write " + range_text(option_));
  }
  out.number = duration->count();
  return true;
}

bool ValueReader::read_choice(const Node& node, Value& out) {
  const std::optional<std::size_t> word = find_word(option_.words, scalar_text(node));
  if (!word) {
    return bad(node.mark, node.text, "not known", "write one of " + words_text(option_.words));
  }
  out.number = static_cast<std::int64_t>(*word);
  return true;
}

bool ValueReader::read_text(const Node& node, Value& out) {
  out.text = scalar_text(node);
  return allow(out.text, node.mark);
}

// A text among `words` takes their spelling.
bool ValueReader::allow(std::string& text, Mark mark) {
  if (!option_.words.empty()) {
    const std::optional<std::size_t> word = find_word(option_.words, text);
    if (!word) {
      bad(mark, text, "not known", "write one of " + words_text(option_.words));
      return false;
    }
    text = word_text(option_.words, *word);
  }
  if (option_.check == nullptr) return true;
  const std::string_view advice = option_.check(text);
  if (advice.empty()) return true;
  bad(mark, text, "not allowed here", std::string(advice));
  return false;
}

bool ValueReader::add_element(std::string_view text, Mark mark, MarkedTexts& list) {
  std::string element(text::trim(text));
  if (element.empty()) {
    refusals_.push_back({mark, ": an empty element of a list is left out",
                         "take the comma or the dash away", Refusal::Of::detail});
    return true;
  }
  if (!allow(element, mark)) return false;
  list.push_back({std::move(element), mark});
  return true;
}

bool ValueReader::read_list(const Node& node, Value& out) {
  bool is_good = true;
  if (node.is_scalar()) {
    const std::string text = scalar_text(node);
    out.is_set = !text.empty();
    if (text.empty()) return true;
    text::for_each_part(text, ',', [&](std::string_view part) {
      is_good = add_element(part, node.mark, out.list) && is_good;
    });
  } else if (node.is_sequence()) {
    for (const Node& item : node.items) {
      if (item.is_scalar() || item.is_null()) {
        is_good = add_element(scalar_text(item), item.mark, out.list) && is_good;
      } else {
        is_good = wrong_kind(item, {}, "a text");
      }
    }
  } else {
    return wrong_kind(node);
  }
  out.is_set = !out.list.empty() || (option_.may_be_empty && node.is_sequence());
  return is_good;
}

bool ValueReader::flatten(const Node& node, const std::string& prefix, TextMap& map) {
  bool is_good = true;
  for (const Entry& entry : node.entries) {
    const std::string key = prefix.empty() ? entry.key : prefix + "." + entry.key;
    if (entry.value.is_null()) continue;
    if (entry.value.is_mapping()) {
      is_good = flatten(entry.value, key, map) && is_good;
      continue;
    }
    std::string text = entry.value.is_scalar() ? scalar_text(entry.value) : std::string();
    if (!entry.value.is_scalar()) {
      is_good = wrong_kind(entry.value, "." + key, "a text");
    } else if (!allow(text, entry.value.mark)) {
      is_good = false;
    } else if (!map.emplace(key, std::move(text)).second) {
      refusals_.push_back(
          {entry.key_mark, fmt::format(".{}: given twice", key), "keep one of them"});
      is_good = false;
    }
  }
  return is_good;
}

bool ValueReader::read_map(const Node& node, Value& out) {
  if (!node.is_mapping()) return wrong_kind(node);
  return flatten(node, {}, out.map);
}

}  // namespace

bool read_value(const Node& node, const Option& option, std::vector<Refusal>& refusals,
                Value& out) {
  return ValueReader(option, refusals).read(node, out);
}

std::string value_yaml(const Option& option, const Value& value) {
  switch (option.kind) {
    case Kind::flag: return value.flag ? "true" : "false";
    case Kind::integer: return std::to_string(value.number);
    case Kind::duration: return format_duration(Duration(value.number));
    case Kind::choice:
      return std::string(word_text(option.words, static_cast<std::size_t>(value.number)));
    case Kind::text: return yaml_text(value.text);
    case Kind::text_list: {
      std::string text = "[";
      for (const At<std::string>& element : value.list) {
        if (text.size() > 1) text += ", ";
        text += yaml_text(element.value);
      }
      return text + "]";
    }
    case Kind::opaque: return yaml_flow(value.tree, true);
    case Kind::text_map:
    case Kind::noted:
    case Kind::place:
    case Kind::section:
    case Kind::section_list:
    case Kind::named_sections: return {};
  }
  return {};
}

std::optional<bool> parse_flag(std::string_view text) noexcept {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == yes) return true;
  }
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::optional<std::size_t> find_word(Words words, std::string_view text) noexcept {
  for (std::size_t i = 0; i < words.size(); ++i) {
    bool is_spelling = false;
    text::for_each_part(words[i], '|', [&](std::string_view spelling) {
      is_spelling = is_spelling || text::equals_ignore_case(spelling, text);
    });
    if (is_spelling) return i;
  }
  return std::nullopt;
}

std::string_view word_text(Words words, std::size_t index) noexcept {
  return words[index].substr(0, words[index].find('|'));
}

std::string words_text(Words words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += ", ";
    text += word_text(words, i);
  }
  return text;
}

}  // namespace pm::config
