// SPDX-License-Identifier: MIT
#include "routing/table.h"

#include "rules/compile.h"
#include "runtime/modules.h"
#include "t/lib/sample_request.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <deque>
#include <random>

using namespace pm;
using routing::Table;

TEST_GROUP(table) {
  std::deque<rules::Compiled> compiled;
  std::vector<routing::TableEntry> entries;

  void add(std::string_view rule, std::int64_t priority = 0, std::uint32_t precedence = 0,
           std::string name = {}) {
    compiled.push_back(rules::compile(rule, rules::Syntax::v3, all_modules.matchers));
    CHECK_TRUE_TEXT(compiled.back().rule != nullptr, std::string(rule).c_str());
    if (priority == 0) priority = rules::default_priority(rule);
    const auto id = static_cast<std::uint32_t>(entries.size());
    entries.push_back({compiled.back().rule.get(), priority, precedence, std::move(name), id});
  }

  std::uint32_t asked(std::string_view line) {
    SampleRequest sample(line);
    return Table(entries).find(sample.request());
  }

  // What find() promises to answer, in the words of the specification.
  static std::uint32_t first_in_order(const Table& table, const http::Request& request) {
    for (const routing::TableEntry& entry : table.entries()) {
      if (entry.rule->matches(request)) return entry.id;
    }
    return Table::none;
  }
};

TEST(table, an_empty_table_knows_nobody) {
  LONGS_EQUAL(Table::none, asked("GET / host=a"));
  SampleRequest sample("GET / host=a");
  LONGS_EQUAL(Table::none, Table().find(sample.request()));
}

TEST(table, the_higher_priority_comes_first) {
  add("PathPrefix(`/a`)", 10);
  add("PathPrefix(`/`)", 20);

  LONGS_EQUAL(1, asked("GET /a"));
}

TEST(table, priorities_may_be_negative) {
  add("PathPrefix(`/a`)", -5);
  add("PathPrefix(`/`)", -6);

  LONGS_EQUAL(0, asked("GET /a"));
}

TEST(table, the_longer_rule_comes_first) {
  add("PathPrefix(`/api`)");
  add("PathPrefix(`/api/v1`)");

  LONGS_EQUAL(1, asked("GET /api/v1/x"));
  LONGS_EQUAL(0, asked("GET /api/v2"));
}

TEST(table, the_provider_breaks_a_tie_before_the_name) {
  add("Path(`/a`)", 5, 2, "a");
  add("Path(`/a`)", 5, 1, "z");

  LONGS_EQUAL(1, asked("GET /a"));
}

TEST(table, the_name_breaks_the_last_tie) {
  add("Path(`/a`)", 5, 1, "b@file");
  add("Path(`/a`)", 5, 1, "a@file");

  LONGS_EQUAL(1, asked("GET /a"));
}

TEST(table, a_match_of_low_priority_does_not_hide_a_better_one) {
  add("Host(`h`) && PathPrefix(`/long/prefix`)", 1);
  add("Host(`h`) && PathPrefix(`/long`)", 3);
  add("PathPrefix(`/long/prefix/x`)", 2);

  LONGS_EQUAL(1, asked("GET /long/prefix/x host=h"));
  LONGS_EQUAL(2, asked("GET /long/prefix/x host=other"));
}

TEST(table, alternatives_of_one_rule_are_filed_apart) {
  add("Host(`a`) || Host(`b`) && PathPrefix(`/p`)");

  LONGS_EQUAL(0, asked("GET / host=a"));
  LONGS_EQUAL(0, asked("GET /p host=b"));
  LONGS_EQUAL(Table::none, asked("GET / host=b"));
}

TEST(table, a_trailing_dot_finds_the_same_host) {
  add("Host(`a.test`)");

  LONGS_EQUAL(0, asked("GET / host=a.test."));
}

TEST(table, wild_hosts_are_found) {
  add("Host(`*.a.test`)");
  add("Host(`b.a.test`)", 1);

  LONGS_EQUAL(0, asked("GET / host=x.a.test"));
  LONGS_EQUAL(0, asked("GET / host=b.a.test."));
  LONGS_EQUAL(Table::none, asked("GET / host=y.x.a.test"));
  LONGS_EQUAL(Table::none, asked("GET / host=a.test"));
}

TEST(table, prefixes_that_prolong_each_other_byte_by_byte_are_all_found) {
  std::string path = "/";
  for (int i = 0; i < 300; ++i) {
    add("PathPrefix(`" + path + "`)");
    path += 'a';
  }

  LONGS_EQUAL(299, asked("GET " + path));
  LONGS_EQUAL(0, asked("GET /b"));
  LONGS_EQUAL(5, asked("GET /aaaaab"));
}

TEST(table, only_what_the_index_leads_to_is_a_candidate) {
  add("Host(`a`) && PathPrefix(`/x`)");
  add("Host(`a`) && PathPrefix(`/y`)");
  add("Host(`b`) && PathPrefix(`/x`)");
  add("Method(`PUT`)");
  SampleRequest sample("GET /x/1 host=a");

  const Table built(entries);

  LONGS_EQUAL(2, built.candidates(sample.request()).size());
  LONGS_EQUAL(0, built.entries()[built.candidates(sample.request())[0]].id);
  LONGS_EQUAL(3, built.entries()[built.candidates(sample.request())[1]].id);
}

// Random rules over few hosts and paths, so that most requests have several candidates; the seed is fixed.
TEST(table, answers_as_a_linear_search_would) {
  std::mt19937 random(20240607);
  const auto pick = [&](auto& list) {
    return std::string(list[random() % std::size(list)]);
  };
  const char* const hosts[] = {"a.test", "b.test", "x.a.test", "y.x.a.test", "a.test.", "test", ""};
  const char* const paths[] = {"/", "/a", "/a/", "/a/b", "/ab", "/a/b/c", "/b", "/b%2Fc", "/aaaa"};
  const auto leaf = [&]() -> std::string {
    switch (random() % 8) {
      case 0: return "Host(`" + std::string(hosts[random() % 6]) + "`)";
      case 1: return "Host(`*." + std::string(hosts[random() % 6]) + "`)";
      case 2: return "Path(`" + pick(paths) + "`)";
      case 3:
      case 4: return "PathPrefix(`" + pick(paths) + "`)";
      case 5: return random() % 4 == 0 ? "Host(`*`)" : "HostRegexp(`^x`)";
      case 6: return "PathRegexp(`b$`)";
      default: return random() % 2 == 0 ? "Method(`GET`)" : "Method(`PUT`)";
    }
  };
  const auto rule = [&](auto& self, unsigned depth) -> std::string {
    const unsigned shape = random() % (depth == 0 ? 1 : 6);
    if (shape == 0) return leaf();
    if (shape == 1) return "!(" + self(self, depth - 1) + ")";
    return "(" + self(self, depth - 1) + (shape < 4 ? " && " : " || ") + self(self, depth - 1) +
           ")";
  };
  for (int round = 0; round < 60; ++round) {
    entries.clear();
    compiled.clear();
    for (unsigned i = 0; i < 1 + random() % 40; ++i)
      add(rule(rule, 4), 1 + static_cast<std::int64_t>(random() % 20), random() % 2,
          "r" + std::to_string(random() % 50));
    const Table built(entries);
    for (int request = 0; request < 100; ++request) {
      SampleRequest sample((random() % 2 == 0 ? "GET " : "PUT ") + pick(paths) +
                           (random() % 2 == 0 ? "b" : "") + " host=" + pick(hosts));
      LONGS_EQUAL(first_in_order(built, sample.request()), built.find(sample.request()));
    }
  }
}
