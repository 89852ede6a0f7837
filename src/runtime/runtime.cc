// SPDX-License-Identifier: MIT
#include "runtime/runtime.h"

namespace pm::runtime {

Blueprint draw(const config::Config& config, const Modules& modules, config::Findings& findings) {
  using routing::Standing;
  Blueprint blueprint;
  blueprint.tls = plan_tls(config, findings);
  blueprint.transports = plan_transports(config, findings);
  blueprint.middlewares = plan_middlewares(config, modules, findings);
  const auto middleware = [&](std::string_view name) {
    return standing_of(blueprint.middlewares, name);
  };
  blueprint.services = plan_services({config, modules, blueprint.transports, middleware}, findings);
  const auto service = [&](std::string_view name) {
    const auto found = blueprint.services.find(name);
    return found == blueprint.services.end() ? Standing::unknown : found->second.standing;
  };
  const auto options = [&](std::string_view name) {
    return standing_of(blueprint.tls, name);
  };
  blueprint.routing =
      routing::build({config, modules.matchers, service, middleware, options}, findings);
  return blueprint;
}

Runtime::~Runtime() = default;

const Route* Runtime::find(std::uint32_t entry_point, const http::Request& request) const noexcept {
  const auto kind = request.secure != nullptr ? routing::Kind::tls : routing::Kind::plain;
  const std::uint32_t id = routing_.root_table(entry_point, kind).find(request);
  return id == routing::Table::none ? nullptr : routes_[id].get();
}

const Route* Runtime::find_child(const Route& parent, const http::Request& request) const noexcept {
  const std::uint32_t id = parent.children->find(request);
  return id == routing::Table::none ? nullptr : routes_[id].get();
}

void Runtime::inherit(const Runtime& old) noexcept {
  if (tls_ != nullptr && old.tls_ != nullptr) tls_->inherit(*old.tls_);
}

void Runtime::part() noexcept {
  for (auto& route : routes_) {
    if (route->holders == 1) continue;
    --route->holders;
    route.release();
  }
}

}  // namespace pm::runtime
