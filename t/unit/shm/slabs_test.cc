// SPDX-License-Identifier: MIT
#include "shm/slabs.h"

#include <CppUTest/TestHarness.h>

#include <string>
#include <vector>

#include <unistd.h>

using namespace pm;

namespace {

constexpr std::uint32_t small = 4096;
constexpr std::uint32_t gauge = 7 | shm::SeriesId::gauge;

shm::SeriesId id_of(std::string_view name, std::uint32_t kind = 1) {
  shm::SeriesId id;
  id.kind = kind;
  id.labels = 5;
  id.shape = 6;
  id.name = name;
  id.second = "second";
  id.extra = "extra";
  return id;
}

}  // namespace

TEST_GROUP(slabs) {
  shm::Slabs slabs = std::move(shm::Slabs::create(2, small)).value();

  // "name=first cell" of everything, in the order of the slabs.
  std::string all() {
    std::string text;
    slabs.for_each([&text](const shm::Series& series) {
      text += std::string(series.id.name) + "=" + std::to_string(series.cells[0]) + " ";
    });
    return text;
  }
};

TEST(slabs, what_a_process_counts_is_read_with_all_that_names_it) {
  shm::Slab slab = slabs.slab(1);
  shm::Cell* cells = slab.append(id_of("web"), 3);
  shm::add(cells[0], 2);
  shm::add(cells[0], 3);
  shm::put(cells[2], 9);

  int seen = 0;
  slabs.for_each([&](const shm::Series& series) {
    ++seen;
    CHECK_TRUE(series.id == id_of("web"));
    CHECK_EQUAL(3u, series.cells.size());
    CHECK_EQUAL(5u, series.cells[0]);
    CHECK_EQUAL(0u, series.cells[1]);
    CHECK_EQUAL(9u, series.cells[2]);
  });
  CHECK_EQUAL(1, seen);
}

TEST(slabs, every_slot_and_the_master_have_one) {
  shm::add(*slabs.slab(0).append(id_of("a"), 1), 1);
  shm::add(*slabs.slab(1).append(id_of("b"), 1), 2);
  shm::add(*slabs.of_master().append(id_of("m"), 1), 3);

  CHECK_EQUAL(std::string("a=1 b=2 m=3 "), all());
}

TEST(slabs, the_next_holder_of_a_slot_finds_what_the_last_one_has_counted) {
  shm::add(*slabs.slab(0).append(id_of("a"), 1), 41);

  slabs.slab(0).for_each([](const shm::SeriesId&, shm::Cell* cells) { shm::add(*cells, 1); });

  CHECK_EQUAL(std::string("a=42 "), all());
}

TEST(slabs, of_a_dead_process_the_gauges_are_nothing_and_the_counters_stay) {
  shm::Slab slab = slabs.slab(0);
  shm::add(*slab.append(id_of("counter"), 1), 4);
  shm::put(*slab.append(id_of("gauge", gauge), 1), 4);
  shm::put(*slabs.slab(1).append(id_of("other", gauge), 1), 4);

  slabs.clear_gauges(0);

  CHECK_EQUAL(std::string("counter=4 gauge=0 other=4 "), all());
}

TEST(slabs, what_was_removed_is_not_seen_and_leaves_its_place_to_another) {
  shm::Slab slab = slabs.slab(0);
  shm::Cell* first = slab.append(id_of("first"), 1);
  shm::add(*slab.append(id_of("rest"), 1), 1);
  shm::add(*first, 9);
  slab.remove(first);
  CHECK_EQUAL(std::string("rest=1 "), all());

  CHECK_TRUE(slab.append(id_of("third"), 1) == first);
  CHECK_EQUAL(std::string("third=0 rest=1 "), all());
}

TEST(slabs, a_place_that_was_left_half_made_is_found_by_the_next_holder) {
  shm::Cell* first = nullptr;
  {
    shm::Slab slab = slabs.slab(0);
    first = slab.append(id_of("first"), 1);
    slab.append(id_of("other"), 1);
    slab.remove(first);
  }
  shm::Slab slab = slabs.slab(0);
  CHECK_TRUE(slab.append(id_of("again"), 1) == first);
}

TEST(slabs, a_full_slab_takes_no_more_and_its_neighbour_is_untouched) {
  shm::Slab slab = slabs.slab(0);
  unsigned fitted = 0;
  while (slab.append(id_of("name " + std::to_string(fitted)), 4) != nullptr)
    ++fitted;

  CHECK_TRUE(fitted > 20 && fitted < small / 64);
  CHECK_EQUAL(0u, slabs.slab(1).used());
  unsigned seen = 0;
  slabs.for_each([&seen](const shm::Series&) { ++seen; });
  CHECK_EQUAL(fitted, seen);
}

TEST(slabs, texts_have_a_bound) {
  shm::Slab slab = slabs.slab(0);
  CHECK_TRUE(slab.append(id_of(std::string(shm::Slab::most_text, 'x')), 1) == nullptr);
  CHECK_EQUAL(0u, slab.used());
}

TEST(slabs, a_reader_survives_what_nobody_would_write) {
  shm::Slab slab = slabs.slab(0);
  shm::Cell* cells = slab.append(id_of("web"), 2);
  slab.append(id_of("behind"), 1);
  auto* bytes = reinterpret_cast<unsigned char*>(cells) - 32;
  for (unsigned i = 0; i < 32; ++i) {
    for (const int value : {0, 1, 127, 128, 255}) {
      const unsigned char old = bytes[i];
      bytes[i] = static_cast<unsigned char>(value);
      unsigned seen = 0;
      slabs.for_each([&seen](const shm::Series& series) {
        seen += static_cast<unsigned>(series.cells.size() + series.id.extra.size());
      });
      CHECK_TRUE(seen < small);
      bytes[i] = old;
    }
  }
}

TEST(slabs, the_program_after_an_upgrade_reads_the_same) {
  shm::add(*slabs.slab(1).append(id_of("b"), 1), 7);
  auto later = shm::Slabs::attach(::dup(slabs.zone().fd()), 2, small);
  CHECK_TRUE(later.has_value());
  unsigned seen = 0;
  std::move(later).value().for_each(
      [&seen](const shm::Series& series) { seen += series.cells[0]; });
  CHECK_EQUAL(7u, seen);
}

TEST(slabs, a_damaged_size_costs_what_stands_behind_it_and_the_next_holder_counts_on) {
  shm::Slab before = slabs.slab(0);
  before.append(id_of("first"), 1);
  shm::Cell* broken = before.append(id_of("broken"), 1);
  before.append(id_of("behind"), 1);
  reinterpret_cast<std::uint32_t*>(broken)[-6] = 5000;  // its size: more than the slab has

  slabs.slab(0).append(id_of("next"), 1);

  CHECK_EQUAL(std::string("first=0 next=0 "), all());
}

TEST(slabs, texts_that_do_not_lie_in_their_record_are_none_of_anybody) {
  shm::Cell* broken = slabs.slab(0).append(id_of("broken", gauge), 1);
  shm::put(broken[0], 5);
  reinterpret_cast<std::uint16_t*>(broken)[-5] = 60000;  // how long its name is

  slabs.clear_gauges(0);

  CHECK_EQUAL(5u, broken[0].load());
  slabs.slab(0).append(id_of("places", gauge), 1);
  CHECK_EQUAL(std::string("places=0 "), all());
}
