// SPDX-License-Identifier: MIT
#include "http/credentials.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(credentials) {
  BlockPool pool{4096};
  Arena arena{pool};
};

TEST(credentials, stand_behind_their_scheme) {
  const Row rows[] = {
      {"Bearer abc", "abc"}, {"bEARER abc", "abc"}, {"Bearer  \t abc \t", "abc"}, {"Bearer ", ""},
      {"Bearer", "none"},    {"Bearerabc", "none"}, {"Basic abc", "none"},        {"", "none"},
  };
  check_rows(rows, [](std::string_view field) {
    return http::credentials_of(field, "Bearer").value_or("none");
  });
}

TEST(credentials, of_basic_end_at_the_first_colon) {
  const Row rows[] = {
      {"Basic dTpw", "u|p"},   {"basic dTpwOnE=", "u|p:q"},
      {"Basic Og==", "|"},     {"Basic dQ==", "none"},
      {"Basic dTpw!", "none"}, {"Basic ", "none"},
      {"Digest dTpw", "none"}, {"", "none"},
  };
  check_rows(rows, [this](std::string_view field) {
    const auto read = http::read_basic(field, arena);
    return read ? std::string(read->user) + "|" + std::string(read->password) : "none";
  });
}
