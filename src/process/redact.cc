// SPDX-License-Identifier: MIT
#include "process/redact.h"

#include "core/text.h"

#include <algorithm>

namespace pm::process {
namespace {

constexpr std::string_view mask = "<redacted>";
// Keys in lower case. "key" alone is a file or an address more often than a secret.
constexpr std::string_view secrets[] = {"password",  "secret",       "token",     "users",
                                        "user",      "apikey",       "secretkey", "privatekey",
                                        "accesskey", "clientsecret", "hmac",      "authorization"};

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(" \t"), line.size());
}

bool is_word(char c) {
  return text::is_alpha(c) || text::is_digit(c) || c == '_' || c == '-';
}

// The key that ends before the colon at `colon`, without quotes and separators: "secret_key" is "secretkey".
bool names_secret(std::string_view line, std::size_t colon) {
  std::string key;
  std::size_t at = colon;
  if (at > 0 && (line[at - 1] == '"' || line[at - 1] == '\'')) --at;
  while (at > 0 && is_word(line[at - 1]))
    --at;
  for (char c : line.substr(at, colon - at)) {
    if (text::is_alpha(c) || text::is_digit(c)) key += text::lower(c);
  }
  // The process user ("user: www") stands in the first column and is no secret.
  if (key == "user" && at == 0) return false;
  return std::find(std::begin(secrets), std::end(secrets), key) != std::end(secrets);
}

bool is_key_end(std::string_view line, std::size_t colon) {
  return colon + 1 == line.size() || line[colon + 1] == ' ' || line[colon + 1] == '\t';
}

// The rest of the line behind the first secret key goes, whatever it holds; a block or a list below goes too.
struct Cut {
  std::size_t keep = std::string_view::npos;
  bool opens_block = false;
};

Cut find_cut(std::string_view line) {
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    if (!is_key_end(line, colon) || !names_secret(line, colon)) continue;
    const std::string_view value = text::trim(line.substr(colon + 1));
    return {colon + 1, value.empty() || value[0] == '|' || value[0] == '>' || value[0] == '#' ||
                           value[0] == '[' || value[0] == '{'};
  }
  return {};
}

// A private key may stand as content under any name: from its first line to its last nothing is shown.
class PrivateKeys {
 public:
  // How much of the line may be shown; npos: all of it.
  std::size_t shown_of(std::string_view line) {
    const std::size_t begin = line.find("-----BEGIN ");
    const bool begins = begin != std::string_view::npos &&
                        line.find("PRIVATE KEY-----", begin) != std::string_view::npos;
    const bool was_inside = is_inside_;
    if (begins) is_inside_ = true;
    if (is_inside_ && line.find("-----END ", begins ? begin : 0) != std::string_view::npos)
      is_inside_ = false;
    if (was_inside) return indent_of(line);
    return begins ? begin : std::string_view::npos;
  }

 private:
  bool is_inside_ = false;
};

}  // namespace

std::string redacted(std::string_view yaml) {
  std::string shown;
  PrivateKeys keys;
  std::size_t block_indent = std::string_view::npos;  // of the key whose block is being hidden
  text::for_each_part(yaml, '\n', [&](std::string_view line) {
    if (const std::size_t keep = keys.shown_of(line); keep != std::string_view::npos) {
      shown.append(line.substr(0, keep)).append(mask).append("\n");
      return;
    }
    const std::string_view content = text::trim(line);
    const std::size_t indent = indent_of(line);
    const bool is_item_of_key = indent == block_indent && content.starts_with("- ");
    if (block_indent != std::string_view::npos && !content.empty() && indent <= block_indent &&
        !is_item_of_key) {
      block_indent = std::string_view::npos;
    }
    if (block_indent != std::string_view::npos && !content.empty()) {
      shown.append(line.substr(0, indent))
          .append(content.starts_with("- ") ? "- " : "")
          .append(mask);
    } else if (const Cut cut = find_cut(line); cut.keep != std::string_view::npos) {
      shown.append(line.substr(0, cut.keep)).append(" ");
      if (!text::trim(line.substr(cut.keep)).empty()) shown.append(mask);
      if (cut.opens_block) block_indent = indent;
    } else {
      shown.append(line);
    }
    shown += '\n';
  });
  shown.pop_back();
  return shown;
}

}  // namespace pm::process
