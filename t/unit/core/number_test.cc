// SPDX-License-Identifier: MIT
#include "core/number.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

std::optional<std::int64_t> nanoseconds(std::string_view text) {
  const auto value = parse_duration(text);
  return value ? std::optional<std::int64_t>(value->count()) : std::nullopt;
}

std::string written_back(std::string_view text) {
  const auto value = parse_duration(text);
  return value ? format_duration(*value) : "none";
}

}  // namespace

TEST_GROUP(number){};

TEST(number, unsigned_numbers_are_digits_only) {
  static constexpr Row rows[] = {
      {"0", "0"},
      {"007", "7"},
      {"18446744073709551615", "18446744073709551615"},
      {"18446744073709551616", "none"},
      {"", "none"},
      {"+1", "none"},
      {"-1", "none"},
      {"-0", "none"},
      {" 1", "none"},
      {"1 ", "none"},
      {"1.0", "none"},
      {"0x10", "none"},
      {"1_000", "none"},
  };
  check_rows(rows, parse_u64);
}

TEST(number, signed_numbers_take_a_minus) {
  static constexpr Row rows[] = {
      {"-1", "-1"},
      {"9223372036854775807", "9223372036854775807"},
      {"9223372036854775808", "none"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"-9223372036854775809", "none"},
      {"-", "none"},
      {"--1", "none"},
      {"+1", "none"},
      {"", "none"},
  };
  check_rows(rows, parse_i64);
}

TEST(number, hexadecimal_numbers_have_one_to_sixteen_digits) {
  static constexpr Row rows[] = {
      {"0", "0"},
      {"fF", "255"},
      {"ffffffffffffffff", "18446744073709551615"},
      {"00000000000000000", "none"},
      {"", "none"},
      {"0x1", "none"},
      {"-1", "none"},
      {"g", "none"},
      {"1;", "none"},
  };
  check_rows(rows, parse_hex);
}

TEST(number, floats_are_finite_and_whole) {
  static constexpr Row rows[] = {
      {"0.5", "0.500000"}, {"-2", "-2.000000"}, {"1e3", "1000.000000"}, {"", "none"},
      {"nan", "none"},     {"inf", "none"},     {"1e999", "none"},      {"1.5x", "none"},
      {"+1", "none"},      {"0x1p4", "none"},
  };
  check_rows(rows, [](std::string_view text) {
    const auto value = parse_float(text);
    return value ? std::to_string(*value) : std::string("none");
  });
}

TEST(number, durations_are_read_as_go_reads_them) {
  static constexpr Row rows[] = {
      {"0", "0"},
      {"-0", "0"},
      {"+0", "0"},
      {"5s", "5000000000"},
      {"+5s", "5000000000"},
      {"-5.s", "-5000000000"},
      {".5s", "500000000"},
      {"1h30m", "5400000000000"},
      {"1.5h", "5400000000000"},
      {"30m1h", "5400000000000"},
      {"100ms", "100000000"},
      {"10us", "10000"},
      {"10\xc2\xb5s", "10000"},
      {"10\xce\xbcs", "10000"},
      {"7ns", "7"},
      {"0.9ns", "0"},
      {"39h9m14.425s", "140954425000000"},
      {"0.3333333333333333333h", "1200000000000"},
      {"0.100000000000000000000h", "360000000000"},
      {"52763797000ns", "52763797000"},
  };
  check_rows(rows, nanoseconds);
}

TEST(number, a_bare_integer_is_seconds) {
  static constexpr Row rows[] = {
      {"10", "10000000000"},
      {"-10", "-10000000000"},
      {"9223372036", "9223372036000000000"},
      {"9223372037", "none"},
      {"99999999999999999999", "none"},
  };
  check_rows(rows, nanoseconds);
}

TEST(number, what_is_no_duration_is_refused) {
  static constexpr Row rows[] = {
      {"", "none"},         {"-", "none"},     {"+", "none"},    {".", "none"},   {"1.5", "none"},
      {"1d", "none"},       {"s", "none"},     {".s", "none"},   {"-.s", "none"}, {"+.s", "none"},
      {"1s2", "none"},      {"1s 2s", "none"}, {" 1s", "none"},  {"1S", "none"},  {"1s-1s", "none"},
      {"3000000h", "none"}, {"1e3s", "none"},  {"0x1s", "none"},
  };
  check_rows(rows, nanoseconds);
}

TEST(number, durations_end_where_64_bits_end) {
  static constexpr Row rows[] = {
      {"9223372036854775807ns", "9223372036854775807"},       {"9223372036854775808ns", "none"},
      {"-9223372036854775808ns", "-9223372036854775808"},     {"-9223372036854775809ns", "none"},
      {"9223372036854.775807ms", "9223372036854775807"},      {"9223372036854775.808us", "none"},
      {"2562047h47m16.854775807s", "9223372036854775807"},    {"2562047h47m16.854775808s", "none"},
      {"9223372036854775808ns9223372036854775808ns", "none"},
  };
  check_rows(rows, nanoseconds);
}

TEST(number, durations_are_written_as_go_writes_them) {
  static constexpr Row rows[] = {
      {"0", "0s"},
      {"1ns", "1ns"},
      {"1100ns", "1.1\xc2\xb5s"},
      {"2200us", "2.2ms"},
      {"100ms", "100ms"},
      {"3300ms", "3.3s"},
      {"60", "1m0s"},
      {"4m5.001s", "4m5.001s"},
      {"5h6m7.001s", "5h6m7.001s"},
      {"3600", "1h0m0s"},
      {"8m1ns", "8m0.000000001s"},
      {"9223372036854775807ns", "2562047h47m16.854775807s"},
      {"-9223372036854775808ns", "-2562047h47m16.854775808s"},
      {"-1.5s", "-1.5s"},
  };
  check_rows(rows, written_back);
}

TEST(number, sizes_are_binary_multiples) {
  static constexpr Row rows[] = {
      {"0", "0"},
      {"4096", "4096"},
      {"1b", "1"},
      {"64k", "65536"},
      {"64K", "65536"},
      {"1kb", "1024"},
      {"1MiB", "1048576"},
      {"10mb", "10485760"},
      {"2g", "2147483648"},
      {"1TiB", "1099511627776"},
      {"16777216t", "none"},
      {"16777215t", "18446742974197923840"},
      {"", "none"},
      {"k", "none"},
      {"1.5k", "none"},
      {"-1", "none"},
      {"1 k", "none"},
      {"1kk", "none"},
      {"1p", "none"},
  };
  check_rows(rows, parse_size);
}
