// SPDX-License-Identifier: MIT
#include "http/query.h"

#include "core/text.h"

namespace pm::http {
namespace {

// Reads one decoded byte off the front of `coded`, which is not empty; -1 on an escape that is none.
int take_byte(std::string_view& coded) noexcept {
  const char c = coded[0];
  if (c != '%') {
    coded.remove_prefix(1);
    return c == '+' ? ' ' : static_cast<unsigned char>(c);
  }
  if (coded.size() < 3) return -1;
  const int high = text::hex_value(coded[1]);
  const int low = text::hex_value(coded[2]);
  if (high < 0 || low < 0) return -1;
  coded.remove_prefix(3);
  return high * 16 + low;
}

}  // namespace

bool QueryPairs::next(std::string_view& key, std::string_view& value) noexcept {
  while (!rest_.empty()) {
    const std::size_t end = rest_.find('&');
    const std::string_view pair = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    key = pair.substr(0, equals);
    value = equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    return true;
  }
  return false;
}

bool form_equals(std::string_view coded, std::string_view plain) noexcept {
  while (!coded.empty()) {
    if (plain.empty() || take_byte(coded) != static_cast<unsigned char>(plain[0])) return false;
    plain.remove_prefix(1);
  }
  return plain.empty();
}

bool form_is_valid(std::string_view coded) noexcept {
  while (!coded.empty()) {
    if (take_byte(coded) < 0) return false;
  }
  return true;
}

bool form_decode(std::string_view coded, std::string& out) {
  out.clear();
  while (!coded.empty()) {
    const int byte = take_byte(coded);
    if (byte < 0) return false;
    out.push_back(static_cast<char>(byte));
  }
  return true;
}

}  // namespace pm::http
