// SPDX-License-Identifier: MIT
// reply.h -- what is asked of the agent, and what it says.
//
//   in      a request as the worker has passed it on
//   out     a status, a body and its type
//   own     a Question borrows from the exchange; an Reply owns its texts
//   source  observability.md section 4.2
#pragma once

#include "http/request.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pm::agent {

struct Question {
  std::string_view service;  // "api@internal"
  std::string_view path;     // encoded, begins with "/"
  std::string_view query;
  const http::Request* request = nullptr;  // its fields, for whoever chooses an encoding
};

struct Reply {
  std::uint16_t status = 200;
  std::string type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields{};

  static Reply not_found() { return {404, "text/plain; charset=utf-8", "404 page not found\n"}; }
  static Reply redirect(std::uint16_t status, std::string location) {
    return {status, "text/plain; charset=utf-8", "", {{"Location", std::move(location)}}};
  }
};

using Responder = std::function<Reply(const Question&)>;

}  // namespace pm::agent
