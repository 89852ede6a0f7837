// SPDX-License-Identifier: MIT
#include "agent/object_json.h"

#include "agent/config_json.h"
#include "config/decode.h"
#include "config/options.h"
#include "routing/entry.h"

#include <nlohmann/json.hpp>

namespace pm::agent {
namespace {

using json = nlohmann::ordered_json;

json section_at(std::string_view path, const void* object) {
  return section_json(*config::option_at(config::dynamic_section(), path)->section, object);
}

// The effective values: those of the router, else those of the first entry point that it listens on.
json observability_of(const config::Router& router, const Row& row, const config::Static& fixed) {
  config::EntryPointObservability base;
  if (!row.entry_points.empty())
    base = fixed.entry_points[routing::find_entry_point(fixed, row.entry_points.front())]
               .observability;
  const config::RouterObservability own =
      router.observability.value_or(config::RouterObservability{});
  return {{"accessLogs", own.access_logs.value_or(base.access_logs)},
          {"metrics", own.metrics.value_or(base.metrics)},
          {"tracing", own.tracing.value_or(base.tracing)},
          {"traceVerbosity", router.observability ? own.trace_verbosity : base.trace_verbosity}};
}

json router_json(const Row& row, const ObjectContext& context) {
  const auto& router = *static_cast<const config::Router*>(row.object);
  json out = section_at("http.routers.x", &router);
  if (!row.entry_points.empty()) out["entryPoints"] = row.entry_points;
  out["priority"] = row.priority;
  if (router.tls && !out.contains("tls")) out["tls"] = json::object();
  if (router.tls && router.tls->options.value.empty()) out["tls"]["options"] = "default";
  if (router.parent_refs.empty())
    out["observability"] = observability_of(router, row, context.config.fixed);
  return out;
}

// By the URL as it may be shown. Two that differ in their credentials alone are one line.
json server_states(const Row& row, const config::LoadBalancer& balancer,
                   const ObjectContext& context) {
  json states = json::object();
  for (const config::Server& server : balancer.servers) {
    const std::string& url = server.url.value;
    const bool is_checked = balancer.health_check && context.health != nullptr;
    const bool is_down = is_checked && context.health->state(context.health->key(row.name, url)) ==
                                           shm::ServerState::down;
    states[without_credentials(url)] = is_down ? "DOWN" : "UP";
  }
  return states;
}

json service_json(const Row& row, const ObjectContext& context) {
  json out = json::object();
  if (row.object == nullptr) return out;
  const auto& service = *static_cast<const config::Service*>(row.object);
  out = section_at("http.services.x", &service);
  if (!service.load_balancer || service.load_balancer->servers.empty()) return out;
  out["serverStatus"] = server_states(row, *service.load_balancer, context);
  return out;
}

// With its defaults where its options can be read; secrets have been taken out, so that some cannot.
json middleware_json(const Row& row, const ObjectContext& context) {
  const auto& middleware = *static_cast<const config::Middleware*>(row.object);
  const config::TypedBody body = config::typed_body(middleware, context.types);
  if (body.type == nullptr) return tree_json(middleware.body);
  config::Findings heard;
  const config::Born options = config::decode_options(middleware, body, heard);
  json out = json::object();
  out[std::string(body.type->key)] = options == nullptr
                                         ? tree_json(body.entry->value)
                                         : section_json(*body.type->options, options.get());
  return out;
}

}  // namespace

json object_json(const Row& row, const ObjectContext& context) {
  const bool is_router = row.kind == ObjectKind::router;
  json out = is_router                         ? router_json(row, context)
             : row.kind == ObjectKind::service ? service_json(row, context)
                                               : middleware_json(row, context);
  if (!row.errors.empty()) out["error"] = row.errors;
  out["status"] = row.status;
  if (!row.used.empty()) out[is_router ? "using" : "usedBy"] = row.used;
  out["name"] = row.name;
  out["provider"] = row.provider;
  if (!row.type.empty()) out["type"] = row.type;
  // A browser's numbers end before this one.
  if (is_router) out["priorityStr"] = std::to_string(row.priority);
  return out;
}

json entry_point_json(const config::EntryPoint& entry_point) {
  json out = section_json(*config::option_at(config::static_section(), "entryPoints.x")->section,
                          &entry_point);
  out["name"] = entry_point.name;
  return out;
}

}  // namespace pm::agent
