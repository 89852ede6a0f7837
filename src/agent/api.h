// SPDX-License-Identifier: MIT
// api.h -- api@internal and dashboard@internal: what runs here, as JSON.
//
//   in      a configuration, again at each reload; paths of observability.md section 4.2 below api.basePath
//   out     Traefik's objects with Traefik's keys; lists with search, order and pages
//   own     the configuration (without keys) and its catalog; borrows the checks, for the state of servers
//   errors  {"message": "..."} with 400, 403 or 404
//   cost    made anew for each question, in the agent: no worker notices
//   source  observability.md sections 4.1 and 4.2; static-config.md section 7.4
#pragma once

#include "agent/catalog.h"
#include "agent/reply.h"
#include "config/middleware_type.h"
#include "shm/health.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pm::agent {

class Api {
 public:
  struct Options {
    std::string version;
    std::int64_t started = 0;  // Unix seconds
    config::MiddlewareTypes types;
    const shm::Health* health = nullptr;
  };
  explicit Api(const Options& options);
  ~Api();

  void take(config::Config config);
  Reply answer(const Question& question) const;            // api@internal
  Reply answer_dashboard(const Question& question) const;  // dashboard@internal

 private:
  struct Held;
  bool admits(const http::Request& request) const;
  Reply answer_object(std::string_view path, std::string_view query) const;
  Reply answer_http(std::string_view path, std::string_view query) const;
  Reply answer_entry_points(std::string_view path) const;
  Reply front_door(const Question& question) const;
  nlohmann::ordered_json version() const;
  nlohmann::ordered_json overview() const;
  nlohmann::ordered_json raw_data() const;
  nlohmann::ordered_json row_json(const Row& row) const;

  Options options_;
  std::unique_ptr<Held> held_;
};

}  // namespace pm::agent
