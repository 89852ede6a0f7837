// SPDX-License-Identifier: MIT
// route.h -- what an exchange holds of the configuration: who answers, and the names for the log.
//
//   own     a Route owns its names and its share of what it leads to. It lives as long as its Runtime or an exchange
//           holds it; the holders are counted on the worker's loop
//   source  architecture.md section 2
#pragma once

#include "http/chain.h"
#include "http/service.h"
#include "net/reactor.h"
#include "observe/request_meter.h"
#include "routing/build.h"
#include "runtime/kept.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pm::runtime {

struct Route final : net::Mortal {
  std::string name;                  // "web@file"
  std::string service_name;          // "app@file"
  http::Service* service = nullptr;  // null: one of the next three answers
  routing::Internal internal = routing::Internal::none;
  std::optional<routing::Redirect> redirect;
  std::optional<http::Chain>
      chain;  // what happens before: of a root, the entry point's middlewares first
  const routing::Table* children = nullptr;  // of its Runtime, which such an exchange holds whole
  http::EncodedSet forbidden = 0;
  bool access_log = true;  // of this router as a root
  bool metrics = true;
  bool is_internal_service = false;
  bool grpc_errors = false;

  std::vector<KeptPtr> needs;
  mutable std::optional<observe::RequestMeter> meter;  // none: routers are not counted
  mutable std::uint32_t holders = 1;                   // its Runtime, exchanges
};

}  // namespace pm::runtime
