// SPDX-License-Identifier: MIT
// object_json.h -- one router, service, middleware or entry point as the API shows it.
//
//   in      a row of the catalog and the configuration that it is of
//   out     the object's own keys, then status, using or usedBy, name, provider, type and errors
//   source  observability.md section 4.2, "Objects" and "Observed on a running v3.7"
#pragma once

#include "agent/catalog.h"
#include "config/middleware_type.h"
#include "shm/health.h"

#include <nlohmann/json_fwd.hpp>

namespace pm::agent {

struct ObjectContext {
  const config::Config& config;
  config::MiddlewareTypes types;
  const shm::Health* health;  // null: every server counts as up
};

nlohmann::ordered_json object_json(const Row& row, const ObjectContext& context);
nlohmann::ordered_json entry_point_json(const config::EntryPoint& entry_point);

}  // namespace pm::agent
