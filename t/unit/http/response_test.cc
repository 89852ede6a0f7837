// SPDX-License-Identifier: MIT
#include "http/response.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(response){};

TEST(response, registered_statuses_have_a_phrase) {
  CHECK_EQUAL(std::string_view("OK"), http::reason_phrase(200));
  CHECK_EQUAL(std::string_view("Request Header Fields Too Large"), http::reason_phrase(431));
  CHECK_EQUAL(std::string_view("Network Authentication Required"), http::reason_phrase(511));
}

TEST(response, others_have_none) {
  CHECK_EQUAL(std::string_view(""), http::reason_phrase(0));
  CHECK_EQUAL(std::string_view(""), http::reason_phrase(299));
  CHECK_EQUAL(std::string_view(""), http::reason_phrase(999));
}
