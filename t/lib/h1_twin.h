// SPDX-License-Identifier: MIT
// h1_twin.h -- a second reading of HTTP/1 heads and chunked bodies: slow, strict, written from the RFC alone.
//
//   in      bytes from the beginning of a message
//   out     whether they are a whole acceptable head, where it ends, and what is in it; the same for a chunked body
//   own     copies; shares no code with src/h1, so that a mistake has to be made twice to pass
//   source  RFC 9112 sections 2 to 7; security.md section 2
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twin {

struct Limits {
  std::size_t bytes = 1048576 + 4096;
  std::size_t line = 65536;
  std::size_t fields = 1000;
};

enum class Body : std::uint8_t { none, length, chunked, until_close };

struct Head {
  std::size_t length = 0;          // skipped empty lines included
  std::size_t skipped = 0;         // bytes of them
  std::vector<std::string> start;  // method, target, version; or version, code, reason
  std::vector<std::pair<std::string, std::string>> fields;
  Body body = Body::none;
  std::uint64_t content_length = 0;

  bool has_length_or_coding() const;
};

inline bool is_tchar(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr;
}
inline bool is_token(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_tchar);
}
inline bool is_vchar(char c) {  // with obs-text
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte != 0x7f;
}
inline bool is_text(char c) {
  return is_vchar(c) || c == ' ' || c == '\t';
}
inline std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// The line that begins at `at`, without its CRLF; nothing when it has none, or holds what no line may hold.
inline std::optional<std::string> take_line(std::string_view bytes, std::size_t& at) {
  std::string line;
  for (std::size_t i = at; i < bytes.size(); ++i) {
    if (bytes[i] == '\r') {
      if (i + 1 == bytes.size() || bytes[i + 1] != '\n') return std::nullopt;
      at = i + 2;
      return line;
    }
    if (!is_text(bytes[i])) return std::nullopt;
    line += bytes[i];
  }
  return std::nullopt;
}

inline bool take_fields(std::string_view bytes, std::size_t& at, const Limits& limits, Head& head) {
  while (true) {
    const std::optional<std::string> line = take_line(bytes, at);
    if (!line) return false;
    if (line->empty()) return true;
    const std::size_t colon = line->find(':');
    if (colon == std::string::npos || !is_token(line->substr(0, colon))) return false;
    std::string value = line->substr(colon + 1);
    const std::size_t first = value.find_first_not_of(" \t");
    const std::size_t last = value.find_last_not_of(" \t");
    value = first == std::string::npos ? "" : value.substr(first, last - first + 1);
    head.fields.emplace_back(line->substr(0, colon), value);
    if (head.fields.size() > limits.fields) return false;
  }
}

inline std::vector<std::string> values_of(const Head& head, const std::string& name) {
  std::vector<std::string> values;
  for (const auto& [field, value] : head.fields) {
    if (lower(field) == name) values.push_back(value);
  }
  return values;
}

// llhttp judges these two in trailers as well; they are forbidden there.
inline bool Head::has_length_or_coding() const {
  return !values_of(*this, "content-length").empty() ||
         !values_of(*this, "transfer-encoding").empty();
}

inline bool judge_body(Head& head, bool is_http11) {
  const std::vector<std::string> lengths = values_of(head, "content-length");
  const std::vector<std::string> codings = values_of(head, "transfer-encoding");
  if (lengths.size() + codings.size() > 1) return false;
  if (!codings.empty()) {
    head.body = Body::chunked;
    return is_http11 && lower(codings[0]) == "chunked";
  }
  if (lengths.empty()) return true;
  if (lengths[0].empty() || lengths[0].size() > 18) return false;
  for (const char c : lengths[0]) {
    if (c < '0' || c > '9') return false;
    head.content_length = head.content_length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  head.body = Body::length;
  return true;
}

inline bool is_good_target(const std::string& method, const std::string& target) {
  if (target.empty()) return false;
  for (const char c : target) {
    if (!is_vchar(c)) return false;
  }
  if (target[0] == '/') return true;
  if (target == "*") return method == "OPTIONS";
  const std::size_t colon = target.find("://");
  if (colon == std::string::npos) return false;
  const std::string scheme = lower(target.substr(0, colon));
  if (scheme != "http" && scheme != "https") return false;
  const std::string rest = target.substr(colon + 3);
  const std::string authority = rest.substr(0, rest.find_first_of("/?"));
  return !authority.empty() && authority.find('@') == std::string::npos;
}

inline std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : line) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

inline std::optional<Head> read_request(std::string_view bytes, const Limits& limits = {}) {
  Head head;
  std::size_t at = 0;
  while (at < 4 && bytes.substr(at, 2) == "\r\n")
    at += 2;
  head.skipped = at;
  const std::optional<std::string> line = take_line(bytes, at);
  if (!line || line->size() > limits.line) return std::nullopt;
  head.start = split(*line, ' ');
  if (head.start.size() != 3) return std::nullopt;
  const std::string& method = head.start[0];
  const bool is_http11 = head.start[2] == "HTTP/1.1";
  if (!is_http11 && head.start[2] != "HTTP/1.0") return std::nullopt;
  if (!is_token(method) || method.size() > 32 || method == "CONNECT") return std::nullopt;
  if (!is_good_target(method, head.start[1])) return std::nullopt;
  if (!take_fields(bytes, at, limits, head)) return std::nullopt;
  head.length = at;
  if (head.length - head.skipped > limits.bytes) return std::nullopt;
  const std::size_t hosts = values_of(head, "host").size();
  if (hosts > 1 || (hosts == 0 && is_http11) || !judge_body(head, is_http11)) return std::nullopt;
  const std::vector<std::string> expects = values_of(head, "expect");
  const bool is_expectable =
      expects.empty() || !is_http11 || (expects.size() == 1 && lower(expects[0]) == "100-continue");
  return is_expectable ? std::optional<Head>(head) : std::nullopt;
}

inline std::optional<Head> read_response(std::string_view bytes, bool to_head,
                                         const Limits& limits = {}) {
  Head head;
  std::size_t at = 0;
  const std::optional<std::string> line = take_line(bytes, at);
  if (!line || line->size() < 12 || line->size() > limits.line) return std::nullopt;
  const std::string version = line->substr(0, 9);
  const std::string code = line->substr(9, 3);
  if (version != "HTTP/1.1 " && version != "HTTP/1.0 ") return std::nullopt;
  if (!std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  if (code[0] == '0' || (line->size() > 12 && (*line)[12] != ' ')) return std::nullopt;
  head.start = {version.substr(0, 8), code, line->size() > 12 ? line->substr(13) : ""};
  if (!take_fields(bytes, at, limits, head)) return std::nullopt;
  head.length = at;
  if (head.length > limits.bytes || !judge_body(head, version[7] == '1')) return std::nullopt;
  const bool is_bodiless = to_head || code[0] == '1' || code == "204" || code == "304";
  if (is_bodiless) {
    head.body = Body::none;
  } else if (head.body == Body::none) {
    head.body = Body::until_close;
  }
  return head;
}

struct Chunked {
  enum class End : std::uint8_t { more, trailers, fault };
  End end = End::more;
  std::string data;
  std::size_t used = 0;  // with trailers: where they begin
};

// A size line at `at`: its value, or nothing. `is_short`: the bytes end before the line is known to be good or bad.
inline std::optional<std::uint64_t> take_size(std::string_view bytes, std::size_t& at,
                                              std::size_t& extensions, bool& is_short) {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  const auto at_end = [&] {
    return is_short = at == bytes.size();
  };
  for (; !at_end() && std::strchr("0123456789abcdefABCDEF", bytes[at]) != nullptr &&
         bytes[at] != '\0';
       ++at) {
    const char c = lower(std::string(1, bytes[at]))[0];
    if (++digits > 16) return std::nullopt;
    size = size * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    if (size > std::uint64_t{1} << 62) return std::nullopt;
  }
  if (is_short || digits == 0) return std::nullopt;
  if (bytes[at] == ';') {
    for (std::size_t count = 0; !at_end() && bytes[at] != '\r'; ++at) {
      if (!is_vchar(bytes[at]) && bytes[at] != ' ') return std::nullopt;
      if (++count > 256 || ++extensions > 16384) return std::nullopt;
    }
    if (is_short) return std::nullopt;
  }
  if (bytes[at++] != '\r') return std::nullopt;
  if (at_end() || bytes[at++] != '\n') return std::nullopt;
  return size;
}

inline Chunked read_chunked(std::string_view bytes) {
  Chunked result;
  std::size_t at = 0;
  std::size_t extensions = 0;
  while (true) {
    bool is_short = false;
    const std::optional<std::uint64_t> size = take_size(bytes, at, extensions, is_short);
    if (!size) {
      result.end = is_short ? Chunked::End::more : Chunked::End::fault;
      return result;
    }
    if (*size == 0) {
      result.end = Chunked::End::trailers;
      result.used = at;
      return result;
    }
    const std::string_view data = bytes.substr(at, *size);
    result.data += data;
    if (data.size() < *size) return result;
    at += data.size();
    const std::string_view end = bytes.substr(at, 2);
    if (end != std::string_view("\r\n").substr(0, end.size())) result.end = Chunked::End::fault;
    if (end != "\r\n") return result;
    at += 2;
  }
}

}  // namespace twin
