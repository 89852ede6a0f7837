// SPDX-License-Identifier: MIT
#include "http/date.h"

#include <cstring>

namespace pm::http {
namespace {

constexpr char day_names[] = "SunMonTueWedThuFriSat";
constexpr char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void write_two(char* to, unsigned value) noexcept {
  to[0] = static_cast<char>('0' + value / 10 % 10);
  to[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void write_date(char* to, std::chrono::sys_seconds time) noexcept {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));

  std::memcpy(to, "Sun, 06 Nov 1994 08:49:37 GMT", date_size);
  std::memcpy(to, day_names + 3 * weekday(day).c_encoding(), 3);
  write_two(to + 5, static_cast<unsigned>(date.day()));
  std::memcpy(to + 8, month_names + 3 * (static_cast<unsigned>(date.month()) - 1), 3);
  write_two(to + 12, year / 100);
  write_two(to + 14, year % 100);
  write_two(to + 17, static_cast<unsigned>(clock.hours().count()));
  write_two(to + 20, static_cast<unsigned>(clock.minutes().count()));
  write_two(to + 23, static_cast<unsigned>(clock.seconds().count()));
}

}  // namespace pm::http
