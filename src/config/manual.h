// SPDX-License-Identifier: MIT
// manual.h -- the option lists of pointsman.yaml(5), printed from the declarations.
//
//   out     mdoc(7): one ".It" an option with its path, kind, help, default and what it may hold, in the order of the
//           tables; no list macros around it
#pragma once

#include "config/middleware_type.h"

#include <cstdint>
#include <string>

namespace pm::config {

enum class ManualPart : std::uint8_t {
  process,             // workers, user, pid, operations ...
  entry_points,        // entryPoints
  providers,           // providers
  observability,       // log, accessLog, ping, metrics, tracing, api
  other_static,        // serversTransport, core, global and the other keys of the static part
  routers,             // http.routers
  services,            // http.services
  middlewares,         // http.middlewares
  servers_transports,  // http.serversTransports
  tls,                 // tls
  other_dynamic,       // tcp, udp
};

// `types`: what http.middlewares.NAME may hold, each with its options.
std::string manual_options(ManualPart part, MiddlewareTypes types = {});

}  // namespace pm::config
