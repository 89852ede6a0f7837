// SPDX-License-Identifier: MIT
// bundle.h -- one load of the configuration as one sealed file in memory: the Plan, the encoded Config, the findings, and
//             what the next load needs of this one.
//
//   in      write_bundle(): the loader's result and an empty memfd. Bundle::open(): that memfd, sealed
//   out     views into the mapping, valid as long as the Bundle
//   own     a Bundle owns its mapping, not the descriptor it was made from
//   errors  open() refuses what is not sealed or whose Plan is not sound: the loader that made it is not trusted
//   source  architecture.md section 2, decisions 22 to 24
#pragma once

#include "config/findings.h"
#include "core/result.h"
#include "os/memory.h"
#include "runtime/plan.h"

#include <string>
#include <string_view>
#include <vector>

namespace pm::runtime {

// A dynamic document as it counts: where it was read, and what it said.
struct Document {
  std::string path;
  std::string text;
};

struct BundleContent {
  Plan plan;  // offsets, sizes and counts are filled in by write_bundle()
  std::vector<PlanAddress> addresses;
  std::string config;              // as config/codec writes it
  std::string findings;            // as encode_findings() writes them
  std::vector<std::string> watch;  // paths
  std::vector<Document> documents;
};

std::string encode_findings(const config::Findings& findings);
Status write_bundle(int fd, BundleContent content);  // and seals it

class Bundle {
 public:
  static Result<Bundle> open(int fd);
  const Plan& plan() const noexcept { return *plan_; }
  std::string_view config() const noexcept;
  std::vector<std::string> watch() const;
  std::vector<Document> documents() const;
  // Calls visit(severity, line) for each finding; stops at the first that is not whole.
  template <class F>
  void for_each_finding(F&& visit) const;

 private:
  Bundle(os::Mapping mapping, const Plan* plan) noexcept
      : mapping_(std::move(mapping)), plan_(plan) {}
  std::string_view part(std::uint64_t offset, std::uint64_t size) const noexcept {
    return mapping_.bytes().substr(offset, size);
  }
  os::Mapping mapping_;
  const Plan* plan_;
};

// A finding: one byte of severity ('w' or 'e'), the line, "\n".
template <class F>
void Bundle::for_each_finding(F&& visit) const {
  std::string_view rest = mapping_.bytes().substr(plan_->findings_offset, plan_->findings_size);
  while (true) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || end == 0) return;
    visit(rest[0] == 'w' ? Level::warn : Level::error, rest.substr(1, end - 1));
    rest.remove_prefix(end + 1);
  }
}

}  // namespace pm::runtime
