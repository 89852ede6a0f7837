// SPDX-License-Identifier: MIT
#include "core/result.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <memory>

using namespace pm;

namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return Error{Errc::bad_value, "", "odd"};
  return value / 2;
}

Result<int> quarter(int value) {
  PM_TRY(const int once, half(value));
  PM_TRY(const int twice, half(once));
  return twice;
}

Result<std::unique_ptr<int>> boxed(int value) {
  PM_TRY(int number, half(value));
  return std::make_unique<int>(number);
}

}  // namespace

TEST_GROUP(result){};

TEST(result, it_holds_a_value_or_an_error) {
  CHECK_EQUAL(2, *quarter(8));
  CHECK_FALSE(quarter(6).has_value());
  CHECK_EQUAL(std::string("odd"), quarter(6).error().what);
}

TEST(result, a_value_that_only_moves_moves_out) {
  auto result = boxed(4);

  const std::unique_ptr<int> value = std::move(result).value();

  CHECK_EQUAL(2, *value);
}

TEST(result, an_error_is_one_line) {
  CHECK_EQUAL(std::string("a.yml:1:2: bad"), to_string(Error{Errc::syntax, "a.yml:1:2", "bad"}));
  CHECK_EQUAL(std::string("bad"), to_string(Error{Errc::syntax, "", "bad"}));
}

TEST(result, a_status_without_a_value_is_a_success) {
  CHECK_TRUE(success().has_value());
}
