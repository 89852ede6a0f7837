// SPDX-License-Identifier: MIT
#include "http/status_ranges.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(status_ranges){};

TEST(status_ranges, hold_what_is_written) {
  static constexpr Row rows[] = {
      {"500", "500"},
      {"502-504", "502 503 504"},
      {"404,500-501", "404 500 501"},
      {" 404 , 500 ", "404 500"},
      {"x", "refused"},
      {"500-", "refused"},
      {"", "refused"},
      {"1000", "refused"},
      {"-500", "refused"},
  };
  check_rows(rows, [](std::string_view in) {
    http::StatusRanges ranges;
    if (!ranges.add(in)) return std::string("refused");
    std::string out;
    for (std::uint16_t status = 100; status < 1000; ++status) {
      if (ranges.contains(status)) out += (out.empty() ? "" : " ") + std::to_string(status);
    }
    return out;
  });
}
