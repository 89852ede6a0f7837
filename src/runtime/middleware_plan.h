// SPDX-License-Identifier: MIT
// middleware_plan.h -- the middlewares of a configuration, made: each by its module, chains taken apart.
//
//   in      a Config whose documents were decoded with middleware_types(); the modules of this build
//   out     for each middleware by its qualified name: its links in order, and its standing; a finding for what breaks one. One
//           that has state is made once more for each router and service that names it (middlewares-1.md section 1, rule 6)
//   own     the plans own the middlewares that they made; chains borrow from them
//   errors  findings of severity "broken": the middleware and the routers that use it are disabled (decision 9)
//   source  middlewares-1.md section 1; middlewares-2.md section 7
#pragma once

#include "config/dynamic_model.h"
#include "config/findings.h"
#include "routing/build.h"
#include "runtime/modules.h"
#include "tls/client_context.h"
#include "upstream/server_url.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pm::runtime {

// The types of the modules, and `chain`.
std::vector<config::MiddlewareType> middleware_types(const Modules& modules);

// Somebody whom a middleware asks: a service of the configuration, or a server of its own.
struct AskedService {
  http::ServiceSlot slot;  // filled when services are made
  std::string service;     // qualified; "": a server
  std::string of;          // the middleware
  upstream::ServerUrl url;
  tls::ClientOptions tls;
  std::uint64_t request_timeout_ms = 0;
  std::unique_ptr<http::Service> own;  // that server, once it is made
};

struct MiddlewarePlan {
  const config::Middleware* source = nullptr;
  routing::Standing standing = routing::Standing::usable;
  std::shared_ptr<const http::Middleware> made;      // null: a chain, or broken
  std::vector<std::shared_ptr<AskedService>> asked;  // by what was made
  config::MarkedTexts members;                       // of a chain, as written
  std::vector<const MiddlewarePlan*>
      links;  // itself, or what is left of a chain when it is taken apart
  // Of one that has state: another like it, for one of its users. Empty: all share `made`. Works as long as the Config is there.
  std::function<std::shared_ptr<const http::Middleware>(std::uint64_t identity)> make_another;
  std::uint64_t definition =
      0;  // of what is written about it, places left out; where make_another is
};

struct MiddlewarePlans {
  std::map<std::string, MiddlewarePlan, std::less<>> by_name;
  std::vector<std::shared_ptr<AskedService>> asked;                              // of all
  std::map<std::uint64_t, std::shared_ptr<const http::Middleware>> of_one_user;  // by identity
};

MiddlewarePlans plan_middlewares(const config::Config& config, const Modules& modules,
                                 config::Findings& findings);

routing::Standing standing_of(const MiddlewarePlans& plans, std::string_view name);

// The links of several names, one behind the other; all of them are usable.
std::vector<const MiddlewarePlan*> links_of(const MiddlewarePlans& plans,
                                            const std::vector<std::string>& names);
// The same as they stand before one router or service ("router web@file"): who has state is that user's own, and the same
// one each time that this is asked.
std::vector<std::shared_ptr<const http::Middleware>> links_before(
    MiddlewarePlans& plans, std::string_view user, const std::vector<std::string>& names);

}  // namespace pm::runtime
