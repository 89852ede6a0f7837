// SPDX-License-Identifier: MIT
// request_meter.h -- the requests of one entry point, router or service, counted by code, method and protocol.
//
//   in      what became of a request
//   own     pointers to cells of the worker's slab, found when they are first needed; the names are its owner's
//   cost    about 40 instructions when the labels are those of the request before
//   errors  more than 256 combinations of labels: the rest is counted as "other"
//   source  observability.md sections 1.2 and 6
#pragma once

#include "observe/meters.h"

#include <string>
#include <string_view>
#include <vector>

namespace pm::observe {

// What only some requests have.
struct ObservedMore {
  std::string_view tls_version;  // "1.3"; "" of a plain connection
  std::string_view tls_cipher;
  std::string header_labels;  // as they stand in the text; where labels of headers are configured
};

struct Observation {
  RequestLabels labels;
  std::uint64_t time_ns = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  const ObservedMore* more = nullptr;
};

class RequestMeter {
 public:
  static constexpr std::size_t most_labels = 256;

  // `second`: of a router, its service. Both outlive the meter.
  RequestMeter(Family family, std::string_view name, std::string_view second = {}) noexcept
      : who_{family, name, second} {}

  void count(Meters& meters, const Observation& seen) {
    if (epoch_ != meters.epoch()) forget(meters.epoch());
    const std::uint32_t labels = seen.labels.packed();
    shm::Cell* cells =
        labels == last_.labels && last_.cells != nullptr ? last_.cells : find(meters, seen.labels);
    shm::add(cells[cell::count], 1);
    shm::add(cells[cell::request_bytes], seen.request_bytes);
    shm::add(cells[cell::response_bytes], seen.response_bytes);
    shm::add(cells[cell::time], seen.time_ns);
    shm::add(cells[cell::first_bucket + meters.bucket_of(seen.time_ns)], 1);
    if (seen.more != nullptr) [[unlikely]]
      count_more(meters, seen);
  }

 private:
  struct Known {
    std::uint32_t labels = 0;
    shm::Cell* cells = nullptr;  // null only before the first request
  };
  void forget(std::uint32_t epoch) noexcept;
  // Kept out of count(): what is rarely needed would cost every request its registers.
  [[gnu::noinline]] shm::Cell* find(Meters& meters, RequestLabels labels);
  [[gnu::noinline]] void count_more(Meters& meters, const Observation& seen);
  void count_tls(Meters& meters, const ObservedMore& more);

  Meters::Who who_;
  std::uint32_t epoch_ = 0;
  Known last_;
  std::vector<Known> known_;
  const char* tls_cipher_ =
      nullptr;  // of the last TLS connection; its text is a constant of the library
  const char* tls_version_ = nullptr;
  shm::Cell* tls_ = nullptr;
};

}  // namespace pm::observe
