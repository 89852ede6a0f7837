// SPDX-License-Identifier: MIT
#include "runtime/pool_plans.h"

#include "core/hash.h"
#include "routing/build.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::runtime {
namespace {

constexpr std::uint64_t usual_ping_ms = 15000;  // as Go has it for 0

upstream::TransportSettings settings_of(const config::ServersTransport& transport) {
  // Traefik's defaults: 2 idle connections a host for a named transport, 200 for the one of the static part.
  const std::int64_t fallback = transport.provider.empty() ? 200 : 2;
  const config::ForwardingTimeouts& timeouts = transport.forwarding_timeouts;
  const std::uint64_t ping_ms = whole_milliseconds(timeouts.ping);
  return {
      .max_idle_per_host =
          transport.max_idle_conns_per_host == 0 ? fallback : transport.max_idle_conns_per_host,
      .max_idle = transport.max_idle_conns,
      .max_per_host = transport.max_conns_per_host,
      .lifetime_ms = whole_milliseconds(transport.max_conn_lifetime),
      .dial_timeout_ms = whole_milliseconds(timeouts.dial),
      .head_timeout_ms = whole_milliseconds(timeouts.response_header),
      .idle_timeout_ms = whole_milliseconds(timeouts.idle_conn),
      .request_timeout_ms = whole_milliseconds(timeouts.request),
      .max_response_header_bytes = static_cast<std::uint32_t>(
          std::clamp<std::int64_t>(transport.max_response_header_bytes, 1024, 64 << 20)),
      .disable_http2 = transport.disable_http2,
      .read_idle_ms = whole_milliseconds(timeouts.read_idle),
      .ping_timeout_ms = ping_ms == 0 ? usual_ping_ms : ping_ms,
  };
}

std::string trust_of(const tls::ClientOptions* tls, std::string_view system_pem) {
  if (tls == nullptr) return "plain";
  const bool trusts_system = tls->verify && tls->authorities.empty();
  return fmt::format("{} {}", tls::fingerprint_of(*tls), trusts_system ? fnv1a(system_pem) : 0);
}

// Everything that a pool of these settings does differently from another one.
std::string key_of(std::string_view name, const upstream::TransportSettings& settings,
                   std::string_view trust) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}|{}", name, settings.max_idle_per_host,
                     settings.max_idle, settings.max_per_host, settings.lifetime_ms,
                     settings.dial_timeout_ms, settings.head_timeout_ms, settings.idle_timeout_ms,
                     settings.request_timeout_ms, settings.max_response_header_bytes,
                     settings.disable_http2, settings.read_idle_ms, settings.ping_timeout_ms,
                     trust);
}

}  // namespace

PoolPlans::PoolPlans(std::string_view system_pem, const config::MarkedList& reachable)
    : system_pem_(system_pem) {
  std::vector<Cidr> blocks;
  for (const config::At<std::string>& text : reachable) {
    blocks.push_back(Cidr::parse(text.value).value_or(Cidr()));
    reachable_text_.append("|").append(text.value);
  }
  reachable_ = CidrSet(blocks);
}

// Made when the first https server that wants it is met: most configurations have none.
std::unique_ptr<tls::ClientContext> PoolPlans::client_context(const tls::ClientOptions& planned) {
  if (system_authorities_ == nullptr && planned.verify && planned.authorities.empty())
    system_authorities_ = tls::store_of(system_pem_);
  auto made = tls::ClientContext::create(planned, system_authorities_.get());
  return made ? std::move(made).value() : nullptr;
}

std::shared_ptr<upstream::PoolPlan> PoolPlans::plan(const std::string& name,
                                                    const upstream::TransportSettings& settings,
                                                    const tls::ClientOptions* tls) {
  auto& plan = plans_[name];
  if (plan != nullptr) return plan;
  plan = std::make_shared<upstream::PoolPlan>();
  plan->key = key_of(name, settings, trust_of(tls, system_pem_)) + reachable_text_;
  plan->settings = settings;
  plan->settings.reachable = reachable_;
  if (tls != nullptr) plan->tls = client_context(*tls);
  return plan;
}

std::shared_ptr<upstream::PoolPlan> PoolPlans::of(const config::ServersTransport& transport,
                                                  const tls::ClientOptions* tls) {
  const std::string name = routing::qualified(transport.name, transport.provider);
  // Apart, so that a first https server somewhere takes no idle connection from the others.
  return plan(tls != nullptr ? name + " over TLS" : name, settings_of(transport), tls);
}

}  // namespace pm::runtime
