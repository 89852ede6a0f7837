// SPDX-License-Identifier: MIT
#include "process/summary.h"

#include "process/build_paths.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

namespace pm::process {
namespace {

std::string counted(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace

std::string summary_text(const Summary& summary) {
  std::string line =
      fmt::format("pointsman {}: {}", build_version, counted(summary.workers, "worker"));
  for (const auto& [name, address] : summary.entry_points) {
    line += fmt::format(" · {} {}", name, address);
  }
  const runtime::PlanSummary& counts = summary.counts;
  line += fmt::format(" · {}, {} ({})", counted(counts.routers, "router"),
                      counted(counts.services, "service"), counted(counts.servers, "server"));
  if (counts.errors > 0) line += fmt::format(" · {}", counted(counts.errors, "error"));
  if (counts.warnings > 0) line += fmt::format(" · {}", counted(counts.warnings, "warning"));
  return line;
}

std::string limits_text(const Summary& summary) {
  return fmt::format("{}, {} connections each, nofile {}, kernel somaxconn {}",
                     counted(summary.workers, "worker"), summary.worker_connections,
                     summary.open_files, summary.accept_queue);
}

std::string change_text(const runtime::Plan& plan) {
  std::string text;
  const auto add = [&text](const runtime::PlanChanges& changes, std::string_view one) {
    const std::pair<char, std::uint32_t> counts[] = {
        {'+', changes.added}, {'~', changes.changed}, {'-', changes.removed}};
    for (const auto& [sign, count] : counts) {
      if (count > 0) text += fmt::format("{}{}, ", sign, counted(count, one));
    }
  };
  const runtime::PlanComparison& comparison = plan.comparison;
  add(comparison.routers, "router");
  add(comparison.services, "service");
  add(comparison.middlewares, "middleware");
  if (plan.summary.errors > 0) text += counted(plan.summary.errors, "error") + ", ";
  return text + counted(plan.summary.warnings, "warning");
}

std::string summary_json(const Summary& summary) {
  std::string entry_points;
  for (const auto& [name, address] : summary.entry_points) {
    entry_points += fmt::format("{}{}:{}", entry_points.empty() ? "" : ",", json_text(name),
                                json_text(address));
  }
  const runtime::PlanSummary& counts = summary.counts;
  return fmt::format(
      "{{\"level\":\"notice\",\"time\":\"{:%Y-%m-%dT%H:%M:%SZ}\",\"message\":\"started\","
      "\"version\":\"{}\","
      "\"workers\":{},\"entryPoints\":{{{}}},\"routers\":{},\"services\":{},\"servers\":{},"
      "\"errors\":{},"
      "\"warnings\":{},\"workerConnections\":{},\"nofile\":{},\"somaxconn\":{}}}",
      fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())),
      build_version, summary.workers, entry_points, counts.routers, counts.services, counts.servers,
      counts.errors, counts.warnings, summary.worker_connections, summary.open_files,
      summary.accept_queue);
}

}  // namespace pm::process
