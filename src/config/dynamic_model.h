// SPDX-License-Identifier: MIT
// dynamic_model.h -- the dynamic configuration, typed: routers, services, middlewares, transports.
//
//   shape   plain values with Traefik's defaults; every object knows its name, its provider and its place. What can fail
//           only when it is built (rules, references, URLs) keeps the place of the value itself
//   own     values; copied into the Bundle by config/codec
//   source  http-routing.md section 1, http-services.md sections 1 to 6
#pragma once

#include "config/mark.h"
#include "config/node.h"
#include "config/option.h"
#include "config/static_model.h"
#include "config/tls_model.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pm::config {

struct RouterObservability {
  std::optional<bool> access_logs;
  std::optional<bool> metrics;
  std::optional<bool> tracing;
  std::string trace_verbosity = "minimal";
};

struct Router {
  std::string name;      // without provider
  std::string provider;  // "file", "internal"
  Mark mark;
  MarkedList entry_points;
  At<std::string> rule;
  std::string rule_syntax;  // "" means core.defaultRuleSyntax
  At<std::int64_t> priority;
  MarkedList middlewares;
  At<std::string> service;
  MarkedList parent_refs;
  std::optional<RouterTls> tls;  // set: HTTPS only
  std::optional<RouterObservability> observability;
  bool grpc_errors = false;
};

struct Server {
  At<std::string> url;
  At<std::int64_t> weight{1, {}};
  bool preserve_path = false;
};

// What it means is in upstream/probe.h.
struct HealthCheck {
  At<std::string> path;
  At<std::string> mode{"http", {}};
  At<std::string> method{"GET", {}};
  std::int64_t status = 0;  // 0: any of 200 to 399
  At<std::string> scheme;   // "": the server's
  std::int64_t port = 0;    // 0: the server's
  At<std::string> hostname;
  TextMap headers;
  bool follow_redirects = true;
  At<Duration> interval{std::chrono::seconds(30), {}};
  std::optional<At<Duration>> unhealthy_interval;  // none: interval
  At<Duration> timeout{std::chrono::seconds(5), {}};
};

struct LoadBalancer {
  std::vector<Server> servers;
  std::optional<HealthCheck> health_check;
  At<std::string> strategy{"wrr", {}};
  bool pass_host_header = true;
  Duration flush_interval = std::chrono::milliseconds(100);
  At<std::string> servers_transport;
  // Sections that are known and not there yet: the service is broken (decision 13).
  std::vector<At<std::string>> unsupported;
};

struct WeightedChild {
  At<std::string> name;
  At<std::int64_t> weight{1, {}};
};

struct ChildHealth {};  // it is there or it is not

struct Weighted {
  std::vector<WeightedChild> services;
  std::optional<ChildHealth> health_check;  // children without a healthy server are left out
  std::vector<At<std::string>> unsupported;
};

struct Service {
  std::string name;
  std::string provider;
  Mark mark;
  std::optional<LoadBalancer> load_balancer;
  std::optional<Weighted> weighted;
  // Known types that are not there yet, or a second one: the service is broken.
  std::vector<At<std::string>> other_types;
  MarkedList middlewares;
};

struct Middleware {
  std::string name;
  std::string provider;
  Mark mark;
  Node body;  // opaque: the module that answers to its one key decodes it
  TextMap
      contents;  // carried: what the loader has read of the files that its options name, by "usersFile", "tls.ca"
};

// Everything of one kind from all documents, in order of name. Two documents never hold the same (name, provider).
struct Dynamic {
  std::vector<Router> routers;
  std::vector<Service> services;
  std::vector<Middleware> middlewares;
  std::vector<ServersTransport> servers_transports;
  std::vector<CertificatePair> certificates;  // in the order of the documents
  std::vector<TlsOptions> tls_options;
  std::vector<TlsStore> tls_stores;
  // Carried: the default certificate that the loader has made where none is given. PEM.
  std::string generated_certificate;
  std::string generated_key;
  TextMap
      verdicts;  // carried to the agent: what was found of an object, by "router web@file"; lines, "w" or "e" first
  std::string
      shared_secret;  // carried: random bytes, of the loader, for what workers must agree on
};

struct Config {
  Static fixed;
  Dynamic dynamic;
  SourceNames sources;  // what the marks refer to
};

}  // namespace pm::config
