// SPDX-License-Identifier: MIT
// response_fields.h -- the field section of an answer, one field after the other, judged and brought into the form of
// http::Response.
//
//   in      names and values as the library has decompressed them, which live for the call
//   out     finish(): status and headers are complete. Everything is copied into the response's arena
//   errors  finish() is false: malformed, or more than is allowed; the server has given a bad answer
//   source  RFC 9113 sections 8.2 and 8.3.2; security.md section 3
#pragma once

#include "h2/request_fields.h"
#include "http/response.h"

namespace pm::h2 {

class ResponseFields {
 public:
  void add(http::Response& response, const FieldLimits& limits, std::string_view name,
           std::string_view value);
  void refuse() noexcept { is_bad_ = true; }
  bool finish(http::Response& response) noexcept;
  bool is_flood(const FieldLimits& limits) const noexcept { return bytes_ > 4 * limits.max_bytes; }

 private:
  std::string_view length_;
  std::size_t bytes_ = 0;
  std::uint32_t fields_ = 0;
  std::uint16_t lengths_ = 0;
  bool has_status_ = false;
  bool is_bad_ = false;
};

}  // namespace pm::h2
