// SPDX-License-Identifier: MIT
#include "agent/gzip.h"

#include "core/text.h"

#include <zlib.h>

namespace pm::agent {
namespace {

constexpr int gzip_window = 15 + 16;  // with a header of gzip
constexpr int memory_level = 8;

}  // namespace

bool accepts_gzip(const http::Headers& fields) noexcept {
  bool accepted = false;
  text::for_each_part(fields.get(http::FieldId::accept_encoding), ',', [&](std::string_view part) {
    const std::size_t semicolon = part.find(';');
    const std::string_view coding = text::trim_blanks(part.substr(0, semicolon));
    if (!text::equals_ignore_case(coding, "gzip") && coding != "*") return;
    const std::string_view weight =
        semicolon == std::string_view::npos ? "" : text::trim_blanks(part.substr(semicolon + 1));
    const bool is_zero = weight.starts_with("q=0") &&
                         weight.substr(3).find_first_not_of(".0") == std::string_view::npos;
    accepted = !is_zero;
  });
  return accepted;
}

std::optional<std::string> gzip(std::string_view text) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_window, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK)
    return std::nullopt;
  std::string packed(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const bool is_done = ::deflate(&stream, Z_FINISH) == Z_STREAM_END;
  packed.resize(packed.size() - stream.avail_out);
  ::deflateEnd(&stream);
  if (!is_done) return std::nullopt;
  return packed;
}

}  // namespace pm::agent
