// SPDX-License-Identifier: MIT
// metric.h -- what is counted, and how its series are named in shared memory: the one page that writers and reader share.
//
//   shape   a series (shm/slabs.h) has a kind, packed labels, and a name: of the entry point, the router or the service.
//           Which texts and cells a kind uses stands beside it; a change of that raises the zone's layout (shm/slabs.cc),
//           since the next program goes on with what this one has left
//   in      methods and statuses as they are in a request and its answer
//   out     labels as observability.md section 1.3 has them
//   own     values only
//   source  observability.md sections 1.2 to 1.4
#pragma once

#include "shm/slabs.h"

#include <array>
#include <bit>
#include <cstdint>
#include <string_view>

namespace pm::observe {

enum class Family : std::uint8_t { entry_point, router, service };
constexpr std::uint32_t family_count = 3;

// Kinds of series; "+ family" where there is one for each. The second text of a router's is its service.
namespace kind {
constexpr std::uint32_t requests = 1;  // + family; cells below; shape: of the histogram's limits
constexpr std::uint32_t tls = 4;       // + family; 1 cell; extra: "1.3 TLS_AES_128_GCM_SHA256"
constexpr std::uint32_t by_header =
    7;  // + family; 1 cell; extra: labels as text; shape: of their names
constexpr std::uint32_t retries = 10;     // 1 cell; name: a service
constexpr std::uint32_t failures = 11;    // 1 cell; name: a service, extra: the reason
constexpr std::uint32_t worker = 12;      // cells below; name: its index
constexpr std::uint32_t process = 13;     // cells below
constexpr std::uint32_t reloads = 14;     // cells below; the master's
constexpr std::uint32_t unplaced = 15;    // 1 cell: series that there was no room for
constexpr std::uint32_t handshakes = 16;  // 1 cell; name: an entry point, extra: how it went
constexpr std::uint32_t connections = 1 | shm::SeriesId::gauge;  // name: an entry point, extra: TCP
constexpr std::uint32_t open_in_worker = 2 | shm::SeriesId::gauge;  // name: its index
constexpr std::uint32_t active_workers = 3 | shm::SeriesId::gauge;
constexpr std::uint32_t draining_workers = 9 | shm::SeriesId::gauge;
constexpr std::uint32_t memory =
    4 | shm::SeriesId::gauge;  // bytes in memory; name: a worker's index, or ""
constexpr std::uint32_t addresses = 5 | shm::SeriesId::gauge;  // bytes of address space
constexpr std::uint32_t descriptors = 6 | shm::SeriesId::gauge;
constexpr std::uint32_t most_descriptors = 7 | shm::SeriesId::gauge;
constexpr std::uint32_t started = 8 | shm::SeriesId::gauge;      // Unix seconds; the master's
constexpr std::uint32_t websockets = 10 | shm::SeriesId::gauge;  // name: an entry point
constexpr std::uint32_t lost_lines = 17;                         // 1 cell: of the access log
}  // namespace kind

constexpr std::uint32_t of(std::uint32_t kind, Family family) noexcept {
  return kind + static_cast<std::uint32_t>(family);
}

namespace cell {
// kind::requests; then one for each limit of the histogram and one for what is above all of them. Times in nanoseconds.
constexpr std::uint32_t count = 0, request_bytes = 1, response_bytes = 2, time = 3,
                        first_bucket = 4;
// kind::worker
constexpr std::uint32_t worker_requests = 0, worker_cpu = 1, worker_cells = 2;
// kind::process
constexpr std::uint32_t cpu = 0, process_cells = 1;
// kind::reloads; then the histogram of how long they took. `last` is in Unix seconds
constexpr std::uint32_t good = 0, last = 1, has_failed = 2, generation = 3, reload_time = 4,
                        first_reload_bucket = 5;
}  // namespace cell

enum class Method : std::uint8_t {
  get,
  head,
  post,
  put,
  del,
  connect,
  options,
  trace,
  patch,
  pri,
  extension,  // any other token; one that is no UTF-8 comes past no codec
  other,      // of series that there was no room for
};
enum class Protocol : std::uint8_t { http, websocket, sse, grpc, grpc_web, other };

[[gnu::noinline]] Method rare_method(std::string_view method) noexcept;  // any one
inline Method method_of(std::string_view method) noexcept {
  const bool is_get =
      method.size() == 3 && method[0] == 'G' && method[1] == 'E' && method[2] == 'T';
  return is_get ? Method::get : rare_method(method);
}
std::string_view name_of(Method method) noexcept;
std::string_view name_of(Protocol protocol) noexcept;

struct RequestLabels {
  std::uint16_t code = 0;  // 0: "other"
  Method method = Method::get;
  Protocol protocol = Protocol::http;

  std::uint32_t packed() const noexcept { return std::bit_cast<std::uint32_t>(*this); }
  static RequestLabels unpacked(std::uint32_t packed) noexcept;  // what is no label is `other`
};
constexpr std::string_view other_name = "other";
constexpr RequestLabels other_labels{0, Method::other, Protocol::other};

// Limits of the histograms of our own families, in seconds.
constexpr std::array<double, 15> own_buckets{
    0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

}  // namespace pm::observe
