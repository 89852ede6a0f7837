// SPDX-License-Identifier: MIT
#include "observe/process_meter.h"

namespace pm::observe {
namespace {

void put(shm::Cell* cell, std::uint64_t value) noexcept {
  if (cell != nullptr) shm::put(*cell, value);
}

void add(shm::Cell* cell, std::uint64_t amount) noexcept {
  if (cell != nullptr) shm::add(*cell, amount);
}

}  // namespace

ProcessMeter::ProcessMeter(SeriesBook& book, std::string_view worker)
    : cpu_(book.cells({.kind = kind::process}, cell::process_cells)),
      memory_(book.cells({.kind = kind::memory, .name = worker}, 1)),
      addresses_(book.cells({.kind = kind::addresses}, 1)),
      descriptors_(book.cells({.kind = kind::descriptors}, 1)),
      most_descriptors_(book.cells({.kind = kind::most_descriptors}, 1)) {
  if (worker.empty()) return;
  if (shm::Cell* cells = book.cells({.kind = kind::worker, .name = worker}, cell::worker_cells))
    worker_cpu_ = cells + cell::worker_cpu;
}

void ProcessMeter::report(const os::Usage& usage, std::uint64_t descriptors,
                          std::uint64_t most_descriptors) noexcept {
  const std::uint64_t more = usage.cpu_ns - last_cpu_ns_;
  last_cpu_ns_ = usage.cpu_ns;
  add(cpu_, more);
  add(worker_cpu_, more);
  put(memory_, usage.memory);
  put(addresses_, usage.addresses);
  put(descriptors_, descriptors);
  put(most_descriptors_, most_descriptors);
}

}  // namespace pm::observe
