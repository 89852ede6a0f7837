// SPDX-License-Identifier: MIT
#include "config/expand.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;

namespace {

std::string expanded(std::string_view text) {
  const Environment environment({{"NAME", "value"}, {"EMPTY", ""}, {"NESTED", "${NAME}"}});
  Findings findings;
  Node node;
  node.kind = NodeKind::scalar;
  node.text = text;
  expand_variables(node, environment, findings);
  return findings.has_errors() ? findings.all()[0].what : node.text;
}

}  // namespace

TEST_GROUP(expand){};

TEST(expand, only_the_braced_form_is_replaced) {
  static constexpr Row rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"${NAME}", "value"},
      {"a${NAME}b${NAME}c", "avaluebvaluec"},
      {"$NAME", "$NAME"},
      {"$", "$"},
      {"a$", "a$"},
      {"$$", "$"},
      {"$${NAME}", "${NAME}"},
      {"$$$${NAME}", "$${NAME}"},
      {"${EMPTY}", ""},
      {"${EMPTY:-default}", "default"},
      {"${NAME:-default}", "value"},
      {"${MISSING:-}", ""},
      {"${MISSING:-:80}", ":80"},
      {"${NESTED}", "${NAME}"},
  };
  check_rows(rows, expanded);
}

TEST(expand, what_cannot_be_replaced_is_an_error) {
  static constexpr Row rows[] = {
      {"${MISSING}", "the variable MISSING is not set"},
      {"a ${", "\"${\" without \"}\""},
      {"${}", "${} names no variable"},
      {"${1}", "${1} names no variable"},
      {"${A-b}", "${A-b} names no variable"},
      {"${A B}", "${A B} names no variable"},
  };
  check_rows(rows, expanded);
}
