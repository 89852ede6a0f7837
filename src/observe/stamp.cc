// SPDX-License-Identifier: MIT
#include "observe/stamp.h"

#include <cstring>

namespace pm::observe {
namespace {

constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

char* put_pair(char* to, int value) noexcept {
  *to++ = static_cast<char>('0' + value / 10 % 10);
  *to++ = static_cast<char>('0' + value % 10);
  return to;
}

char* put_year(char* to, int year) noexcept {
  return put_pair(put_pair(to, year / 100), year % 100);
}

char* put_clock(char* to, const std::tm& t) noexcept {
  to = put_pair(to, t.tm_hour);
  *to++ = ':';
  to = put_pair(to, t.tm_min);
  *to++ = ':';
  return put_pair(to, t.tm_sec);
}

char* put_clf(char* to, const std::tm& t) noexcept {
  to = put_pair(to, t.tm_mday);
  *to++ = '/';
  std::memcpy(to, months.data() + static_cast<std::size_t>(t.tm_mon) * 3, 3);
  to += 3;
  *to++ = '/';
  to = put_year(to, t.tm_year + 1900);
  *to++ = ':';
  return put_clock(to, t);
}

char* put_rfc3339(char* to, const std::tm& t) noexcept {
  to = put_year(to, t.tm_year + 1900);
  *to++ = '-';
  to = put_pair(to, t.tm_mon + 1);
  *to++ = '-';
  to = put_pair(to, t.tm_mday);
  *to++ = 'T';
  return put_clock(to, t);
}

}  // namespace

void Stamp::write(std::int64_t second) noexcept {
  const auto time = static_cast<std::time_t>(second);
  std::tm parts{};
  if (zone_ == Zone::utc) {
    gmtime_r(&time, &parts);
  } else {
    localtime_r(&time, &parts);
  }
  const char* end = form_ == Form::clf ? put_clf(text_, parts) : put_rfc3339(text_, parts);
  text_size_ = static_cast<std::uint8_t>(end - text_);
  write_zone(parts.tm_gmtoff);
  second_ = second;
}

void Stamp::write_zone(long offset) noexcept {
  char* to = zone_text_;
  const int minutes = static_cast<int>((offset < 0 ? -offset : offset) / 60);
  if (form_ == Form::rfc3339 && offset == 0) {
    *to++ = 'Z';
  } else {
    if (form_ == Form::clf) *to++ = ' ';
    *to++ = offset < 0 ? '-' : '+';
    to = put_pair(to, minutes / 60);
    if (form_ == Form::rfc3339) *to++ = ':';
    to = put_pair(to, minutes % 60);
  }
  zone_size_ = static_cast<std::uint8_t>(to - zone_text_);
}

}  // namespace pm::observe
