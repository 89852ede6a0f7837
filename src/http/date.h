// SPDX-License-Identifier: MIT
// date.h -- the date of a message as HTTP writes it: "Sun, 06 Nov 1994 08:49:37 GMT".
//
//   in      seconds since 1970, UTC; years 0 to 9999
//   out     29 bytes, IMF-fixdate; no locale, no time zone file, no system call
//   own     a DateCache is a value of the worker; its view is good until the next call
//   cost    a compare within the same second, about 50 ns for a new one
//   source  RFC 9110 section 5.6.7
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pm::http {

constexpr std::size_t date_size = 29;

void write_date(char* to, std::chrono::sys_seconds time) noexcept;  // date_size bytes

// The text of the present second, made once.
class DateCache {
 public:
  std::string_view at(std::chrono::sys_seconds time) noexcept {
    if (time != time_) {
      write_date(text_, time);
      time_ = time;
    }
    return {text_, date_size};
  }

 private:
  std::chrono::sys_seconds time_ = std::chrono::sys_seconds::min();
  char text_[date_size];
};

}  // namespace pm::http
