// SPDX-License-Identifier: MIT
#include "config/node.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;

TEST_GROUP(node){};

TEST(node, plain_numbers_and_booleans_become_the_text_that_traefik_sees) {
  static constexpr Row rows[] = {
      {"web", "web"},
      {"true", "true"},
      {"True", "true"},
      {"FALSE", "false"},
      {"tRUE", "tRUE"},
      {"yes", "yes"},
      {"0", "0"},
      {"-0", "0"},
      {"42", "42"},
      {"+42", "42"},
      {"-42", "-42"},
      {"0x1F", "31"},
      {"0o17", "15"},
      {"0b101", "5"},
      {"1_000", "1000"},
      {"_1", "_1"},
      {"1_", "1_"},
      {"007", "007"},
      {"0x", "0x"},
      {"1.5", "1.500000"},
      {"2.0", "2"},
      {"-1.25", "-1.250000"},
      {"1e3", "1000"},
      {".5", "0.500000"},
      {"1.", "1"},
      {"1e", "1e"},
      {"1.2.3", "1.2.3"},
      {"10.0.0.1", "10.0.0.1"},
      {"-", "-"},
      {"+", "+"},
      {".", "."},
      {"1s", "1s"},
      {"18446744073709551615", "18446744073709551615"},
      {"99999999999999999999", "99999999999999999999"},
  };

  check_rows(rows, [](std::string_view in) {
    Node node;
    node.kind = NodeKind::scalar;
    node.text = in;
    return scalar_text(node);
  });
}

TEST(node, a_quoted_scalar_is_the_text_that_was_written) {
  Node node;
  node.kind = NodeKind::scalar;
  node.quoted = true;
  node.text = "0x1F";

  CHECK_EQUAL(std::string_view("0x1F"), std::string_view(scalar_text(node)));
}

TEST(node, entries_are_found_exactly_or_with_case_ignored) {
  Node node;
  node.kind = NodeKind::mapping;
  node.entries.push_back({"Web", {}, {}});

  POINTERS_EQUAL(nullptr, node.find("web"));
  CHECK(node.find("Web") != nullptr);
  CHECK(node.find_ignore_case("wEB") != nullptr);
  POINTERS_EQUAL(nullptr, node.find_ignore_case("we"));
}
