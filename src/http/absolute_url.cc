// SPDX-License-Identifier: MIT
#include "http/absolute_url.h"

#include "core/number.h"
#include "core/text.h"

#include <vector>

namespace pm::http {
namespace {

bool is_scheme(std::string_view text) noexcept {
  if (text.empty() || !text::is_alpha(text.front())) return false;
  for (const char c : text) {
    if (!text::is_alpha(c) && !text::is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  }
  return true;
}

bool has_control(std::string_view text) noexcept {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

// Where an escape is one at all: "%" and two hexadecimal digits.
bool has_good_escapes(std::string_view text) noexcept {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (at + 2 >= text.size() || text::hex_value(text[at + 1]) < 0 ||
        text::hex_value(text[at + 2]) < 0)
      return false;
  }
  return true;
}

bool is_good_host(std::string_view host) noexcept {
  for (std::size_t at = 0; at < host.size(); ++at) {
    const char c = host[at];
    if (c == '%') {  // only bytes beyond ASCII may be written so in a name
      if (at + 2 >= host.size() || text::hex_value(host[at + 1]) < 8) return false;
      continue;
    }
    if (std::string_view(" <>\"\\^`{|}").find(c) != std::string_view::npos) return false;
  }
  return true;
}

bool is_good_port(std::string_view port) noexcept {  // ":80", ":", ""
  if (port.empty()) return true;
  if (port.front() != ':') return false;
  for (const char c : port.substr(1)) {
    if (!text::is_digit(c)) return false;
  }
  return true;
}

bool is_good_authority(std::string_view authority) noexcept {
  const std::size_t at = authority.rfind('@');
  std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  if (at != std::string_view::npos && !has_good_escapes(authority.substr(0, at))) return false;
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    return end != std::string_view::npos && is_good_port(host.substr(end + 1));
  }
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && !is_good_port(host.substr(colon))) return false;
  host = host.substr(0, colon);
  return is_good_host(host);
}

// What may stand in it stays, the rest is escaped; escapes that are there stay as they are.
std::string escaped(std::string_view text, std::string_view allowed) {
  std::string out;
  for (const char c : text) {
    if (text::is_alpha(c) || text::is_digit(c) || c == '%' ||
        allowed.find(c) != std::string_view::npos) {
      out += c;
    } else {
      text::percent_encode({&c, 1}, "", out);
    }
  }
  return out;
}

std::string write(const UrlParts& parts) {
  std::string out;
  if (!parts.scheme.empty()) out += text::to_lower(parts.scheme) + ":";
  if (parts.has_authority) out += "//" + std::string(parts.authority);
  out += escaped(parts.path, "-_.~$&+,/:;=@!'()*[]");
  if (parts.has_query) out += "?" + std::string(parts.query);
  if (!parts.fragment.empty()) out += "#" + escaped(parts.fragment, "-_.~$&+,/:;=@!'()*?");
  return out;
}

// RFC 3986 section 5.2.4.
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool ends_in_folder = false;
  text::for_each_part(path.starts_with('/') ? path.substr(1) : path, '/',
                      [&](std::string_view segment) {
                        ends_in_folder = segment == "." || segment == "..";
                        if (segment == "..") {
                          if (!kept.empty()) kept.pop_back();
                        } else if (segment != ".") {
                          kept.push_back(segment);
                        }
                      });
  std::string out;
  for (const std::string_view segment : kept)
    out.append("/").append(segment);
  if (ends_in_folder || out.empty()) out += '/';
  return out;
}

}  // namespace

std::optional<UrlParts> split_url(std::string_view text) noexcept {
  UrlParts parts;
  if (has_control(text)) return std::nullopt;
  if (const std::size_t hash = text.find('#'); hash != std::string_view::npos) {
    parts.fragment = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view before = text.substr(0, colon);
    if (is_scheme(before)) {
      parts.scheme = before;
      text.remove_prefix(colon + 1);
    } else if (before.find_first_of("/?") == std::string_view::npos) {
      return std::nullopt;  // "1:2", ":x": neither a scheme nor a path that may begin so
    }
  }
  if (const std::size_t question = text.find('?'); question != std::string_view::npos) {
    parts.has_query = true;
    parts.query = text.substr(question + 1);
    text = text.substr(0, question);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const std::size_t slash = text.find('/');
    parts.has_authority = true;
    parts.authority = text.substr(0, slash);
    text = slash == std::string_view::npos ? std::string_view{} : text.substr(slash);
  }
  parts.path = text;
  return parts;
}

std::optional<std::string> canonical_url(std::string_view text) {
  const std::optional<UrlParts> parts = split_url(text);
  if (!parts || (parts->has_authority && !is_good_authority(parts->authority)) ||
      !has_good_escapes(parts->path) || !has_good_escapes(parts->fragment))
    return std::nullopt;
  return write(*parts);
}

std::optional<std::string> resolve_url(std::string_view base, std::string_view reference) {
  const std::optional<UrlParts> from = split_url(base);
  const std::optional<UrlParts> to = split_url(reference);
  if (!from || !to || !canonical_url(reference)) return std::nullopt;
  UrlParts url = *to;
  if (!url.scheme.empty()) return write(url);
  url.scheme = from->scheme;
  std::string path;
  if (!url.has_authority) {
    url.has_authority = from->has_authority;
    url.authority = from->authority;
    if (url.path.empty()) {
      path = from->path;
      if (!url.has_query) {
        url.has_query = from->has_query;
        url.query = from->query;
      }
    } else if (url.path.starts_with('/')) {
      path = without_dots(url.path);
    } else {
      const std::string_view folder = from->path.substr(0, from->path.rfind('/') + 1);
      path = without_dots(std::string(folder) + std::string(url.path));
    }
    url.path = path;
  }
  return write(url);
}

}  // namespace pm::http
