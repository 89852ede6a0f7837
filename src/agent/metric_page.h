// SPDX-License-Identifier: MIT
// metric_page.h -- prometheus@internal: everything that is counted, as a page for Prometheus.
//
//   in      a configuration, again at each reload; the slabs of all processes; the checks of servers; a question, whose
//           Accept and Accept-Encoding choose the form
//   out     the families of observability.md sections 1.2 and 1.4
//   own     names and settings; borrows slabs and checks
//   cost    made anew for each question, in the agent: no worker notices
//   source  observability.md sections 1.2 to 1.4
#pragma once

#include "agent/exposition.h"
#include "agent/metric_names.h"
#include "agent/metric_sums.h"
#include "agent/probe_runner.h"
#include "agent/reply.h"
#include "observe/meter_settings.h"

#include <optional>
#include <string>
#include <vector>

namespace pm::agent {

class MetricPage {
 public:
  struct Options {
    const shm::Slabs* slabs = nullptr;
    const ProbeRunner* probes = nullptr;
    std::string build;  // labels of pointsman_build_info, as text
  };
  explicit MetricPage(Options options) : options_(std::move(options)) {}

  void take(const config::Config& config);
  Reply answer(const Question& question);

 private:
  struct Certificate {
    std::string labels;
    std::int64_t not_after = 0;
    bool operator<(const Certificate& other) const { return labels < other.labels; }
  };

  std::string page(Exposition::Format format);
  void write_requests(observe::Family family, const std::vector<Sum>& sums, Exposition& out) const;
  void write_named(std::uint32_t kind, observe::Family family, const std::vector<Sum>& sums,
                   Exposition& out) const;
  void write_servers(Exposition& out) const;
  void write_configuration(const std::vector<Sum>& sums, Exposition& out) const;
  void write_certificates(Exposition& out) const;

  Options options_;
  observe::MeterSettings settings_;
  std::uint32_t shape_ = 0;
  std::uint32_t header_shape_ = 0;
  MetricNames names_;
  std::vector<Certificate> certificates_;
};

}  // namespace pm::agent
