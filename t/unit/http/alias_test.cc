// SPDX-License-Identifier: MIT
#include "http/alias.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm::http;

TEST_GROUP(alias) {
  pm::BlockPool pool{4096};
  pm::Arena arena{pool};
  Headers headers{arena};
};

TEST(alias, underscores_and_dots_are_read_as_hyphens) {
  CHECK(classify_folded("X_Forwarded.For") == FieldId::x_forwarded_for);
  CHECK(classify_folded("content_length") == FieldId::content_length);
  CHECK(classify_folded("X-Forwarded_Tls.Client-Cert_Info") ==
        FieldId::x_forwarded_tls_client_cert_info);
}

TEST(alias, other_names_stay_unknown) {
  CHECK(classify_folded("X-Forwarded--For") == FieldId::other);
  CHECK(classify_folded("X_Forwarded_Tls_Client_Cert_Infos") == FieldId::other);
  CHECK(classify_folded("_") == FieldId::other);
  CHECK(classify_folded("") == FieldId::other);
}

TEST(alias, forwarding_names_begin_alike_in_any_spelling) {
  CHECK_TRUE(is_forwarding_name("x_FORWARDED.user"));
  CHECK_TRUE(is_forwarding_name("X-Forwarded-"));
  CHECK_FALSE(is_forwarding_name("X-Forwarded"));
  CHECK_FALSE(is_forwarding_name("Forwarded"));
  CHECK_FALSE(is_forwarding_name("XX-Forwarded-For"));
}

TEST(alias, other_spellings_go_and_the_name_itself_stays) {
  for (const char* name : {"X-User", "x-USER", "X_User", "x.user", "X-Users", "X--User"})
    headers.append(name, "1");

  drop_other_spellings(headers, "X-User");

  std::string left;
  for (const Field& field : headers)
    if (!field.dropped) left.append(field.name).append(" ");
  CHECK_EQUAL(std::string("X-User x-USER X-Users X--User "), left);
}
