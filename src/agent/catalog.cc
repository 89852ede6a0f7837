// SPDX-License-Identifier: MIT
#include "agent/catalog.h"

#include "core/text.h"
#include "routing/build.h"
#include "routing/entry.h"
#include "rules/compile.h"

#include <algorithm>
#include <map>

namespace pm::agent {
namespace {

using config::Config;
using routing::qualified;

std::vector<std::string> values_of(const config::MarkedList& list) {
  std::vector<std::string> values;
  for (const config::At<std::string>& element : list)
    values.push_back(element.value);
  return values;
}

// Those that exist, or the default ones.
std::vector<std::string> entry_points_of(const config::Static& fixed,
                                         const config::Router& router) {
  std::vector<std::string> names;
  if (!router.parent_refs.empty()) return names;
  for (const config::At<std::string>& name : router.entry_points) {
    const std::uint32_t at = routing::find_entry_point(fixed, name.value);
    const bool is_new = std::find(names.begin(), names.end(), name.value) == names.end();
    if (at != routing::nowhere && !routing::is_udp(fixed.entry_points[at]) && is_new)
      names.push_back(name.value);
  }
  if (!router.entry_points.empty()) return names;
  for (const std::uint32_t at : routing::default_entry_points(fixed))
    names.push_back(fixed.entry_points[at].name);
  return names;
}

std::string type_of(const config::Service& service) {
  if (service.load_balancer) return "loadbalancer";
  if (service.weighted) return "weighted";
  return service.other_types.empty() ? "" : text::to_lower(service.other_types.front().value);
}

std::string type_of(const config::Middleware& middleware) {
  for (const config::Entry& type : middleware.body.entries) {
    if (!type.value.is_null()) return text::to_lower(type.key);
  }
  return "";
}

}  // namespace

std::string_view kind_name(ObjectKind kind) noexcept {
  switch (kind) {
    case ObjectKind::router: return "router";
    case ObjectKind::service: return "service";
    case ObjectKind::middleware: return "middleware";
  }
  return "";
}

Catalog::Catalog(const Config& config) {
  add_routers(config);
  add_services(config);
  add_middlewares(config);
  for (std::vector<Row>* rows : {&routers_, &services_, &middlewares_}) {
    std::sort(rows->begin(), rows->end(),
              [](const Row& a, const Row& b) { return a.name < b.name; });
  }
  note_users();
  judge(config);
}

std::vector<Row>& Catalog::rows(ObjectKind kind) noexcept {
  switch (kind) {
    case ObjectKind::router: return routers_;
    case ObjectKind::service: return services_;
    case ObjectKind::middleware: break;
  }
  return middlewares_;
}

const std::vector<Row>& Catalog::of(ObjectKind kind) const noexcept {
  return const_cast<Catalog*>(this)->rows(kind);
}

const Row* Catalog::find(ObjectKind kind, std::string_view name) const noexcept {
  const std::vector<Row>& all = of(kind);
  const auto found =
      std::lower_bound(all.begin(), all.end(), name,
                       [](const Row& row, std::string_view wanted) { return row.name < wanted; });
  return found != all.end() && found->name == name ? &*found : nullptr;
}

void Catalog::add_router(const Config& config, const config::Router& router) {
  Row& row = routers_.emplace_back();
  row.kind = ObjectKind::router;
  row.name = qualified(router.name, router.provider);
  row.provider = router.provider;
  row.rule = router.rule.value;
  row.service = router.service.value;
  row.entry_points = row.used = entry_points_of(config.fixed, router);
  row.middlewares = values_of(router.middlewares);
  row.priority = router.priority.value != 0 ? router.priority.value
                                            : rules::default_priority(router.rule.value);
  row.object = &router;
}

void Catalog::add_routers(const Config& config) {
  for (const config::Router& router : config.dynamic.routers)
    add_router(config, router);
  config::Findings heard;  // by the loader
  for (routing::InternalRouter& internal : routing::internal_routers(config.fixed, heard))
    add_router(config, internals_.emplace_back(std::move(internal.router)));
}

void Catalog::add_services(const Config& config) {
  for (const config::Service& service : config.dynamic.services) {
    Row& row = services_.emplace_back();
    row.kind = ObjectKind::service;
    row.name = qualified(service.name, service.provider);
    row.provider = service.provider;
    row.type = type_of(service);
    row.servers = service.load_balancer ? service.load_balancer->servers.size() : 0;
    row.object = &service;
  }
  for (const char* name : {"api@internal", "dashboard@internal", "noop@internal", "ping@internal",
                           "prometheus@internal", "whoami@internal"}) {
    if (!routing::internal_service(name, config.fixed)) continue;
    Row& row = services_.emplace_back();
    row.kind = ObjectKind::service;
    row.name = name;
    row.provider = "internal";
  }
}

void Catalog::add_middlewares(const Config& config) {
  for (const config::Middleware& middleware : config.dynamic.middlewares) {
    Row& row = middlewares_.emplace_back();
    row.kind = ObjectKind::middleware;
    row.name = qualified(middleware.name, middleware.provider);
    row.provider = middleware.provider;
    row.type = type_of(middleware);
    row.object = &middleware;
  }
}

void Catalog::note_users() {
  const auto note = [this](ObjectKind kind, const std::string& reference, const Row& router) {
    const Row* found = find(kind, qualified(reference, router.provider));
    if (found == nullptr) return;
    std::vector<std::string>& used = const_cast<Row*>(found)->used;
    if (used.empty() || used.back() != router.name) used.push_back(router.name);
  };
  for (const Row& router : routers_) {
    if (!router.service.empty()) note(ObjectKind::service, router.service, router);
    for (const std::string& middleware : router.middlewares)
      note(ObjectKind::middleware, middleware, router);
  }
}

// Lines of "w..." and "e..." by "router web@file": a warning, or what disables the object.
void Catalog::judge(const Config& config) {
  for (const ObjectKind kind : {ObjectKind::router, ObjectKind::service, ObjectKind::middleware}) {
    for (Row& row : rows(kind)) {
      const auto found =
          config.dynamic.verdicts.find(std::string(kind_name(kind)) + " " + row.name);
      if (found == config.dynamic.verdicts.end()) continue;
      text::for_each_part(found->second, '\n', [&row](std::string_view line) {
        if (line.empty()) return;
        row.errors.emplace_back(line.substr(1));
        if (line[0] == 'e') row.status = "disabled";
        if (line[0] == 'w' && row.status == "enabled") row.status = "warning";
      });
      if (kind == ObjectKind::router && row.status == "disabled") row.used.clear();
    }
  }
}

}  // namespace pm::agent
