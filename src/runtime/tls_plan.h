// SPDX-License-Identifier: MIT
// tls_plan.h -- what a configuration says of TLS, judged: options that can be had, transports that can be dialled.
//
//   in      a Config whose contents have been read
//   out     the options of a server end by qualified name, those of a client end by transport; a finding for everything
//           that breaks one
//   own     values
//   errors  findings of severity "broken" (decision 9), warnings for what weakens a connection
//   source  tls-acme.md section 4, http-services.md section 6, security.md section 6
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "routing/build.h"
#include "tls/client_context.h"
#include "tls/server_context.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace pm::runtime {

// A broken set is there without its options. "default" is always there.
using TlsPlans = std::map<std::string, std::optional<tls::ServerOptions>, std::less<>>;
TlsPlans plan_tls(const config::Config& config, config::Findings& findings);
routing::Standing standing_of(const TlsPlans& plans, std::string_view name) noexcept;

// By the transport; nothing: it is broken, and a finding says why.
using TransportPlans = std::map<const config::ServersTransport*, std::optional<tls::ClientOptions>>;
TransportPlans plan_transports(const config::Config& config, config::Findings& findings);

// In the loader: decodes every pair, notes what workers must know of it, takes out what cannot be served, and makes a
// default certificate where HTTPS may need one. `now`: Unix seconds, for what has expired.
void inspect_certificates(config::Config& config, config::Findings& findings, std::int64_t now);

}  // namespace pm::runtime
