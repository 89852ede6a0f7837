// SPDX-License-Identifier: MIT
#include "t/bench/tools/message.h"

#include <algorithm>
#include <charconv>

#include <strings.h>

namespace pm::bench {
namespace {

bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string_view field(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != head.npos; at = head.find("\r\n", at + 2)) {
    std::string_view line = head.substr(at + 2);
    line = line.substr(0, line.find("\r\n"));
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (!is_same(line.substr(0, name.size()), name)) continue;

    line.remove_prefix(name.size() + 1);
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    return line;
  }
  return {};
}

bool has_token(std::string_view value, std::string_view token) {
  for (std::size_t i = 0; i + token.size() <= value.size(); ++i) {
    if (is_same(value.substr(i, token.size()), token)) return true;
  }
  return false;
}

std::uint64_t number(std::string_view digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

void Body::begin_length(std::uint64_t length) {
  part_ = length ? Part::length : Part::none;
  left_ = length;
}

void Body::begin_chunks() {
  part_ = Part::size;
  left_ = 0;
}

void Body::begin_to_end() {
  part_ = Part::to_end;
}

std::size_t Body::take_run(std::size_t size, Part then) {
  const std::size_t taken = std::min<std::uint64_t>(size, left_);
  left_ -= taken;
  if (!left_) part_ = then;
  return taken;
}

void Body::take_size(char c) {
  if (c == '\n') {
    part_ = left_ ? Part::chunk : Part::trailer;
    left_ += left_ ? 2 : 0;
    line_ = 0;
  } else if (c == ';') {
    part_ = Part::extension;
  } else if (part_ == Part::size && c != '\r') {
    left_ = left_ * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
}

void Body::take_trailer(char c) {
  if (c == '\n') {
    if (line_ == 0) part_ = Part::none;
    line_ = 0;
  } else if (c != '\r') {
    ++line_;
  }
}

std::size_t Body::take(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size() && part_ != Part::none) {
    switch (part_) {
      case Part::none: break;
      case Part::length: at += take_run(bytes.size() - at, Part::none); break;
      case Part::to_end: at = bytes.size(); break;
      case Part::size:
      case Part::extension: take_size(bytes[at++]); break;
      case Part::chunk: at += take_run(bytes.size() - at, Part::size); break;
      case Part::trailer: take_trailer(bytes[at++]); break;
    }
  }
  return at;
}

}  // namespace pm::bench
