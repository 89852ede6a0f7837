// SPDX-License-Identifier: MIT
// catalog.h -- routers, services and middlewares of a configuration, as the API lists them.
//
//   in      a Config and what the loader has found of each object (Dynamic::verdicts)
//   out     rows: what lists are searched and sorted by; the object itself is made when it is shown
//   own     rows; they borrow from the Config
//   cost    made once a configuration
//   source  observability.md section 4.2; static-config.md section 8 for those of the provider "internal"
#pragma once

#include "config/dynamic_model.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace pm::agent {

enum class ObjectKind : std::uint8_t { router, service, middleware };

struct Row {
  ObjectKind kind = ObjectKind::router;
  std::string name;  // qualified
  std::string provider;
  std::string_view status = "enabled";  // "warning", "disabled"
  std::vector<std::string> errors;
  std::vector<std::string>
      used;          // of a router its entry points, of others the routers that use them
  std::string type;  // "loadbalancer", "stripprefix"
  std::string rule;  // of a router, and what follows
  std::string service;
  std::vector<std::string> entry_points;
  std::vector<std::string> middlewares;
  std::int64_t priority = 0;     // the effective one
  std::size_t servers = 0;       // of a service
  const void* object = nullptr;  // config::Router, Service or Middleware; null: one of our own
};

class Catalog {
 public:
  explicit Catalog(const config::Config& config);
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  const std::vector<Row>& of(ObjectKind kind) const noexcept;  // in order of name
  const Row* find(ObjectKind kind, std::string_view name) const noexcept;

 private:
  void add_routers(const config::Config& config);
  void add_router(const config::Config& config, const config::Router& router);
  void add_services(const config::Config& config);
  void add_middlewares(const config::Config& config);
  void note_users();
  void judge(const config::Config& config);
  std::vector<Row>& rows(ObjectKind kind) noexcept;

  std::deque<config::Router> internals_;
  std::vector<Row> routers_;
  std::vector<Row> services_;
  std::vector<Row> middlewares_;
};

std::string_view kind_name(ObjectKind kind) noexcept;  // "router"

}  // namespace pm::agent
