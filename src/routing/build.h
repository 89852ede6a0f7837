// SPDX-License-Identifier: MIT
// build.h -- from a configuration to routing tables: every name resolved, every rule compiled, every fault found.
//
//   in      a Config, the matchers of this build, and what may be said of services and middlewares by their qualified names
//   out     a Routing: plain data from which Routes are made without another look at a name; and the findings. A router
//           that cannot be built is left out, and so is what hangs on it alone; the rest stands
//   own     a Routing owns its rules and tables and keeps nothing of the Config
//   errors  findings of severity "broken" at the place of the value (decision 9); warnings where the rest still serves
//   cost    done once for each configuration; linear in the routers but for sorting
//   source  http-routing.md sections 1, 4, 5 and 8; static-config.md sections 4, 6 and 8; decisions 6, 9 and 13
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "http/url.h"
#include "routing/table.h"
#include "routing/tls.h"
#include "rules/matcher.h"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pm::routing {

constexpr std::uint32_t nowhere = UINT32_MAX;
// Names that a router or a service lists, and links that a chain comes to: chains within chains multiply.
constexpr std::size_t max_middlewares = 100;
constexpr std::size_t max_chain_links = 255;

enum class Kind : std::uint8_t { plain, tls };

// What the worker answers by itself; agent: what it asks the agent for (api, dashboard, prometheus).
enum class Internal : std::uint8_t { none, noop, ping, whoami, agent };
// By qualified name; nothing when it is no internal service, or one that this configuration does not enable.
std::optional<Internal> internal_service(std::string_view qualified_name,
                                         const config::Static& fixed) noexcept;

// "name@provider"; `reference` without "@" is one of the provider that names it.
std::string qualified(std::string_view reference, std::string_view provider);

struct Redirect {
  std::string scheme;
  std::string port;  // for the Location; "" when it is the scheme's own
  bool permanent = true;
};

struct Observed {
  bool access_logs = true;
  bool metrics = true;
  bool tracing = true;
  std::string trace_verbosity = "minimal";
};

// A root router on one of its entry points (a router on two of them is here twice), or a child router.
struct Router {
  std::string name;                    // "web@file"
  std::string service;                 // "app@file"; "" with children
  Internal internal = Internal::none;  // when `service` is one of ours
  std::optional<Redirect> redirect;    // the answer of a redirection's router
  std::vector<std::string>
      middlewares;  // qualified, in order; of a root, those of the entry point first
  std::uint32_t entry_point = nowhere;  // index into Static::entry_points; none for a child
  std::uint32_t children = nowhere;     // index into Routing::tables
  http::EncodedSet forbidden =
      0;              // encoded characters to answer 400 for, once the root has matched
  Observed observed;  // of the entry point and the router; a child's is its root's: see observed()
  bool grpc_errors = false;   // of a root
  std::string tls_options;    // qualified; of a root that takes HTTPS
  std::string rule;           // as written
  std::int64_t priority = 0;  // the effective one
};

struct Routing {
  std::vector<Router> routers;  // what tables answer with are indexes into this
  std::vector<Table> tables;
  std::vector<TlsHosts> tls;                        // by entry point
  std::vector<std::array<std::uint32_t, 2>> roots;  // by entry point, by kind: index into tables
  std::vector<std::unique_ptr<const rules::Rule>> rules;
  bool add_internals = false;    // accessLog.addInternals
  bool count_internals = false;  // metrics.addInternals

  const Table& root_table(std::uint32_t entry_point, Kind kind) const noexcept {
    return tables[roots[entry_point][static_cast<std::size_t>(kind)]];
  }
  // What is to be observed of a request that `root` took and that ended at `leaf`, which may be the same.
  Observed observed(std::uint32_t root, std::uint32_t leaf) const;
};

// What may be said of a named service or middleware. broken: it exists, and a finding of its own says what is wrong.
enum class Standing : std::uint8_t { usable, unknown, broken };
using Judge = std::function<Standing(std::string_view qualified_name)>;

struct BuildInput {
  const config::Config& config;
  std::span<const rules::MatcherModule* const> matchers;
  Judge service;  // asked for every service but the internal ones
  Judge middleware;
  Judge tls_options;  // asked for every name but "default", unless that is declared
};

Routing build(const BuildInput& input, config::Findings& findings);

}  // namespace pm::routing
