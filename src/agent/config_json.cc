// SPDX-License-Identifier: MIT
#include "agent/config_json.h"

#include "config/value.h"
#include "config/yaml_text.h"
#include "core/number.h"

#include <nlohmann/json.hpp>

namespace pm::agent {
namespace {

using config::Kind;
using config::Option;
using config::Section;
using config::Value;
using json = nlohmann::ordered_json;

constexpr std::string_view redacted = "<redacted>";

std::string text_of(const Option& option, const std::string& text) {
  if (!option.is_secret || text.empty()) return text;
  return text.find("://") != std::string::npos ? without_credentials(text) : std::string(redacted);
}

json list_of(const Option& option, const Value& value) {
  json list = json::array();
  for (const auto& element : value.list)
    list.push_back(text_of(option, element.value));
  return list;
}

json map_of(const Option& option, const Value& value) {
  json map = json::object();
  for (const auto& [key, text] : value.map)
    map[key] = config::looks_secret(key) ? std::string(redacted) : text_of(option, text);
  return map;
}

json value_json(const Option& option, const Value& value) {
  switch (option.kind) {
    case Kind::flag: return value.flag;
    case Kind::integer: return value.number;
    case Kind::duration: return format_duration(Duration(value.number));
    case Kind::choice:
      return config::word_text(option.words, static_cast<std::size_t>(value.number));
    case Kind::text: return text_of(option, value.text);
    case Kind::text_list: return list_of(option, value);
    case Kind::text_map: return map_of(option, value);
    case Kind::opaque: return tree_json(value.tree);
    case Kind::section:
    case Kind::section_list:
    case Kind::named_sections:
    case Kind::noted:
    case Kind::place: break;
  }
  return nullptr;
}

bool is_empty(const Option& option, const Value& value) {
  switch (option.kind) {
    case Kind::flag: return !value.flag;
    case Kind::integer:
    case Kind::duration: return value.number == 0;
    case Kind::text: return value.text.empty();
    case Kind::text_list: return value.list.empty();
    case Kind::text_map: return value.map.empty();
    case Kind::opaque: return value.tree.is_null();
    case Kind::choice:
    case Kind::section:
    case Kind::section_list:
    case Kind::named_sections:
    case Kind::noted:
    case Kind::place: break;
  }
  return false;
}

// What the struct is born with: false and 0 say something where that is something else.
bool is_worth_saying(const Option& option, const Value& value, const void* born) {
  if (!value.is_set) return false;
  if (!is_empty(option, value)) return true;
  const bool is_number =
      option.kind == Kind::flag || option.kind == Kind::integer || option.kind == Kind::duration;
  if (!is_number) return false;
  const Value usual = option.value(born);
  return !usual.is_set || !is_empty(option, usual);
}

void add_sections(const Option& option, const void* object, json& out) {
  const std::size_t count = option.count(object);
  if (option.kind == Kind::section) {
    if (count == 0) return;
    json below = section_json(*option.section, option.item(object, 0));
    const bool stands_alone = option.may_be_empty && option.status == config::Status::supported;
    if (!below.empty() || stands_alone) out[std::string(option.key)] = std::move(below);
    return;
  }
  json all = option.kind == Kind::section_list ? json::array() : json::object();
  for (std::size_t i = 0; i < count; ++i) {
    const void* item = option.item(object, i);
    json below = section_json(*option.section, item);
    if (option.kind == Kind::section_list) {
      all.push_back(std::move(below));
    } else {
      all[std::string(option.section->name_of(item))] = std::move(below);
    }
  }
  if (!all.empty()) out[std::string(option.key)] = std::move(all);
}

}  // namespace

std::string without_credentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::size_t at = url.substr(0, url.find_first_of("/?#", host)).rfind('@');
  if (at == std::string_view::npos || at < host) return std::string(url);
  return std::string(url.substr(0, host)).append(url.substr(at + 1));
}

json section_json(const Section& section, const void* object) {
  json out = json::object();
  const config::Born born = section.born();
  for (const Option& option : section.options) {
    if (option.key.empty()) continue;
    if (option.item != nullptr) {
      add_sections(option, object, out);
    } else if (option.value != nullptr) {
      const Value value = option.value(object);
      if (is_worth_saying(option, value, born.get()))
        out[std::string(option.key)] = value_json(option, value);
    }
  }
  return out;
}

// Nobody says what its scalars are, so they are what they look like.
json tree_json(const config::Node& node) {
  if (node.is_sequence()) {
    json list = json::array();
    for (const config::Node& item : node.items)
      list.push_back(tree_json(item));
    return list;
  }
  if (node.is_mapping()) {
    json map = json::object();
    for (const config::Entry& entry : node.entries)
      map[entry.key] = tree_json(entry.value);
    return map;
  }
  if (node.is_null()) return nullptr;
  const std::string text = config::scalar_text(node);
  if (node.quoted) return text;
  if (text == "true" || text == "false") return text == "true";
  if (const auto number = parse_i64(text)) return *number;
  return text;
}

}  // namespace pm::agent
