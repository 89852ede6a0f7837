// SPDX-License-Identifier: MIT
// number.h -- strict numbers: the whole text is the number, or there is none.
//
//   in      text without blanks around it; no leading "+" (durations take one, as Go does); a leading "-" only for
//           signed types
//   out     the value, or nothing on an empty text, garbage behind the digits, or overflow
//   source  Go's time.ParseDuration for durations; static-config.md section 2: a bare integer means seconds
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pm {

using Duration = std::chrono::nanoseconds;  // what a configuration says
using Bytes = std::uint64_t;

std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept;
std::optional<std::int64_t> parse_i64(std::string_view text) noexcept;
std::optional<std::uint64_t> parse_hex(std::string_view text) noexcept;  // 1*16HEXDIG
std::optional<double> parse_float(std::string_view text) noexcept;

// Go syntax ("1h30m", "1.5s", "-1s", "0", units ns us µs ms s m h), or a bare integer of seconds.
std::optional<Duration> parse_duration(std::string_view text) noexcept;
// Rounded up; what is not positive is 0.
constexpr std::uint64_t whole_milliseconds(Duration value) noexcept {
  if (value <= Duration::zero()) return 0;
  return static_cast<std::uint64_t>(std::chrono::ceil<std::chrono::milliseconds>(value).count());
}
std::string format_duration(Duration value);  // as Go prints it: "1m0s", "100ms", "0s"

// "64k", "1MiB", "10mb", "4096": binary multiples; case ignored.
std::optional<Bytes> parse_size(std::string_view text) noexcept;

}  // namespace pm
