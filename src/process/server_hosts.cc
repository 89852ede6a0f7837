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

class Hosts {
 public:
  // A URL that is none was found when its owner was judged.
  void add(std::string_view text, config::Mark mark) {
    const auto url = upstream::parse_server_url(text);
    if (!url || Address::parse(url.value().host)) return;
    std::string host = text::to_lower(url.value().host);
    if (seen_.insert(host).second) hosts_.push_back({std::move(host), mark});
  }
  // Whom a middleware asks: by the option that is called so in all of them.
  void add_addresses(const config::Node& node) {
    for (const config::Entry& entry : node.entries) {
      if (entry.value.is_scalar() && text::equals_ignore_case(entry.key, "address"))
        add(entry.value.text, entry.value.mark);
      add_addresses(entry.value);
    }
  }
  std::vector<config::At<std::string>> take() { return std::move(hosts_); }

 private:
  std::vector<config::At<std::string>> hosts_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<config::At<std::string>> server_hosts(const config::Config& config) {
  Hosts hosts;
  for (const config::Service& service : config.dynamic.services) {
    if (!service.load_balancer) continue;
    for (const config::Server& server : service.load_balancer->servers)
      hosts.add(server.url.value, server.url.mark);
  }
  for (const config::Middleware& middleware : config.dynamic.middlewares)
    hosts.add_addresses(middleware.body);
  return hosts.take();
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
