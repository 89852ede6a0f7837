// SPDX-License-Identifier: MIT
#include "agent/process_page.h"

#include "core/text.h"
#include "observe/request_labels.h"
#include "os/usage.h"

#include <fstream>
#include <string>

namespace pm::agent {
namespace {

namespace kind = observe::kind;
namespace cell = observe::cell;
using Type = Exposition::Type;

constexpr double nanoseconds = 1e9;

std::uint64_t total(const std::vector<Sum>& sums, std::uint32_t kind) noexcept {
  std::uint64_t total = 0;
  for (const Sum& sum : sums)
    total += sum.kind == kind ? sum.cell(0) : 0;
  return total;
}

struct Traffic {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

// Of the network namespace, as the libraries for other languages have it: a line of names, then one of numbers.
Traffic traffic() {
  std::ifstream file("/proc/self/net/netstat");
  std::string names;
  std::string values;
  while (std::getline(file, names) && std::getline(file, values)) {
    if (!names.starts_with("IpExt:")) continue;
    const auto value_of = [&](std::string_view wanted) -> std::uint64_t {
      const auto keys = text::split(names, ' ');
      const auto numbers = text::split(values, ' ');
      for (std::size_t i = 0; i < keys.size() && i < numbers.size(); ++i) {
        if (keys[i] == wanted) return parse_u64(numbers[i]).value_or(0);
      }
      return 0;
    };
    return {value_of("InOctets"), value_of("OutOctets")};
  }
  return {};
}

bool is_there(const std::vector<Sum>& sums, std::string_view worker) noexcept {
  for (const Sum& sum : sums) {
    if (sum.kind == kind::memory && sum.name == worker) return sum.cell(0) != 0;
  }
  return false;
}

}  // namespace

void write_processes(const std::vector<Sum>& sums, Exposition& out) {
  out.family("process_cpu_seconds_total", Type::counter, "Processor time of all processes.");
  out.sample({}, static_cast<double>(total(sums, kind::process)) / nanoseconds);
  out.family("process_resident_memory_bytes", Type::gauge, "Memory in use by all processes.");
  out.sample({}, total(sums, kind::memory));
  out.family("process_virtual_memory_bytes", Type::gauge, "Address space of all processes.");
  out.sample({}, total(sums, kind::addresses));
  out.family("process_virtual_memory_max_bytes", Type::gauge, "Address space a process may have.");
  out.sample({}, os::address_space_limit());
  out.family("process_open_fds", Type::gauge, "Open descriptors of all processes.");
  out.sample({}, total(sums, kind::descriptors));
  out.family("process_max_fds", Type::gauge, "Descriptors that all processes may have open.");
  out.sample({}, total(sums, kind::most_descriptors));
  out.family("process_start_time_seconds", Type::gauge, "When the master was started.");
  out.sample({}, total(sums, kind::started));
  const Traffic bytes = traffic();
  out.family("process_network_receive_bytes_total", Type::counter, "Bytes the machine received.");
  out.sample({}, bytes.received);
  out.family("process_network_transmit_bytes_total", Type::counter, "Bytes the machine sent.");
  out.sample({}, bytes.sent);
}

void write_workers(const std::vector<Sum>& sums, Exposition& out) {
  out.family("pointsman_workers", Type::gauge, "Workers by what they do.");
  out.sample("state=\"active\"", total(sums, kind::active_workers));
  out.sample("state=\"draining\"", total(sums, kind::draining_workers));
  const auto each = [&](std::uint32_t wanted, auto&& write) {
    for (const Sum& sum : sums) {
      if (sum.kind != wanted || sum.name.empty() || !is_there(sums, sum.name)) continue;
      std::string labels;
      observe::append_label(labels, "worker", sum.name);
      write(labels, sum);
    }
  };
  out.family("pointsman_worker_requests_total", Type::counter, "Requests of a worker.");
  each(kind::worker, [&out](const std::string& labels, const Sum& sum) {
    out.sample(labels, sum.cell(cell::worker_requests));
  });
  out.family("pointsman_worker_cpu_seconds_total", Type::counter, "Processor time of a worker.");
  each(kind::worker, [&out](const std::string& labels, const Sum& sum) {
    out.sample(labels, static_cast<double>(sum.cell(cell::worker_cpu)) / nanoseconds);
  });
  out.family("pointsman_worker_connections", Type::gauge, "Connections of clients at a worker.");
  each(kind::open_in_worker,
       [&out](const std::string& labels, const Sum& sum) { out.sample(labels, sum.cell(0)); });
  out.family("pointsman_worker_resident_memory_bytes", Type::gauge, "Memory in use by a worker.");
  each(kind::memory,
       [&out](const std::string& labels, const Sum& sum) { out.sample(labels, sum.cell(0)); });
}

}  // namespace pm::agent
