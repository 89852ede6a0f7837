// SPDX-License-Identifier: MIT
#include "http/sniff.h"

#include "core/text.h"

#include <cstdint>

namespace pm::http {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view html = "text/html; charset=utf-8";
constexpr std::string_view plain = "text/plain; charset=utf-8";

bool is_blank(char c) noexcept {
  return c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}

std::string_view without_blanks(std::string_view bytes) noexcept {
  while (!bytes.empty() && is_blank(bytes.front()))
    bytes.remove_prefix(1);
  return bytes;
}

// A tag and what ends its name.
bool is_html(std::string_view bytes) noexcept {
  constexpr std::string_view tags[] = {"<!DOCTYPE HTML",
                                       "<HTML",
                                       "<HEAD",
                                       "<SCRIPT",
                                       "<IFRAME",
                                       "<H1",
                                       "<DIV",
                                       "<FONT",
                                       "<TABLE",
                                       "<A",
                                       "<STYLE",
                                       "<TITLE",
                                       "<B",
                                       "<BODY",
                                       "<BR",
                                       "<P",
                                       "<!--"};
  for (const std::string_view tag : tags) {
    if (!text::starts_with_ignore_case(bytes, tag) || bytes.size() <= tag.size()) continue;
    if (bytes[tag.size()] == ' ' || bytes[tag.size()] == '>') return true;
  }
  return false;
}

struct Signature {
  std::string_view bytes;
  std::string_view type;
  std::string_view behind =
      {};  // and this, four bytes further on (RIFF, FORM: a length stands between)
};

constexpr Signature signatures[] = {
    {"%PDF-"sv, "application/pdf"},
    {"%!PS-Adobe-"sv, "application/postscript"},
    {"\xfe\xff"sv, "text/plain; charset=utf-16be"},
    {"\xff\xfe"sv, "text/plain; charset=utf-16le"},
    {"\xef\xbb\xbf"sv, plain},
    {"\x00\x00\x01\x00"sv, "image/x-icon"},
    {"\x00\x00\x02\x00"sv, "image/x-icon"},
    {"BM"sv, "image/bmp"},
    {"GIF87a"sv, "image/gif"},
    {"GIF89a"sv, "image/gif"},
    {"RIFF"sv, "image/webp", "WEBPVP"sv},
    {"\x89PNG\x0d\x0a\x1a\x0a"sv, "image/png"},
    {"\xff\xd8\xff"sv, "image/jpeg"},
    {"FORM"sv, "audio/aiff", "AIFF"sv},
    {"ID3"sv, "audio/mpeg"},
    {"OggS\x00"sv, "application/ogg"},
    {"MThd\x00\x00\x00\x06"sv, "audio/midi"},
    {"RIFF"sv, "video/avi", "AVI "sv},
    {"RIFF"sv, "audio/wave", "WAVE"sv},
};

constexpr Signature later_signatures[] = {
    {"\x1a\x45\xdf\xa3"sv, "video/webm"},
    {"\x00\x01\x00\x00"sv, "font/ttf"},
    {"OTTO"sv, "font/otf"},
    {"ttcf"sv, "font/collection"},
    {"wOFF"sv, "font/woff"},
    {"wOF2"sv, "font/woff2"},
    {"\x1f\x8b\x08"sv, "application/x-gzip"},
    {"PK\x03\x04"sv, "application/zip"},
    {"Rar!\x1a\x07\x00"sv, "application/x-rar-compressed"},
    {"Rar!\x1a\x07\x01\x00"sv, "application/x-rar-compressed"},
    {"\x00\x61\x73\x6d"sv, "application/wasm"},
};

bool fits(const Signature& signature, std::string_view bytes) noexcept {
  if (!bytes.starts_with(signature.bytes)) return false;
  return signature.behind.empty() ||
         (bytes.size() >= 8 && bytes.substr(8).starts_with(signature.behind));
}

std::uint32_t big_endian(std::string_view bytes) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8U | static_cast<unsigned char>(bytes[i]);
  return value;
}

// An ISO base media file whose brands include one of MP4.
bool is_mp4(std::string_view bytes) noexcept {
  if (bytes.size() < 12) return false;
  const std::uint32_t size = big_endian(bytes);
  if (bytes.size() < size || size % 4 != 0 || bytes.substr(4, 4) != "ftyp") return false;
  for (std::uint32_t at = 8; at < size; at += 4) {
    if (at != 12 && bytes.substr(at, 3) == "mp4") return true;  // at 12 stands a version
  }
  return false;
}

bool is_text(std::string_view bytes) noexcept {
  for (const char c : without_blanks(bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_binary = byte <= 0x08 || byte == 0x0b || (byte >= 0x0e && byte <= 0x1a) ||
                           (byte >= 0x1c && byte <= 0x1f);
    if (is_binary) return false;
  }
  return true;
}

}  // namespace

std::string_view sniff_content_type(std::string_view bytes) noexcept {
  bytes = bytes.substr(0, 512);
  const std::string_view first = without_blanks(bytes);
  if (is_html(first)) return html;
  if (first.starts_with("<?xml")) return "text/xml; charset=utf-8";
  for (const Signature& signature : signatures) {
    if (fits(signature, bytes)) return signature.type;
  }
  if (is_mp4(bytes)) return "video/mp4";
  for (const Signature& signature : later_signatures) {
    if (fits(signature, bytes)) return signature.type;
  }
  if (bytes.size() >= 36 && bytes.substr(34, 2) == "LP") return "application/vnd.ms-fontobject";
  return is_text(bytes) ? plain : std::string_view("application/octet-stream");
}

}  // namespace pm::http
