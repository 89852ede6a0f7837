// SPDX-License-Identifier: MIT
// route.h -- what an exchange holds of the configuration: who answers, and the names for the log.
//
//   own     a Route is made with its Runtime and owns its names; an exchange borrows it
//   source  architecture.md section 2
#pragma once

#include "http/chain.h"
#include "http/service.h"
#include "routing/build.h"

#include <optional>
#include <string>

namespace pm::runtime {

struct Route {
  std::string name;                  // "web@file"
  std::string service_name;          // "app@file"
  http::Service* service = nullptr;  // null: one of the next three answers
  routing::Internal internal = routing::Internal::none;
  std::optional<routing::Redirect> redirect;
  std::optional<http::Chain>
      chain;  // what happens before: of a root, the entry point's middlewares first
  const routing::Table* children = nullptr;
  http::EncodedSet forbidden = 0;
  bool access_log = true;  // of this router as a root
  bool is_internal_service = false;
};

}  // namespace pm::runtime
