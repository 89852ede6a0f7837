// SPDX-License-Identifier: MIT
#include "http/path.h"

#include "core/text.h"
#include "http/url.h"

#include <algorithm>
#include <cstring>

namespace pm::http {
namespace {

bool is_kept(char c) noexcept {
  return text::is_alpha(c) || text::is_digit(c) ||
         std::string_view("-_.~$&+,/:;=@").find(c) != std::string_view::npos;
}

// Bytes that an encoded path may hold as they are, although the default encoding escapes some of them.
bool is_valid_raw(char c) noexcept {
  return is_kept(c) || std::string_view("!'()*[]%").find(c) != std::string_view::npos;
}

bool is_valid_raw(std::string_view raw) noexcept {
  for (const char c : raw) {
    if (!is_valid_raw(c)) return false;
  }
  return true;
}

std::string_view rooted(std::string_view path, Arena& arena) {
  return path.empty() || path.front() == '/' ? path : arena.join("/", path);
}

}  // namespace

std::optional<std::string_view> unescape(std::string_view text, Arena& arena,
                                         std::string_view* bad) {
  const std::size_t first = text.find('%');
  if (first == std::string_view::npos) return text;
  char* const out = static_cast<char*>(arena.allocate(text.size(), 1));
  std::memcpy(out, text.data(), first);
  char* to = out + first;
  for (std::size_t at = first; at < text.size(); ++at) {
    if (text[at] != '%') {
      *to++ = text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? text::hex_value(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? text::hex_value(text[at + 2]) : -1;
    if (high < 0 || low < 0) {
      if (bad != nullptr) *bad = text.substr(at, 3);
      arena.shrink(out, text.size(), 0);
      return std::nullopt;
    }
    *to++ = static_cast<char>(high * 16 + low);
    at += 2;
  }
  const auto size = static_cast<std::size_t>(to - out);
  arena.shrink(out, text.size(), size);
  return std::string_view(out, size);
}

std::string_view escape_path(std::string_view decoded, Arena& arena) {
  std::size_t escapes = 0;
  for (const char c : decoded)
    escapes += is_kept(c) ? 0 : 1;
  if (escapes == 0) return decoded;
  char* const out = static_cast<char*>(arena.allocate(decoded.size() + escapes * 2, 1));
  char* to = out;
  for (const char c : decoded) {
    if (is_kept(c)) {
      *to++ = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    *to++ = '%';
    *to++ = "0123456789ABCDEF"[byte >> 4];
    *to++ = "0123456789ABCDEF"[byte & 15];
  }
  return {out, decoded.size() + escapes * 2};
}

Path::Path(const Request& request) {
  Arena& arena = request.headers.arena();
  decoded_ = unescape(request.path, arena).value_or(request.path);
  if (escape_path(decoded_, arena) != request.path) raw_ = request.path;
}

void Path::strip(std::size_t size, Arena& arena) {
  decoded_ = rooted(decoded_.substr(size), arena);
  if (raw_.empty()) return;
  std::size_t at = 0;
  for (std::size_t left = size; left > 0 && at < raw_.size(); --left)
    at += raw_[at] == '%' ? 3 : 1;
  raw_ = rooted(raw_.substr(std::min(at, raw_.size())), arena);
}

void Path::prepend(std::string_view prefix, Arena& arena) {
  decoded_ = rooted(arena.join(prefix, decoded_), arena);
  if (!raw_.empty()) raw_ = rooted(arena.join(prefix, raw_), arena);
}

std::string_view Path::encoded(Arena& arena) const {
  if (!raw_.empty() && is_valid_raw(raw_)) {
    const auto says = unescape(raw_, arena);
    if (says && *says == decoded_) return raw_;
  }
  return escape_path(decoded_, arena);
}

bool Path::is_clean(Arena& arena) const {
  return decoded_.empty() || sanitize_path(decoded_, arena) == decoded_;
}

bool strip_prefix(Request& request, std::string_view prefix, bool force_slash) {
  // It becomes the value of a field, and was decoded: a line break must not end that field.
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  };
  if (std::any_of(prefix.begin(), prefix.end(), is_control)) return false;
  Arena& arena = request.headers.arena();
  Path path(request);
  path.strip(prefix.size(), arena);
  if (!path.is_clean(arena)) return false;
  std::string_view encoded = path.encoded(arena);
  if (force_slash && encoded.empty()) encoded = "/";
  set_path(request, encoded);
  // A service that writes links into its pages must know where it is mounted.
  request.headers.append(FieldId::x_forwarded_prefix, prefix);
  return true;
}

Replaced replace_path(Request& request, std::string_view encoded, std::string_view* bad) {
  Arena& arena = request.headers.arena();
  request.headers.append("X-Replaced-Path", request.path);
  const auto decoded = unescape(encoded, arena, bad);
  if (!decoded) return Replaced::bad_escape;
  const Path path(rooted(*decoded, arena), rooted(encoded, arena));
  set_path(request, path.encoded(arena));
  return path.is_clean(arena) ? Replaced::good : Replaced::unclean;
}

void set_path(Request& request, std::string_view encoded) {
  request.path = encoded;
  request.routing_path = routing_path(encoded, request.headers.arena());
}

std::string_view request_target(const Request& request, Arena& arena) {
  const std::string_view path = request.path.empty() ? std::string_view("/") : request.path;
  return request.has_query ? arena.join(path, "?", request.query) : path;
}

}  // namespace pm::http
