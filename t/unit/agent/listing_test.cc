// SPDX-License-Identifier: MIT
#include "agent/listing.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

namespace {

agent::Row router(std::string name, std::string rule, std::int64_t priority, std::string service) {
  agent::Row row;
  row.name = std::move(name);
  row.provider = row.name.substr(row.name.find('@') + 1);
  row.rule = std::move(rule);
  row.priority = priority;
  row.service = std::move(service);
  return row;
}

std::vector<agent::Row> some_routers() {
  std::vector<agent::Row> rows{router("a@file", "Host(`x.test`)", 5, "app"),
                               router("b@file", "Path(`/Shop`)", 9, "app@file"),
                               router("c@internal", "Path(`/c`)", 7, "api@internal"),
                               router("d@file", "Path(`/d`)", 9, "other")};
  rows[0].middlewares = {"auth"};
  rows[1].status = "disabled";
  rows[3].status = "warning";
  return rows;
}

}  // namespace

TEST_GROUP(listing) {
  std::vector<agent::Row> rows = some_routers();

  // The first letters of the names that come, and the next page; or what is wrong.
  std::string ask(std::string_view query) {
    const Result<agent::Listing> listing = agent::list(rows, query);
    if (!listing) return listing.error().what;
    std::string text;
    for (const agent::Row* row : listing.value().rows)
      text += row->name.substr(0, 1);
    return text + " " + std::to_string(listing.value().next_page);
  }
};

TEST(listing, a_query_finds_sorts_and_pages) {
  static constexpr ::Row table[] = {
      {"", "abcd 1"},
      {"search=shop", "b 1"},
      {"search=A%40FILE", "a 1"},
      {"search=nothing", " 1"},
      {"status=disabled", "b 1"},
      {"status=Enabled", "ac 1"},
      {"serviceName=app%40file", "ab 1"},
      {"serviceName=app%40docker", "a 1"},
      {"middlewareName=auth%40file", "a 1"},
      {"per_page=2", "ab 2"},
      {"per_page=2&page=2", "cd 1"},
      {"per_page=3&page=2", "d 1"},
      {"per_page=4", "abcd 1"},
      {"direction=desc", "dcba 1"},
      {"sortBy=priority", "acbd 1"},
      {"sortBy=priority&direction=desc", "dbca 1"},
      {"sortBy=provider", "abdc 1"},
      {"sortBy=status", "bacd 1"},
      {"sortBy=rule", "abcd 1"},
      {"sortBy=service", "cabd 1"},
      {"sortBy=servers", "abcd 1"},
      {"sortBy=nonsense", "abcd 1"},
      {"per_page=2&page=3", "invalid request: page: 3, per_page: 2"},
      {"page=0", "invalid request: page: 0"},
      {"page=-1", "invalid request: page: -1"},
      {"per_page=x", "invalid request: per_page: x"},
      {"per_page=99999999999999999999", "invalid request: per_page: 99999999999999999999"},
  };

  check_rows(table, [this](std::string_view query) { return ask(query); });
}

TEST(listing, the_first_page_of_nothing_is_there) {
  rows.clear();

  CHECK_EQUAL(std::string(" 1"), ask("per_page=1&page=1&sortBy=name"));
}
