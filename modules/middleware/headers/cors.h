// SPDX-License-Identifier: MIT
// cors.h -- who may read an answer from a page of another origin.
//
//   in      Origin and the Access-Control-Request-* fields of a request
//   out     the Access-Control-* fields of an answer; a preflight has no other answer than these
//   source  middlewares-2.md section 6.1; the Fetch standard
#pragma once

#include "core/regex.h"
#include "http/middleware.h"
#include "modules/middleware/headers/options.h"

#include <string>
#include <vector>

namespace pm::headers {

class Cors {
 public:
  Cors(const HeadersOptions& options, std::vector<Regex> expressions);
  bool is_on() const noexcept { return is_on_; }
  // True: it was one, and its answer is prepared.
  bool answer_preflight(http::Link link) const;
  // Whether apply() changes an answer at all: most requests come from no page of another origin.
  bool concerns(const http::Request& request) const noexcept {
    return answers_all_ || request.headers.may_have(http::FieldId::origin);
  }
  void apply(http::Link link) const;

 private:
  std::string_view allowed_origin(std::string_view origin) const noexcept;  // "": none
  void add_expose(http::Headers& headers) const;

  bool is_on_;
  bool credentials_;
  bool vary_;
  bool any_origin_ = false;
  bool any_header_ = false;
  bool any_method_ = false;
  bool any_exposed_ = false;
  bool answers_all_;  // with or without Origin
  std::vector<std::string> origins_;
  std::vector<Regex> expressions_;
  std::string headers_;
  std::string methods_;
  std::string exposed_;
  std::string max_age_;
};

}  // namespace pm::headers
