// SPDX-License-Identifier: MIT
#include "process/server_hosts.h"

#include "core/ip.h"
#include "core/text.h"
#include "upstream/server_url.h"

#include <chrono>
#include <cstdlib>
#include <set>

#include <netdb.h>

namespace pm::process {
namespace {

constexpr auto patience = std::chrono::seconds(5);

bool is_known(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return false;
  ::freeaddrinfo(found);
  return true;
}

}  // namespace

std::vector<config::At<std::string>> server_hosts(const config::Config& config) {
  std::vector<config::At<std::string>> hosts;
  std::set<std::string> seen;
  for (const config::Service& service : config.dynamic.services) {
    if (!service.load_balancer) continue;
    for (const config::Server& server : service.load_balancer->servers) {
      // A URL that is none was found when the services were judged.
      const auto url = upstream::parse_server_url(server.url.value);
      if (!url || Address::parse(url.value().host)) continue;
      std::string host = text::to_lower(url.value().host);
      if (seen.insert(host).second) hosts.push_back({std::move(host), server.url.mark});
    }
  }
  return hosts;
}

void warn_of_unknown_hosts(const config::Config& config, config::Findings& findings) {
  // One question of two seconds a name: a test must not wait for a name server that is away.
  ::setenv("RES_OPTIONS", "timeout:2 attempts:1", 0);
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (const config::At<std::string>& host : server_hosts(config)) {
    if (std::chrono::steady_clock::now() > deadline) return;
    if (is_known(host.value)) continue;
    findings.warning(host.mark, "no address is known for the server " + text::quoted(host.value),
                     "the service answers 502 until there is one");
  }
}

}  // namespace pm::process
