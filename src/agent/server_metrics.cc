// SPDX-License-Identifier: MIT
#include "agent/server_metrics.h"

#include "agent/config_json.h"
#include "core/text.h"

#include <fmt/format.h>

#include <iterator>

namespace pm::agent {
namespace {

std::string label(std::string_view value) {
  return text::replace_all(text::replace_all(text::replace_all(value, "\\", "\\\\"), "\"", "\\\""),
                           "\n", "\\n");
}

}  // namespace

Reply server_metrics(const ProbeRunner& probes) {
  Reply answer;
  answer.type = "text/plain; version=0.0.4; charset=utf-8";
  answer.body =
      "# HELP traefik_service_server_up service server is up, described by gauge value of 0 or 1.\n"
      "# TYPE traefik_service_server_up gauge\n";
  probes.for_each([&answer](const upstream::Probe& probe, shm::ServerState state) {
    fmt::format_to(std::back_inserter(answer.body),
                   "traefik_service_server_up{{service=\"{}\",url=\"{}\"}} {}\n",
                   label(probe.service), label(without_credentials(probe.server)),
                   state == shm::ServerState::down ? 0 : 1);
  });
  return answer;
}

}  // namespace pm::agent
