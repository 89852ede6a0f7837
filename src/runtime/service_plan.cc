// SPDX-License-Identifier: MIT
#include "runtime/service_plan.h"

#include "core/text.h"
#include "runtime/probe_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace pm::runtime {
namespace {

using config::At;
using config::Mark;
using routing::Standing;

class Planner {
 public:
  Planner(const ServicePlanInput& input, config::Findings& findings) noexcept
      : config_(input.config),
        modules_(input.modules),
        transports_(input.transports),
        middleware_(input.middleware),
        findings_(findings) {}

  ServicePlans run() {
    for (const config::Service& service : config_.dynamic.services) {
      ServicePlan& plan = plans_[routing::qualified(service.name, service.provider)];
      plan.source = &service;
      judge(plan);
    }
    for (auto& [name, plan] : plans_)
      resolve_children(plan);
    for (auto& [name, plan] : plans_)
      visit(name, plan);
    return std::move(plans_);
  }

 private:
  void break_it(ServicePlan& plan, Mark mark, std::string what, std::string advice) {
    plan.standing = Standing::broken;
    const config::Findings::About about(findings_, title_of(plan));
    findings_.broken(mark, fmt::format("service {} {}", text::quoted(plan.source->name), what),
                     std::move(advice));
  }
  static std::string title_of(const ServicePlan& plan) {
    return "service " + routing::qualified(plan.source->name, plan.source->provider);
  }
  void refuse_later(ServicePlan& plan, const std::vector<At<std::string>>& keys) {
    for (const At<std::string>& key : keys) {
      break_it(plan, key.mark,
               fmt::format("uses {}, which is not supported yet", text::quoted(key.value)),
               "take it out, or leave the service out");
    }
  }

  void judge(ServicePlan& plan) {
    const config::Service& service = *plan.source;
    const int types = service.load_balancer.has_value() + service.weighted.has_value();
    for (const At<std::string>& other : service.other_types) {
      if (types > 0) {
        break_it(plan, other.mark, "has more than one type", "give each type a service of its own");
      } else {
        break_it(
            plan, other.mark,
            fmt::format("is of type {}, which is not supported yet", text::quoted(other.value)),
            "use loadBalancer or weighted");
      }
    }
    if (types == 0 && service.other_types.empty()) {
      return break_it(plan, service.mark, "has no type", "give it loadBalancer or weighted");
    }
    judge_middlewares(plan);
    if (service.load_balancer) judge_load_balancer(plan, *service.load_balancer);
    if (service.weighted) refuse_later(plan, service.weighted->unsupported);
  }

  void judge_middlewares(ServicePlan& plan) {
    if (plan.source->middlewares.size() > routing::max_middlewares) {
      return break_it(plan, plan.source->middlewares.front().mark, "has too many middlewares",
                      fmt::format("list at most {}", routing::max_middlewares));
    }
    for (const At<std::string>& reference : plan.source->middlewares) {
      plan.middlewares.push_back(routing::qualified(reference.value, plan.source->provider));
      const Standing standing = middleware_(plan.middlewares.back());
      if (standing == Standing::usable) continue;
      break_it(plan, reference.mark,
               fmt::format("needs the middleware {}, which {}", text::quoted(reference.value),
                           standing == Standing::broken ? "is broken" : "does not exist"),
               "mend that middleware, or take it out of the list");
    }
  }

  void judge_load_balancer(ServicePlan& plan, const config::LoadBalancer& balancer) {
    refuse_later(plan, balancer.unsupported);
    plan.balancer = find_balancer(balancer.strategy.value);
    if (plan.balancer == nullptr) complain_of_strategy(plan, balancer.strategy);
    find_transport(plan, balancer.servers_transport);
    if (balancer.health_check) judge_health(plan, *balancer.health_check);
    if (plan.transport != nullptr && !transports_.find(plan.transport)->second) {
      break_it(plan, plan.source->mark, "uses a serversTransport that is broken",
               "mend that serversTransport");
    }
    for (const config::Server& server : balancer.servers) {
      auto url = upstream::parse_server_url(server.url.value);
      if (!url) {
        break_it(plan, server.url.mark, fmt::format("has a server URL that {}", url.error().what),
                 "write http://HOST:PORT");
        continue;
      }
      plan.urls.push_back(std::move(url).value());
    }
  }

  void judge_health(ServicePlan& plan, const config::HealthCheck& check) {
    for (CheckFault& fault : judge_check(check, plan.transport)) {
      if (fault.severity == config::Severity::broken) {
        break_it(plan, fault.mark, std::move(fault.what), std::move(fault.advice));
        continue;
      }
      const config::Findings::About about(findings_, title_of(plan));
      findings_.warning(fault.mark,
                        fmt::format("service {} {}", text::quoted(plan.source->name), fault.what),
                        std::move(fault.advice));
    }
  }

  const upstream::BalancerModule* find_balancer(std::string_view name) const {
    for (const upstream::BalancerModule* module : modules_.balancers) {
      const auto& aliases = module->aliases;
      if (module->name == name || std::find(aliases.begin(), aliases.end(), name) != aliases.end())
        return module;
    }
    return nullptr;
  }

  void complain_of_strategy(ServicePlan& plan, const At<std::string>& strategy) {
    constexpr std::string_view later[] = {"p2c",
                                          "hrw",
                                          "leasttime",
                                          "leastconn",
                                          "least_conn",
                                          "least-connections",
                                          "leastConnections",
                                          "random",
                                          "iphash",
                                          "ip_hash"};
    const bool comes_later =
        std::find(std::begin(later), std::end(later), strategy.value) != std::end(later);
    if (comes_later) {
      return break_it(
          plan, strategy.mark,
          fmt::format("uses strategy {}, which is not supported yet", text::quoted(strategy.value)),
          "use wrr");
    }
    std::vector<std::string_view> known(std::begin(later), std::end(later));
    for (const upstream::BalancerModule* module : modules_.balancers)
      known.push_back(module->name);
    const std::string_view near = text::nearest(strategy.value, known);
    break_it(plan, strategy.mark,
             fmt::format("uses the unknown strategy {}", text::quoted(strategy.value)),
             near.empty() ? "use wrr" : fmt::format("did you mean {}?", text::quoted(near)));
  }

  void find_transport(ServicePlan& plan, const At<std::string>& name) {
    if (name.value.empty() || name.value == "default@internal") {
      plan.transport = &config_.fixed.servers_transport;
      return;
    }
    const std::string wanted = routing::qualified(name.value, plan.source->provider);
    for (const config::ServersTransport& transport : config_.dynamic.servers_transports) {
      if (routing::qualified(transport.name, transport.provider) == wanted) {
        plan.transport = &transport;
        return;
      }
    }
    std::vector<std::string_view> known;
    for (const config::ServersTransport& transport : config_.dynamic.servers_transports)
      known.push_back(transport.name);
    const std::string_view near = text::nearest(name.value, known);
    break_it(plan, name.mark,
             fmt::format("names the unknown serversTransport {}", text::quoted(name.value)),
             near.empty() ? "define it under http.serversTransports"
                          : fmt::format("did you mean {}?", text::quoted(near)));
  }

  void resolve_children(ServicePlan& plan) {
    if (!plan.source->weighted) return;
    for (const config::WeightedChild& child : plan.source->weighted->services) {
      plan.children.push_back(routing::qualified(child.name.value, plan.source->provider));
      if (plans_.find(plan.children.back()) != plans_.end()) continue;
      break_it(plan, child.name.mark,
               fmt::format("names the unknown service {}", text::quoted(child.name.value)),
               "define it, or take it out");
    }
  }

  // Depth first: a child that is still on the path closes a cycle, and every service on it is part of it; a broken child
  // breaks all who need it.
  void visit(const std::string& name, ServicePlan& plan) {
    if (!visited_.insert(name).second) return;
    path_.push_back(name);
    for (const std::string& child : plan.children) {
      const auto found = plans_.find(child);
      if (found == plans_.end()) continue;
      const auto on_path = std::find(path_.begin(), path_.end(), child);
      if (on_path != path_.end()) {
        break_cycle(on_path);
        continue;
      }
      visit(child, found->second);
      judge_child_health(plan, child, *found->second.source);
      if (found->second.standing != Standing::broken || plan.standing == Standing::broken) continue;
      break_it(plan, plan.source->mark,
               fmt::format("needs service {}, which cannot be built", text::quoted(child)),
               "mend that service first");
    }
    path_.pop_back();
  }

  // A parent can leave out only those children of whom somebody knows whether they are up.
  void judge_child_health(ServicePlan& plan, const std::string& name,
                          const config::Service& child) {
    const auto& weighted = plan.source->weighted;
    if (!weighted || !weighted->health_check) return;
    const bool is_checked = (child.load_balancer && child.load_balancer->health_check) ||
                            (child.weighted && child.weighted->health_check);
    if (is_checked) return;
    break_it(plan, plan.source->mark,
             fmt::format("has a healthCheck and the child {} has none", text::quoted(name)),
             "give each child a healthCheck, or take that of the parent out");
  }

  void break_cycle(std::vector<std::string>::const_iterator first) {
    const std::string circle =
        fmt::format("{} -> {}", fmt::join(first, path_.cend(), " -> "), *first);
    for (auto at = first; at != path_.cend(); ++at) {
      ServicePlan& plan = plans_.find(*at)->second;
      break_it(plan, plan.source->mark, "is part of a cycle: " + circle,
               "take one of the references out");
    }
  }

  const config::Config& config_;
  const Modules& modules_;
  const TransportPlans& transports_;
  const routing::Judge& middleware_;
  config::Findings& findings_;
  ServicePlans plans_;
  std::set<std::string, std::less<>> visited_;
  std::vector<std::string> path_;  // from a root of the walk to where it stands
};

}  // namespace

ServicePlans plan_services(const ServicePlanInput& input, config::Findings& findings) {
  return Planner(input, findings).run();
}

}  // namespace pm::runtime
