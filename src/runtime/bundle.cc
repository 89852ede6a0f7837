// SPDX-License-Identifier: MIT
#include "runtime/bundle.h"

#include <algorithm>

namespace pm::runtime {
namespace {

std::string_view bytes_of(const void* object, std::size_t size) {
  return {static_cast<const char*>(object), size};
}

}  // namespace

std::string encode_findings(const config::Findings& findings) {
  std::string text;
  for (const config::Finding& finding : findings.all()) {
    std::string line = findings.line(finding);
    std::replace(line.begin(), line.end(), '\n', ' ');
    text += finding.severity == config::Severity::warning ? 'w' : 'e';
    text += line;
    text += '\n';
  }
  return text;
}

Status write_bundle(int fd, BundleContent content) {
  if (content.addresses.size() > Plan::max_addresses) {
    return Error{Errc::bad_value, "", "more than 1024 addresses to listen on"};
  }
  Plan& plan = content.plan;
  const std::size_t addresses_size = content.addresses.size() * sizeof(PlanAddress);
  plan.address_count = static_cast<std::uint32_t>(content.addresses.size());
  plan.config_offset = sizeof(Plan) + addresses_size;
  plan.config_size = content.config.size();
  plan.findings_offset = plan.config_offset + plan.config_size;
  plan.findings_size = content.findings.size();
  plan.total_size = plan.findings_offset + plan.findings_size;
  if (plan.total_size > Plan::max_size)
    return Error{Errc::bad_value, "", "a configuration over 2 GiB"};

  for (std::string_view part :
       {bytes_of(&plan, sizeof plan), bytes_of(content.addresses.data(), addresses_size),
        std::string_view(content.config), std::string_view(content.findings)}) {
    PM_TRY([[maybe_unused]] auto written, os::write_all(fd, part));
  }
  return os::seal(fd);
}

Result<Bundle> Bundle::open(int fd) {
  PM_TRY(os::Mapping mapping, os::map_sealed(fd, Plan::max_size));
  const Plan* plan = sound_plan(mapping.bytes());
  if (plan == nullptr) return Error{Errc::bad_value, "", "a Plan out of its bounds"};
  return Bundle(std::move(mapping), plan);
}

std::string_view Bundle::config() const noexcept {
  return mapping_.bytes().substr(plan_->config_offset, plan_->config_size);
}

}  // namespace pm::runtime
