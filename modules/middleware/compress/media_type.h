// SPDX-License-Identifier: MIT
// media_type.h -- Content-Type values compared: type and subtype, and parameters where a pattern has some.
//
//   errors  parse(): nothing when the text is no media type
//   source  middlewares-2.md section 6.2; RFC 9110 section 8.3.1
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pm::compress {

struct MediaType {
  std::string type;  // "text/html", lower case
  std::map<std::string, std::string> parameters;

  static std::optional<MediaType> parse(std::string_view text);
};

class MediaTypes {
 public:
  void add(MediaType type) { types_.push_back(std::move(type)); }
  bool is_empty() const noexcept { return types_.empty(); }
  // A pattern without parameters fits whatever parameters there are.
  bool contains(const MediaType& type) const noexcept;

 private:
  std::vector<MediaType> types_;
};

}  // namespace pm::compress
