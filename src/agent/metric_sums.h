// SPDX-License-Identifier: MIT
// metric_sums.h -- the slabs of all processes, added up.
//
//   in      the slabs; the shape of histograms that counts at present
//   out     each series once, in order of kind, name and labels. Of requests that were counted with other limits the counts
//           are added and the histogram is not
//   cost    a walk over everything that is in use, and a sort
//   source  decision 64
#pragma once

#include "observe/metric.h"

#include <string>
#include <vector>

namespace pm::agent {

struct Sum {
  std::uint32_t kind = 0;
  std::uint32_t labels = 0;
  std::uint32_t shape = 0;
  std::string name;
  std::string second;
  std::string extra;
  std::vector<std::uint64_t> cells;

  std::uint64_t cell(std::uint32_t number) const noexcept {  // 0: there is none
    return number < cells.size() ? cells[number] : 0;
  }
};

std::vector<Sum> sum_up(const shm::Slabs& slabs, std::uint32_t request_shape);

}  // namespace pm::agent
