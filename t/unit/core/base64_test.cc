// SPDX-License-Identifier: MIT
#include "core/base64.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(base64){};

TEST(base64, encodes_as_the_rfc_shows) {
  static constexpr Row rows[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  check_rows(rows, [](std::string_view in) { return base64_encode(in); });
}

TEST(base64, decodes_what_is_well_formed_and_nothing_else) {
  static constexpr Row rows[] = {
      {"", ""},         {"Zg==", "f"},          {"Zm8=", "fo"},
      {"Zm9v", "foo"},  {"Zm9vYmFy", "foobar"}, {"Zg", "none"},
      {"Zg=", "none"},  {"Z===", "none"},       {"Zm9v!", "none"},
      {"Zm 9", "none"}, {"====", "none"},       {"Zm=v", "none"},
  };
  check_rows(rows, [](std::string_view in) {
    std::string room(in.size() + 3, '\0');
    const auto size = base64_decode(in, room.data());
    return size ? room.substr(0, *size) : std::string("none");
  });
}

TEST(base64, every_byte_comes_back) {
  std::string all;
  for (int c = 0; c < 256; ++c)
    all += static_cast<char>(c);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const std::string text = base64_encode(std::string_view(all).substr(0, size));
    std::string room(text.size() + 3, '\0');
    LONGS_EQUAL(size, base64_decode(text, room.data()).value());
    CHECK(std::string_view(room).substr(0, size) == std::string_view(all).substr(0, size));
  }
}
