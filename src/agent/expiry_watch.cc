// SPDX-License-Identifier: MIT
#include "agent/expiry_watch.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

namespace pm::agent {
namespace {

constexpr std::int64_t day = 86400;
constexpr int thresholds[] = {1, 7, 14, 30};
constexpr int ended = -1;

// The nearest threshold that has been passed; INT32_MAX: none yet.
int threshold_of(std::int64_t left) noexcept {
  if (left <= 0) return ended;
  for (const int days : thresholds) {
    if (left <= days * day) return days;
  }
  return INT32_MAX;
}

}  // namespace

ExpiryWatch::ExpiryWatch(std::vector<WatchedCertificate> certificates) {
  for (WatchedCertificate& certificate : certificates)
    entries_.push_back({std::move(certificate), INT32_MAX});
}

std::vector<std::string> ExpiryWatch::look(std::int64_t now) {
  std::vector<std::string> lines;
  for (Entry& entry : entries_) {
    const std::int64_t left = entry.certificate.not_after - now;
    const int threshold = threshold_of(left);
    if (threshold >= entry.told) continue;
    entry.told = threshold;
    const std::string date =
        fmt::format("{:%Y-%m-%d %H:%M} UTC",
                    fmt::gmtime(static_cast<std::time_t>(entry.certificate.not_after)));
    lines.push_back(
        threshold == ended
            ? fmt::format("certificate {} has expired on {}", entry.certificate.name, date)
            : fmt::format("certificate {} expires in {} day{}, on {}", entry.certificate.name,
                          (left + day - 1) / day, left <= day ? "" : "s", date));
  }
  return lines;
}

ExpiryAlarm::ExpiryAlarm(uv_loop_s* loop, Log& log, std::vector<WatchedCertificate> certificates)
    : watch_(std::move(certificates)), log_(&log), alarm_(loop, [this] { ring(); }) {
  ring();
}

void ExpiryAlarm::ring() {
  for (const std::string& line : watch_.look(std::time(nullptr)))
    log_->warn(line);
  alarm_.arm(std::chrono::hours(1));
}

}  // namespace pm::agent
