// SPDX-License-Identifier: MIT
#include "http/url.h"

#include "core/slice.h"
#include "core/text.h"
#include "http/authority.h"

#include <array>
#include <cstring>

namespace pm::http {
namespace {

enum class PathByte : std::uint8_t {
  plain,      // stands for itself
  slash,      // begins a segment: what follows may be "//", "/." or "/.."
  percent,    // begins an escape
  question,   // ends the path
  escapable,  // no path may hold it raw (RFC 3986 pchar); sent on as an escape
  forbidden,  // no target may hold it: control bytes, space, DEL, "#"
};

constexpr std::array<PathByte, 256> make_path_bytes() {
  std::array<PathByte, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    if (c <= 0x20 || c == 0x7f) table[c] = PathByte::forbidden;
    if (c >= 0x80) table[c] = PathByte::escapable;
  }
  for (const char c : std::string_view("\"<>\\^`{|}")) {
    table[static_cast<unsigned char>(c)] = PathByte::escapable;
  }
  table['#'] = PathByte::forbidden;
  table['/'] = PathByte::slash;
  table['%'] = PathByte::percent;
  table['?'] = PathByte::question;
  return table;
}
constexpr std::array<PathByte, 256> path_bytes = make_path_bytes();

PathByte path_byte(char c) noexcept {
  return path_bytes[static_cast<unsigned char>(c)];
}

constexpr bool is_unreserved(char c) noexcept {
  return text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// The characters that stay escaped in a routing path, so that "/a%2Fb" is never taken for "/a/b".
constexpr bool is_reserved(char c) noexcept {
  return std::string_view(":/?#[]@!$&'()*+,;=%").find(c) != std::string_view::npos;
}

// The byte that the escape at `at` stands for, or -1. `at` is the place of the "%".
int escaped_byte(std::string_view text, std::size_t at) noexcept {
  if (text.size() - at < 3) return -1;
  const int high = text::hex_value(text[at + 1]);
  const int low = text::hex_value(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

char* write_escape(char* to, unsigned char byte) noexcept {
  constexpr char digits[] = "0123456789ABCDEF";
  *to++ = '%';
  *to++ = digits[byte >> 4];
  *to++ = digits[byte & 15];
  return to;
}

// Does the segment behind the slash at `at` make a sanitiser change the path: "//", "/./", "/../", or these at the end?
bool begins_unclean_segment(std::string_view path, std::size_t at) noexcept {
  std::size_t next = at + 1;
  if (next < path.size() && path[next] == '/') return true;
  std::size_t dots = 0;
  while (next < path.size() && dots < 3 && path[next] == '.')
    ++next, ++dots;
  if (dots == 0 || dots == 3) return false;
  return next == path.size() || path[next] == '/' || path[next] == '?';
}

bool is_clean(std::string_view path) noexcept {
  if (path.empty() || path[0] != '/') return false;
  for (std::size_t at = 0; at < path.size(); ++at) {
    if (path[at] == '/' && begins_unclean_segment(path, at)) return false;
  }
  return true;
}

// What one look at a path tells. `length` is where it ends: at a "?", or at the end of the target.
struct PathScan {
  std::size_t length = 0;
  bool unclean = false;    // the sanitiser has work
  bool coded = false;      // an escape, or a byte that must become one
  bool forbidden = false;  // the target is refused
};

PathScan scan_path(std::string_view target) noexcept {
  PathScan scan;
  std::size_t at = 0;
  for (; at < target.size(); ++at) {
    const PathByte byte = path_byte(target[at]);
    if (byte == PathByte::plain) [[likely]]
      continue;
    if (byte == PathByte::slash) {
      const char next = at + 1 < target.size() ? target[at + 1] : '\0';
      if (next == '/' || next == '.') scan.unclean |= begins_unclean_segment(target, at);
      continue;
    }
    if (byte == PathByte::question) break;
    if (byte == PathByte::forbidden) {
      scan.forbidden = true;
      break;
    }
    scan.coded = true;
  }
  scan.length = at;
  return scan;
}

TargetFault refuse(const char* why) noexcept {
  return {400, why};
}

std::string_view replace_semicolons(std::string_view query, std::string_view with, Arena& arena) {
  std::size_t count = 0;
  for (const char c : query)
    count += c == ';';
  const std::size_t size = query.size() + count * (with.size() - 1);
  char* const out = static_cast<char*>(arena.allocate(size, 1));
  char* to = out;
  for (const char c : query) {
    if (c != ';') {
      *to++ = c;
      continue;
    }
    std::memcpy(to, with.data(), with.size());
    to += with.size();
  }
  return {out, size};
}

// A "#" passes here: Traefik forwards it in a query, and no party splits on it behind a "?".
TargetFault resolve_query(Request& request, std::string_view query, PathOptions options) noexcept {
  bool semicolons = false;
  for (const char c : query) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) return refuse("control byte or blank in the query");
    semicolons |= c == ';';
  }
  request.has_query = true;
  request.query = query;
  if (semicolons) {
    const std::string_view with = options.encode_semicolons ? "%3B" : "&";
    request.query = replace_semicolons(query, with, request.headers.arena());
  }
  return {};
}

TargetFault resolve_path(Request& request, std::string_view target, PathOptions options) noexcept {
  Arena& arena = request.headers.arena();
  PathScan scan = scan_path(target);
  if (scan.forbidden) {
    return refuse(target[scan.length] == '#' ? "raw \"#\" in the path"
                                             : "control byte or blank in the path");
  }
  // The path of "http://host" and "http://host?x" is empty on the wire and "/" for everybody else.
  request.path = scan.length == 0 ? std::string_view("/") : text::first(target, scan.length);
  if (scan.coded) {
    if (const TargetFault fault = normalize_path(request.path, arena)) return fault;
    scan.unclean = true;  // a decoded dot may have made a dot segment
  }
  if (options.sanitize && scan.unclean) request.path = sanitize_path(request.path, arena);
  request.routing_path = scan.coded ? routing_path(request.path, arena) : request.path;

  request.has_query = false;
  request.query = {};
  if (scan.length == target.size()) return {};
  return resolve_query(request, text::behind(target, scan.length + 1), options);
}

// Absolute form: cuts scheme and authority off `target`. The authority beats whatever Host says (RFC 9112, 3.2.2).
TargetFault take_authority(Request& request, std::string_view& target) noexcept {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos) return refuse("target is neither a path nor a URL");
  const std::string_view scheme = target.substr(0, colon);
  if (!text::equals_ignore_case(scheme, "http") && !text::equals_ignore_case(scheme, "https")) {
    return refuse("scheme of the target is neither http nor https");
  }
  target.remove_prefix(colon + 3);
  const std::size_t end = target.find_first_of("/?#");
  request.authority = target.substr(0, end);
  if (request.authority.empty()) return refuse("empty authority in the target");
  target = end == std::string_view::npos ? std::string_view{} : target.substr(end);
  return {};
}

}  // namespace

TargetFault resolve_target(Request& request, PathOptions options) noexcept {
  std::string_view target = request.target;
  if (target == "*") {
    if (request.method != "OPTIONS") return refuse("\"*\" is a target for OPTIONS only");
    request.path = request.routing_path = target;
    request.query = {};
    request.has_query = false;
  } else {
    if (!target.starts_with('/')) {
      if (const TargetFault fault = take_authority(request, target)) return fault;
    }
    if (const TargetFault fault = resolve_path(request, target, options)) return fault;
  }

  if (!canonical_host(request.authority, request.headers.arena(), request.host)) {
    return refuse("malformed Host");
  }
  return {};
}

TargetFault normalize_path(std::string_view& path, Arena& arena) noexcept {
  const std::size_t room = path.size() * 3;  // every byte may have to become an escape
  char* const out = static_cast<char*>(arena.allocate(room, 1));
  char* to = out;
  for (std::size_t at = 0; at < path.size(); ++at) {
    const PathByte byte = path_byte(path[at]);
    if (byte == PathByte::forbidden || byte == PathByte::question) {
      return refuse("byte in the path that no path may hold");
    }
    if (byte == PathByte::escapable) {
      to = write_escape(to, static_cast<unsigned char>(path[at]));
      continue;
    }
    if (byte != PathByte::percent) {
      *to++ = path[at];
      continue;
    }
    const int value = escaped_byte(path, at);
    if (value < 0) return refuse("\"%\" without two hexadecimal digits in the path");
    if (is_unreserved(static_cast<char>(value))) {
      *to++ = static_cast<char>(value);
    } else {
      to = write_escape(to, static_cast<unsigned char>(value));
    }
    at += 2;
  }

  const std::string_view written(out, static_cast<std::size_t>(to - out));
  const bool changed = written != path;
  arena.shrink(out, room, changed ? written.size() : 0);
  if (changed) path = written;
  return {};
}

std::string_view sanitize_path(std::string_view path, Arena& arena) noexcept {
  if (is_clean(path)) return path;
  const std::size_t room = path.size() + 2;
  char* const out = static_cast<char*>(arena.allocate(room, 1));
  std::size_t size = 0;  // out[0, size) is "" or "/a/b": clean, without a "/" at its end
  text::for_each_part(path, '/', [&](std::string_view segment) {
    if (segment.empty() || segment == ".") return;
    if (segment == "..") {
      while (size > 0 && out[--size] != '/')
        continue;
      return;
    }
    out[size++] = '/';
    std::memcpy(out + size, segment.data(), segment.size());
    size += segment.size();
  });
  // A "/" at the end says "a collection" and is kept; one that only stood before dots is not (Go's path.Join).
  if (size == 0 || path.ends_with('/')) out[size++] = '/';
  arena.shrink(out, room, size);
  return {out, size};
}

std::string_view routing_path(std::string_view path, Arena& arena) noexcept {
  const std::size_t first = path.find('%');
  if (first == std::string_view::npos) return path;
  char* const out = static_cast<char*>(arena.allocate(path.size(), 1));
  std::memcpy(out, path.data(), first);
  char* to = out + first;
  for (std::size_t at = first; at < path.size(); ++at) {
    const int value = path[at] == '%' ? escaped_byte(path, at) : -1;
    if (value < 0 || is_reserved(static_cast<char>(value))) {
      *to++ = path[at];
      continue;
    }
    *to++ = static_cast<char>(value);
    at += 2;
  }
  const auto size = static_cast<std::size_t>(to - out);
  arena.shrink(out, path.size(), size);
  return {out, size};
}

bool has_encoded(std::string_view path, EncodedSet forbidden) noexcept {
  for (std::size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    EncodedSet found = 0;
    switch (escaped_byte(path, at)) {
      case '/': found = static_cast<EncodedSet>(EncodedChar::slash); break;
      case '\\': found = static_cast<EncodedSet>(EncodedChar::back_slash); break;
      case '\0': found = static_cast<EncodedSet>(EncodedChar::null_character); break;
      case ';': found = static_cast<EncodedSet>(EncodedChar::semicolon); break;
      case '%': found = static_cast<EncodedSet>(EncodedChar::percent); break;
      case '?': found = static_cast<EncodedSet>(EncodedChar::question_mark); break;
      case '#': found = static_cast<EncodedSet>(EncodedChar::hash); break;
      default: break;
    }
    if ((found & forbidden) != 0) return true;
  }
  return false;
}

}  // namespace pm::http
