// SPDX-License-Identifier: MIT
// stamp.h -- a second of wall-clock time as the access log writes it, made anew when the second changes.
//
//   out     clf: "02/Jan/2006:15:04:05" with zone " +0100"; rfc3339: "2006-01-02T15:04:05" with zone "+01:00" or "Z"
//   cost    a compare while the second is the same; a conversion of the C library otherwise
//   source  observability.md sections 3.3 and 3.4; RFC 3339 section 5.6
#pragma once

#include <cstdint>
#include <ctime>
#include <limits>
#include <string_view>

namespace pm::observe {

class Stamp {
 public:
  enum class Form : std::uint8_t { clf, rfc3339 };
  enum class Zone : std::uint8_t { utc, local };
  Stamp(Form form, Zone zone) noexcept : form_(form), zone_(zone) {}

  void set(std::int64_t second) noexcept {  // since 1970
    if (second != second_) write(second);
  }
  std::string_view text() const noexcept { return {text_, text_size_}; }
  std::string_view zone() const noexcept { return {zone_text_, zone_size_}; }

 private:
  void write(std::int64_t second) noexcept;
  void write_zone(long offset) noexcept;

  std::int64_t second_ = std::numeric_limits<std::int64_t>::min();
  Form form_;
  Zone zone_;
  std::uint8_t text_size_ = 0;
  std::uint8_t zone_size_ = 0;
  char text_[30] = {};
  char zone_text_[7] = {};
};

}  // namespace pm::observe
