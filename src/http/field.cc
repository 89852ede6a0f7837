// SPDX-License-Identifier: MIT
#include "http/field.h"

#include "core/text.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>

namespace pm::http {
namespace {

// In the order of FieldId. WebSocket's own spelling differs from Go's rule; peers are known to insist on it.
constexpr std::string_view names[] = {
    "",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Alt-Svc",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "Date",
    "Etag",
    "Expect",
    "Forwarded",
    "Host",
    "Http2-Settings",
    "Idempotency-Key",
    "If-Modified-Since",
    "If-None-Match",
    "Keep-Alive",
    "Last-Modified",
    "Location",
    "Origin",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Range",
    "Referer",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Server",
    "Set-Cookie",
    "Te",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Vary",
    "Via",
    "Www-Authenticate",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Method",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-Forwarded-Scheme",
    "X-Forwarded-Server",
    "X-Forwarded-Tls-Client-Cert",
    "X-Forwarded-Tls-Client-Cert-Info",
    "X-Forwarded-Uri",
    "X-Idempotency-Key",
    "X-Real-Ip",
    "X-Scheme",
};
static_assert(std::size(names) == static_cast<std::size_t>(FieldId::count_));

constexpr std::string_view name_of(FieldId id) noexcept {
  return names[static_cast<std::size_t>(id)];
}

// Of each byte inside a word of a name, and at its beginning; 0: it is no token character.
using Spelling = std::array<char, 256>;
std::array<Spelling, 2> make_spellings() noexcept {
  std::array<Spelling, 2> made{};
  for (unsigned byte = 0; byte < 128; ++byte) {
    const char c = static_cast<char>(byte);
    if (text::is_token_char(c)) made[0][byte] = text::lower(c), made[1][byte] = text::upper(c);
  }
  return made;
}
const std::array<Spelling, 2> spellings = make_spellings();

template <class Word>
Word load(const char* from) noexcept {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// `size` bytes of the name at `at` as a word; `fold` has 0x20 under each letter, so that
// (input | fold) == word holds for both cases of a letter and for exactly one byte otherwise.
template <class Word>
struct Piece {
  Word word = 0;
  Word fold = 0;

  consteval Piece(std::string_view name, std::size_t at) {
    for (std::size_t i = sizeof(Word); i-- > 0;) {  // little-endian, as load() reads it
      const char c = text::lower(name[at + i]);
      word = static_cast<Word>(word << 8 | static_cast<unsigned char>(c));
      fold = static_cast<Word>(fold << 8 | (text::is_alpha(c) ? 0x20 : 0));
    }
  }
  bool fits(const char* input) const noexcept { return (load<Word>(input) | fold) == word; }
};

// Whether the `name_of(id).size()` bytes at `input` are that name. Words of 8, the last one
// overlapping the one before; shorter names by words of 4 or 2 in the same way.
template <FieldId id, class Word, std::size_t at = 0>
bool fits(const char* input) noexcept {
  constexpr std::string_view name = name_of(id);
  constexpr std::size_t here = std::min(at, name.size() - sizeof(Word));
  static constexpr Piece<Word> piece(name, here);
  if (!piece.fits(input + here)) return false;
  if constexpr (here + sizeof(Word) < name.size()) return fits<id, Word, at + sizeof(Word)>(input);
  return true;
}

template <FieldId id>
bool is(const char* input) noexcept {
  constexpr std::size_t size = name_of(id).size();
  if constexpr (size >= 8) return fits<id, std::uint64_t>(input);
  if constexpr (size >= 4 && size < 8) return fits<id, std::uint32_t>(input);
  if constexpr (size < 4) return fits<id, std::uint16_t>(input);
}

// The first of `ids`, all of one length, that the bytes spell.
template <FieldId... ids>
FieldId any_of(const char* input) noexcept {
  FieldId found = FieldId::other;
  (void)((is<ids>(input) && (found = ids, true)) || ...);
  return found;
}

}  // namespace

// One row a length; a test holds every name against this table.
FieldId classify(std::string_view name) noexcept {
  using enum FieldId;
  const char* n = name.data();
  // clang-format off
  switch (name.size()) {
    case 2: return any_of<te>(n);
    case 3: return any_of<via>(n);
    case 4: return any_of<host, date, vary, etag>(n);
    case 5: return any_of<range>(n);
    case 6: return any_of<accept, cookie, server, origin, expect>(n);
    case 7: return any_of<referer, upgrade, trailer, alt_svc>(n);
    case 8: return any_of<location, x_scheme>(n);
    case 9: return any_of<forwarded, x_real_ip>(n);
    case 10: return any_of<connection, user_agent, set_cookie, keep_alive>(n);
    case 12: return any_of<content_type>(n);
    case 13: return any_of<cache_control, authorization, last_modified, if_none_match, accept_ranges, content_range>(n);
    case 14: return any_of<content_length, http2_settings>(n);
    case 15: return any_of<accept_encoding, accept_language, x_forwarded_for, x_forwarded_uri, idempotency_key>(n);
    case 16: return any_of<x_forwarded_host, x_forwarded_port, content_encoding, www_authenticate, proxy_connection>(n);
    case 17: return any_of<x_forwarded_proto, transfer_encoding, if_modified_since, sec_websocket_key, x_idempotency_key>(n);
    case 18: return any_of<x_forwarded_server, x_forwarded_prefix, x_forwarded_scheme, x_forwarded_method, proxy_authenticate>(n);
    case 19: return any_of<proxy_authorization>(n);
    case 21: return any_of<sec_websocket_version>(n);
    case 27: return any_of<x_forwarded_tls_client_cert>(n);
    case 32: return any_of<x_forwarded_tls_client_cert_info>(n);
    default: return other;
  }
  // clang-format on
}

std::string_view canonical_name(FieldId id) noexcept {
  return name_of(id);
}

void write_canonical(char* to, std::string_view name) noexcept {
  const char* const first = spellings[1].data();
  const char* const other = spellings[0].data();
  const char* spelling = first;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = spelling[static_cast<unsigned char>(name[i])];
    if (c == '\0') {
      std::memcpy(to, name.data(), name.size());
      return;
    }
    to[i] = c;
    spelling = c == '-' ? first : other;
  }
  constexpr std::string_view websocket = "Sec-Websocket-";
  if (std::string_view(to, name.size()).starts_with(websocket)) to[websocket.find('s')] = 'S';
}

}  // namespace pm::http
