// SPDX-License-Identifier: MIT
// request_fields.h -- the field section of a request, one field after the other, judged and brought into the form of http::Request.
//
//   in      names and values as the library has decompressed them, which live for the call
//   out     finish(): the request is complete and unambiguous, or what is wrong with it. Everything is copied into its arena
//   errors  malformed: a stream error; too_large, too_many, long_path: an answer (431, 414); flood: the connection ends
//   cost    one copy a field; a set bit for each name that framing and routing depend on
//   source  RFC 9113 sections 8.2 and 8.3, RFC 8441; security.md sections 2 and 4
#pragma once

#include "http/request.h"

#include <cstdint>
#include <string_view>

namespace pm::h2 {

struct FieldLimits {
  std::size_t max_bytes = 1048576;  // of all fields; each costs its name, its value and 64
  std::size_t max_line = 65536;     // of the path
  std::uint32_t max_fields = 1000;  // crumbs of cookies count
};

enum class FieldFault : std::uint8_t {
  none,
  malformed,
  too_large,
  too_many,
  long_path,
  expectation,  // 417
  flood,        // four times what is allowed, and it goes on
};

class RequestFields {
 public:
  void add(http::Request& request, const FieldLimits& limits, std::string_view name,
           std::string_view value);
  void refuse() noexcept { note(FieldFault::malformed); }
  // `ends`: no body follows.
  FieldFault finish(http::Request& request, bool ends);
  FieldFault fault() const noexcept { return fault_; }

 private:
  enum class Pseudo : std::uint8_t {
    method = 1,
    scheme = 2,
    path = 4,
    authority = 8,
    protocol = 16
  };
  bool has(Pseudo field) const noexcept { return (seen_ & static_cast<unsigned>(field)) != 0; }
  void note(FieldFault fault) noexcept {
    if (fault_ == FieldFault::none || fault == FieldFault::flood) fault_ = fault;
  }
  void add_pseudo(http::Request& request, const FieldLimits& limits, std::string_view name,
                  std::string_view value);
  void add_field(http::Request& request, std::string_view name, std::string_view value);
  bool judge_pseudo(http::Request& request) noexcept;
  bool judge_upgrade(http::Request& request);
  bool judge_framing(http::Request& request, bool ends) noexcept;
  void join_cookies(http::Request& request);

  std::string_view host_;
  std::string_view scheme_;
  std::string_view length_;
  std::string_view expect_;
  std::size_t bytes_ = 0;
  std::uint32_t fields_ = 0;
  std::uint32_t cookies_ = 0;
  std::uint16_t hosts_ = 0;
  std::uint16_t lengths_ = 0;
  std::uint16_t expects_ = 0;
  std::uint8_t seen_ = 0;
  FieldFault fault_ = FieldFault::none;
};

// Trailers: forbidden ones are left out. False: a pseudo field, or more than is allowed.
class TrailerFields {
 public:
  bool add(http::Headers& trailers, const FieldLimits& limits, std::string_view name,
           std::string_view value);

 private:
  std::size_t bytes_ = 0;
  std::uint32_t fields_ = 0;
};

// A copy in the spelling that peers of HTTP/1 expect: "x-foo" -> "X-Foo".
std::string_view canonical_copy(http::FieldId id, std::string_view name, Arena& arena);

// A name in lower case, a value without control bytes or blanks around it (RFC 9113 section 8.2.1).
bool is_good_field(std::string_view name, std::string_view value) noexcept;
constexpr std::size_t field_cost(std::string_view name, std::string_view value) noexcept {
  return name.size() + value.size() + 64;
}

}  // namespace pm::h2
