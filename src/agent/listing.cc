// SPDX-License-Identifier: MIT
#include "agent/listing.h"

#include "core/number.h"
#include "core/text.h"
#include "http/query.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>

namespace pm::agent {
namespace {

constexpr std::size_t usual_page = 100;

// The parameters of a query, decoded; of several of a name the first counts.
class Parameters {
 public:
  explicit Parameters(std::string_view query) {
    http::QueryPairs pairs(query);
    std::string_view key;
    std::string_view value;
    while (pairs.next(key, value)) {
      std::string name;
      std::string text;
      if (http::form_decode(key, name) && http::form_decode(value, text))
        values_.emplace(std::move(name), std::move(text));
    }
  }
  std::string_view text(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::string_view{} : found->second;
  }
  Result<std::size_t> number(std::string_view name, std::size_t otherwise) const {
    const std::string_view written = text(name);
    if (written.empty()) return otherwise;
    const auto value = parse_u64(written);
    if (!value || *value == 0 || *value > 1000000000)
      return Error{Errc::bad_value, "", fmt::format("invalid request: {}: {}", name, written)};
    return static_cast<std::size_t>(*value);
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

bool contains(std::string_view text, std::string_view lower_part) {
  return text::to_lower(text).find(lower_part) != std::string::npos;
}

// "app" of a router stands for "app@file" of the same provider, and the other way round.
bool is_named(std::string_view reference, std::string_view wanted) {
  if (reference.find('@') != std::string_view::npos) return reference == wanted;
  return reference == wanted.substr(0, wanted.find('@'));
}

struct Filter {
  explicit Filter(const Parameters& given)
      : search(text::to_lower(given.text("search"))),
        status(given.text("status")),
        service(given.text("serviceName")),
        middleware(given.text("middlewareName")) {}

  bool lets_pass(const Row& row) const {
    if (!status.empty() && !text::equals_ignore_case(row.status, status)) return false;
    if (!search.empty() && !contains(row.name, search) && !contains(row.rule, search)) return false;
    if (row.kind != ObjectKind::router) return true;
    if (!service.empty() && !is_named(row.service, service)) return false;
    return middleware.empty() ||
           std::any_of(row.middlewares.begin(), row.middlewares.end(),
                       [this](const std::string& name) { return is_named(name, middleware); });
  }

  std::string search;
  std::string_view status;
  std::string_view service;
  std::string_view middleware;
};

using Compare = int (*)(const Row& a, const Row& b);

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

struct Column {
  std::string_view name;
  std::optional<ObjectKind> only;  // where it is one
  Compare compare;
};

constexpr Column columns[] = {
    {"name",
     {},
     [](const Row&, const Row&) {
       return 0;
     }},
    {"provider",
     {},
     [](const Row& a, const Row& b) {
       return order(a.provider, b.provider);
     }},
    {"status",
     {},
     [](const Row& a, const Row& b) {
       return order(a.status, b.status);
     }},
    {"priority", ObjectKind::router,
     [](const Row& a, const Row& b) {
       return order(a.priority, b.priority);
     }},
    {"rule", ObjectKind::router,
     [](const Row& a, const Row& b) {
       return order(a.rule, b.rule);
     }},
    {"service", ObjectKind::router,
     [](const Row& a, const Row& b) {
       return order(a.service, b.service);
     }},
    {"entryPoints", ObjectKind::router,
     [](const Row& a, const Row& b) {
       return order(a.entry_points, b.entry_points);
     }},
    {"type",
     {},
     [](const Row& a, const Row& b) {
       return order(a.type, b.type);
     }},
    {"servers", ObjectKind::service,
     [](const Row& a, const Row& b) {
       return order(a.servers, b.servers);
     }},
};

// Rows come in order of name, which stays the order of equals.
void sort(std::vector<const Row*>& rows, std::string_view by, bool is_descending) {
  if (rows.empty()) return;
  const auto column = std::find_if(std::begin(columns), std::end(columns), [&](const Column& one) {
    return one.name == by && (!one.only || *one.only == rows.front()->kind);
  });
  const Compare compare = column == std::end(columns) ? columns[0].compare : column->compare;
  if (is_descending) std::reverse(rows.begin(), rows.end());
  std::stable_sort(rows.begin(), rows.end(), [&](const Row* a, const Row* b) {
    return is_descending ? compare(*a, *b) > 0 : compare(*a, *b) < 0;
  });
}

}  // namespace

Result<Listing> list(const std::vector<Row>& all, std::string_view query) {
  const Parameters given(query);
  PM_TRY(const std::size_t page, given.number("page", 1));
  PM_TRY(const std::size_t size, given.number("per_page", usual_page));
  Listing listing;
  const Filter filter(given);
  for (const Row& row : all) {
    if (filter.lets_pass(row)) listing.rows.push_back(&row);
  }
  sort(listing.rows, given.text("sortBy"), given.text("direction") == "desc");
  const std::size_t count = listing.rows.size();
  const std::size_t first = (page - 1) * size;
  if (first != 0 && first >= count)
    return Error{Errc::bad_value, "",
                 fmt::format("invalid request: page: {}, per_page: {}", page, size)};
  const std::size_t last = std::min(first + size, count);
  listing.next_page = last < count ? page + 1 : 1;
  listing.rows = {listing.rows.begin() + static_cast<std::ptrdiff_t>(first),
                  listing.rows.begin() + static_cast<std::ptrdiff_t>(last)};
  return listing;
}

}  // namespace pm::agent
