// SPDX-License-Identifier: MIT
#include "http/headers.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using http::FieldId;

TEST_GROUP(headers) {
  BlockPool pool{4096};
  Arena arena{pool};
  http::Headers headers{arena};

  std::string written() {
    std::string out;
    for (const http::Field& field : headers) {
      if (!field.dropped) out.append(field.name).append("=").append(field.value).append(";");
    }
    return out;
  }
};

TEST(headers, fields_keep_their_order_and_spelling) {
  headers.append("hOST", "a");
  headers.append("X-A", "1");
  headers.append("X-A", "2");

  CHECK_EQUAL(std::string("hOST=a;X-A=1;X-A=2;"), written());
  CHECK_EQUAL(std::string_view("a"), headers.get(FieldId::host));
  CHECK_EQUAL(std::string_view("1"), headers.get("x-a"));
}

TEST(headers, what_is_absent_is_empty) {
  headers.append("X-A", "1");

  CHECK_EQUAL(std::string_view(""), headers.get(FieldId::host));
  CHECK_TRUE(headers.find("x-b") == nullptr);
  CHECK_FALSE(headers.may_have(FieldId::host));
}

TEST(headers, setting_leaves_exactly_one) {
  headers.append("x-forwarded-for", "1");
  headers.append("X-A", "1");
  headers.append("X-Forwarded-For", "2");

  headers.set(FieldId::x_forwarded_for, "3");
  headers.set("x-a", "2");
  headers.set("X-B", "4");

  CHECK_EQUAL(std::string("X-Forwarded-For=3;x-a=2;X-B=4;"), written());
}

TEST(headers, dropping_takes_all_of_a_name) {
  headers.append("Te", "a");
  headers.append("X-A", "1");
  headers.append("TE", "b");
  headers.append("x-a", "2");
  headers.append("X-AB", "3");

  headers.drop(FieldId::te);
  headers.drop("X-a");

  CHECK_EQUAL(std::string("X-AB=3;"), written());
  CHECK_FALSE(headers.may_have(FieldId::te));
}

TEST(headers, a_dropped_name_can_come_back) {
  headers.append("Te", "a");
  headers.drop(FieldId::te);

  headers.set(FieldId::te, "trailers");

  CHECK_EQUAL(std::string("Te=trailers;"), written());
  CHECK_EQUAL(std::string_view("trailers"), headers.get("te"));
}

TEST(headers, a_field_dropped_by_hand_is_not_found) {
  headers.append("Te", "a");
  headers.begin()->dropped = true;

  CHECK_TRUE(headers.may_have(FieldId::te));
  CHECK_TRUE(headers.find(FieldId::te) == nullptr);
  CHECK_TRUE(headers.find("te") == nullptr);
}

TEST(headers, growth_keeps_what_is_there) {
  headers.reserve(1);
  headers.append("A", "1");
  headers.append("B", "2");
  headers.append("C", "3");

  CHECK_EQUAL(std::string("A=1;B=2;C=3;"), written());
  CHECK_EQUAL(3u, headers.slots());
}

TEST(headers, clearing_forgets_everything) {
  headers.append("Te", "a");

  headers.clear();

  CHECK_EQUAL(std::string(""), written());
  CHECK_EQUAL(0u, headers.present());
}
