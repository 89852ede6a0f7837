// SPDX-License-Identifier: MIT
#include "config/schema.h"

#include "config/options.h"
#include "config/value.h"
#include "core/text.h"

#include <fmt/format.h>

namespace pm::config {
namespace {

// Texts of the tables: they hold no control characters.
std::string json_text(std::string_view text) {
  return "\"" + text::replace_all(text::replace_all(text, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

std::string words_json(Words words, std::string_view type) {
  if (words.empty()) return fmt::format("{{\"type\": \"{}\"}}", type);
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += ", ";
    text += json_text(word_text(words, i));
  }
  return fmt::format("{{\"enum\": [{}]}}", text);
}

class Schema {
 public:
  void keys(const Section& section, std::size_t indent);
  void options(const Section& section, std::size_t indent, bool& is_first);
  std::string take() { return std::move(out_); }
  void raw(std::string_view text) { out_ += text; }

 private:
  void option(const Option& option, const Section& section, std::size_t indent);
  void kind(const Option& option, std::size_t indent);
  void below(const Option& option, std::size_t indent);
  void line(std::size_t indent, std::string_view text) {
    out_ += fmt::format("{:{}}{}", "", indent, text);
  }

  std::string out_;
};

std::string default_json(const Option& option, const Section& section) {
  if (option.value == nullptr || !option.initial.empty()) return {};
  const Value born = option.value(section.born().get());
  if (!born.is_set) return {};
  switch (option.kind) {
    case Kind::flag:
    case Kind::integer: return value_yaml(option, born);
    case Kind::duration:
    case Kind::choice: return json_text(value_yaml(option, born));
    case Kind::text: return born.text.empty() ? "" : json_text(born.text);
    case Kind::text_list:
    case Kind::text_map:
    case Kind::section:
    case Kind::section_list:
    case Kind::named_sections:
    case Kind::opaque:
    case Kind::noted:
    case Kind::place: return {};
  }
  return {};
}

void Schema::keys(const Section& section, std::size_t indent) {
  line(indent, "\"type\": \"object\",\n");
  line(indent, "\"additionalProperties\": false,\n");
  line(indent, "\"properties\": {\n");
  bool is_first = true;
  options(section, indent + 2, is_first);
  out_ += "\n";
  line(indent, "}");
}

void Schema::options(const Section& section, std::size_t indent, bool& is_first) {
  for (const Option& each : section.options) {
    if (each.key.empty() || each.status == Status::refused) continue;
    if (!is_first) out_ += ",\n";
    is_first = false;
    option(each, section, indent);
  }
}

void Schema::option(const Option& option, const Section& section, std::size_t indent) {
  line(indent, json_text(option.key) + ": {\n");
  std::string help(option.help);
  if (option.status == Status::later || option.status == Status::missing)
    help += " (not supported yet)";
  line(indent + 2, "\"description\": " + json_text(help));
  if (const std::string text = default_json(option, section); !text.empty()) {
    out_ += ",\n";
    line(indent + 2, "\"default\": " + text);
  }
  kind(option, indent + 2);
  out_ += "\n";
  line(indent, "}");
}

void Schema::kind(const Option& option, std::size_t indent) {
  std::string text;
  switch (option.kind) {
    case Kind::flag: text = "\"type\": \"boolean\""; break;
    case Kind::integer:
      text = "\"type\": \"integer\"";
      if (option.least != INT64_MIN) text += fmt::format(", \"minimum\": {}", option.least);
      if (option.most != INT64_MAX) text += fmt::format(", \"maximum\": {}", option.most);
      break;
    case Kind::duration: text = "\"type\": [\"string\", \"integer\"]"; break;
    case Kind::text:
      text = option.words.empty() ? "\"type\": [\"string\", \"number\", \"boolean\"]" : "";
      break;
    case Kind::choice: break;
    case Kind::text_list:
      text = fmt::format("\"type\": [\"array\", \"string\"], \"items\": {}",
                         words_json(option.words, "string"));
      break;
    case Kind::text_map:
      text = fmt::format("\"type\": \"object\", \"additionalProperties\": {}",
                         words_json(option.words, "string"));
      break;
    case Kind::section:
    case Kind::section_list:
    case Kind::named_sections: below(option, indent); return;
    case Kind::opaque:
    case Kind::noted:
    case Kind::place: return;
  }
  if (text.empty()) {
    const std::string words = words_json(option.words, "string");
    text = words.substr(1, words.size() - 2);
  }
  out_ += ",\n";
  line(indent, text);
}

void Schema::below(const Option& option, std::size_t indent) {
  out_ += ",\n";
  if (option.kind == Kind::section && !option.may_be_empty) {
    keys(*option.section, indent);
    return;
  }
  const bool is_list = option.kind == Kind::section_list;
  if (option.kind == Kind::section) {
    line(indent, "\"anyOf\": [{\"type\": \"boolean\"}, {\n");
  } else {
    line(indent, is_list ? "\"type\": \"array\",\n" : "\"type\": \"object\",\n");
    line(indent, is_list ? "\"items\": {\n" : "\"additionalProperties\": {\n");
  }
  if (option.section->whole != nullptr) {
    line(indent + 2, "\"type\": \"object\"");
  } else {
    keys(*option.section, indent + 2);
  }
  out_ += "\n";
  line(indent, option.kind == Kind::section ? "}]" : "}");
}

}  // namespace

std::string schema() {
  Schema schema;
  schema.raw("{\n  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n");
  schema.raw("  \"title\": \"pointsman.yaml\",\n  \"type\": \"object\",\n");
  schema.raw("  \"additionalProperties\": false,\n  \"properties\": {\n");
  bool is_first = true;
  schema.options(static_section(), 4, is_first);
  schema.options(dynamic_section(), 4, is_first);
  schema.raw("\n  }\n}\n");
  return schema.take();
}

}  // namespace pm::config
