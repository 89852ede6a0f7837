// SPDX-License-Identifier: MIT
#include "config/yaml_text.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::config {
namespace {

bool is_plain_char(char c) {
  return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '-' || c == '.' || c == '/' ||
         c == '@';
}

// Words that some reader of YAML takes for something else than text.
bool is_special(std::string_view text) {
  constexpr std::string_view words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n"};
  return std::any_of(std::begin(words), std::end(words), [text](std::string_view word) {
    return text::equals_ignore_case(word, text);
  });
}

// The code point of the well-formed UTF-8 character that `text` is.
std::uint32_t code_point(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  if (text.size() == 1) return byte(0);
  std::uint32_t code = byte(0) & (0x7fu >> text.size());
  for (std::size_t i = 1; i < text.size(); ++i)
    code = code << 6 | (byte(i) & 0x3f);
  return code;
}

// U+FEFF, U+FFFE and U+FFFF: printable to nobody, and libyaml takes them only escaped.
bool is_refused_by_yaml(std::string_view character) {
  return character == "\xef\xbb\xbf" || character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = text::utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    if (character == "\"" || character == "\\") {
      out += '\\';
      out += character;
    } else if (text::printable_length(text) != 0 && !is_refused_by_yaml(character)) {
      out += character;
    } else if (length <= 1) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else {
      out += fmt::format("\\U{:08x}", code_point(character));
    }
    text.remove_prefix(character.size());
  }
  out += '"';
  return out;
}

// Plain numbers and booleans stay plain, so that they are read as what they were.
std::string scalar(const Node& node) {
  if (node.quoted) return quoted(node.text);
  const bool is_number = node.text.find_first_not_of("0123456789") == std::string::npos;
  const bool is_plain =
      is_number || node.text == "true" || node.text == "false" || scalar_text(node) != node.text;
  return is_plain ? node.text : yaml_text(node.text);
}

void write_flow(const Node& node, bool is_shown, bool show_secrets, std::string& out) {
  switch (node.kind) {
    case NodeKind::null: out += "null"; return;
    case NodeKind::scalar: {
      const bool is_key = !show_secrets && holds_key(node.text);
      out += is_shown && !is_key ? scalar(node) : quoted("<redacted>");
      return;
    }
    case NodeKind::sequence:
      out += '[';
      for (const Node& item : node.items) {
        if (&item != &node.items.front()) out += ", ";
        write_flow(item, is_shown, show_secrets, out);
      }
      out += ']';
      return;
    case NodeKind::mapping:
      out += '{';
      for (const Entry& entry : node.entries) {
        if (&entry != &node.entries.front()) out += ", ";
        out += yaml_text(entry.key) + ": ";
        write_flow(entry.value, is_shown && (show_secrets || !looks_secret(entry.key)),
                   show_secrets, out);
      }
      out += '}';
      return;
  }
}

}  // namespace

bool looks_secret(std::string_view key) {
  constexpr std::string_view parts[] = {"password", "passwd",        "secret",     "token",
                                        "users",    "authorization", "apikey",     "api-key",
                                        "cookie",   "sessionkey",    "signingkey", "credential"};
  const std::string lower = text::to_lower(key);
  if (lower.ends_with("file")) return false;
  return std::any_of(std::begin(parts), std::end(parts), [&lower](std::string_view part) {
    return lower.find(part) != std::string::npos;
  });
}

bool holds_key(std::string_view text) noexcept {
  return text.find("PRIVATE KEY-----") != std::string_view::npos;
}

std::string yaml_text(std::string_view text) {
  const bool is_plain = !text.empty() && (text::is_alpha(text[0]) || text[0] == '/') &&
                        !is_special(text) && std::all_of(text.begin(), text.end(), is_plain_char);
  return is_plain ? std::string(text) : quoted(text);
}

std::string yaml_flow(const Node& node, bool show_secrets) {
  std::string out;
  write_flow(node, true, show_secrets, out);
  return out;
}

}  // namespace pm::config
