// SPDX-License-Identifier: MIT
#include "observe/series_book.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using namespace pm::observe;

namespace {

constexpr std::uint32_t small = 4096;

shm::SeriesId retries_of(std::string_view service) {
  return {.kind = kind::retries, .name = service};
}

}  // namespace

TEST_GROUP(series_book) {
  shm::Slabs slabs = std::move(shm::Slabs::create(1, small)).value();
  SeriesBook book{slabs.slab(0)};

  // Services until the slab is full; how many there was room for.
  unsigned fill() {
    unsigned placed = 0;
    while (book.cells(retries_of("service " + std::to_string(placed)), 1) != nullptr)
      ++placed;
    return placed;
  }
};

TEST(series_book, the_same_name_and_labels_are_the_same_cells) {
  shm::Cell* a = book.cells(retries_of("a"), 1);
  CHECK_TRUE(a != nullptr && a == book.cells(retries_of(std::string("a")), 1));
  CHECK_TRUE(a != book.cells(retries_of("b"), 1));
  CHECK_TRUE(a != book.cells({.kind = kind::failures, .name = "a"}, 1));
  CHECK_TRUE(a != book.cells({.kind = kind::retries, .labels = 1, .name = "a"}, 1));
}

TEST(series_book, the_next_process_counts_on_and_begins_gauges_anew) {
  shm::add(*book.cells(retries_of("a"), 1), 41);
  shm::put(*book.cells({.kind = kind::connections, .name = "web"}, 1), 7);

  SeriesBook next{slabs.slab(0)};
  shm::add(*next.cells(retries_of("a"), 1), 1);

  CHECK_EQUAL(42u, next.find(retries_of("a"))->load());
  CHECK_EQUAL(0u, next.find({.kind = kind::connections, .name = "web"})->load());
}

TEST(series_book, what_has_no_room_is_counted) {
  fill();

  CHECK_EQUAL(1u, book.find({.kind = kind::unplaced})->load());
}

TEST(series_book, names_that_are_gone_make_room_and_those_that_stay_keep_their_counts) {
  const unsigned before = fill();
  shm::add(*book.find(retries_of("service 3")), 3);
  const std::uint32_t epoch = book.epoch();
  book.set_known([](Family family, std::string_view name) {
    return family == Family::service && name == "service 3";
  });

  shm::Cell* added = book.cells(retries_of("service X"), 1);

  CHECK_TRUE(added != nullptr);
  CHECK_EQUAL(0u, added->load());
  CHECK_TRUE(book.epoch() != epoch);
  CHECK_TRUE(book.find(retries_of("service 5")) == nullptr);
  CHECK_EQUAL(3u, book.find(retries_of("service 3"))->load());
  CHECK_TRUE(fill() + 2 >= before);
}

TEST(series_book, room_is_looked_for_once_a_configuration) {
  fill();
  int asked = 0;
  book.set_known([&asked](Family, std::string_view) {
    ++asked;
    return true;
  });
  book.cells(retries_of("one more"), 1);
  const int once = asked;
  book.cells(retries_of("and another"), 1);

  CHECK_TRUE(once > 0);
  CHECK_EQUAL(once, asked);
}
