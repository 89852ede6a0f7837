// SPDX-License-Identifier: MIT
#include "observe/request_meter.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using namespace pm::observe;

TEST_GROUP(request_meter) {
  shm::Slabs slabs = std::move(shm::Slabs::create(1, 1 << 20)).value();
  MeterSettings settings;
  std::optional<Meters> opened;
  RequestMeter meter{Family::router, "web@file", "app@file"};

  Meters& meters() {
    if (!opened) opened.emplace(slabs.slab(0), settings);
    return *opened;
  }
  void count(Observation seen) {
    meter.count(meters(), seen);
  }
  // The cells of a series as text; "" when there is none.
  std::string cells(const shm::SeriesId& wanted) {
    std::string text;
    slabs.for_each([&](const shm::Series& series) {
      if (series.id != wanted) return;
      for (const std::uint64_t cell : series.cells)
        text += std::to_string(cell) + " ";
    });
    return text;
  }
  shm::SeriesId requests(RequestLabels labels) {
    return {.kind = of(kind::requests, Family::router),
            .labels = labels.packed(),
            .shape = shape_of(settings.buckets),
            .name = "web@file",
            .second = "app@file"};
  }
};

constexpr RequestLabels ok{200, Method::get, Protocol::http};
constexpr RequestLabels missing{404, Method::post, Protocol::sse};

TEST(request_meter, counts_requests_bytes_time_and_the_bucket) {
  count({.labels = ok, .time_ns = 100'000'000, .request_bytes = 5, .response_bytes = 7});
  count({.labels = ok, .time_ns = 100'000'001, .request_bytes = 1, .response_bytes = 2});
  count({.labels = ok, .time_ns = 9'000'000'000});

  // A limit belongs to its bucket.
  CHECK_EQUAL(std::string("3 6 9 9200000001 1 1 0 0 1 "), cells(requests(ok)));
}

TEST(request_meter, every_set_of_labels_has_its_own) {
  count({.labels = ok});
  count({.labels = missing});
  count({.labels = ok});

  CHECK_EQUAL(std::string("2 0 0 0 2 0 0 0 0 "), cells(requests(ok)));
  CHECK_EQUAL(std::string("1 0 0 0 1 0 0 0 0 "), cells(requests(missing)));
}

TEST(request_meter, sets_of_labels_are_bounded_and_the_rest_is_counted_together) {
  for (std::uint16_t code = 0; code < RequestMeter::most_labels + 50; ++code)
    count({.labels = {static_cast<std::uint16_t>(100 + code), Method::get, Protocol::http}});

  CHECK_EQUAL(std::string("50 0 0 0 50 0 0 0 0 "), cells(requests(other_labels)));
}

TEST(request_meter, tls_is_counted_by_version_and_cipher) {
  static constexpr char cipher[] = "TLS_AES_128_GCM_SHA256";
  static constexpr char version[] = "1.3";
  const ObservedMore more{version, cipher, {}};
  count({.labels = ok, .more = &more});
  count({.labels = missing, .more = &more});
  count({.labels = ok});

  CHECK_EQUAL(std::string("2 "), cells({.kind = of(kind::tls, Family::router),
                                        .name = "web@file",
                                        .second = "app@file",
                                        .extra = "1.3 TLS_AES_128_GCM_SHA256"}));
}

TEST(request_meter, labels_of_headers_are_counted_beside_and_bounded) {
  settings.header_labels = {{"agent", "User-Agent"}};
  for (std::size_t i = 0; i < Meters::most_by_header + 7; ++i) {
    const ObservedMore more{{}, {}, "agent=\"" + std::to_string(i) + "\""};
    count({.labels = ok, .more = &more});
  }

  const auto of_agent = [&](std::string_view value) {
    return cells({.kind = of(kind::by_header, Family::router),
                  .labels = ok.packed(),
                  .shape = shape_of(settings.header_labels),
                  .name = "web@file",
                  .second = "app@file",
                  .extra = value});
  };
  CHECK_EQUAL(std::string("1 "), of_agent("agent=\"3\""));
  CHECK_EQUAL(std::string("7 "), of_agent("other"));
}

TEST(request_meter, goes_on_with_other_cells_when_its_own_were_given_up) {
  count({.labels = ok});
  meters().book().set_known([](Family, std::string_view) { return false; });
  // Until the slab is full and the router's series are given up.
  const std::uint32_t epoch = meters().epoch();
  for (unsigned i = 0; meters().epoch() == epoch; ++i)
    meters().count({.kind = kind::worker, .name = std::to_string(i)});
  CHECK_EQUAL(std::string(), cells(requests(ok)));

  count({.labels = ok});

  CHECK_EQUAL(std::string("1 0 0 0 1 0 0 0 0 "), cells(requests(ok)));
}

TEST(request_meter, a_full_slab_counts_in_one_series_of_the_family) {
  unsigned filled = 0;
  while (meters().book().cells({.kind = kind::worker, .name = std::to_string(filled)}, 1) !=
         nullptr)
    ++filled;

  count({.labels = ok, .request_bytes = 4});

  CHECK_EQUAL(std::string("1 4 0 0 1 0 0 0 0 "), cells({.kind = of(kind::requests, Family::router),
                                                        .labels = other_labels.packed(),
                                                        .shape = shape_of(settings.buckets),
                                                        .name = "other"}));
}
