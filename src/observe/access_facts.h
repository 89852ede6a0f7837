// SPDX-License-Identifier: MIT
// access_facts.h -- what the lines of every format say of a record, in the words of the access log.
//
//   in      a record; its request may be missing
//   out     views into the record, or constants
//   source  observability.md section 3.4
#pragma once

#include "observe/access.h"

#include <string_view>

namespace pm::observe {

// As the client asked for it, in origin form: what middlewares made of it is not the client's doing. Two parts, because
// "http://host?q" asks for "/?q".
struct AskedPath {
  std::string_view begin;
  std::string_view rest;
};
AskedPath asked_path(const AccessRecord& record, bool with_query) noexcept;

std::string_view method_of(const AccessRecord& record) noexcept;
std::string_view protocol_of(const AccessRecord& record) noexcept;  // "HTTP/1.1"
std::string_view scheme_of(const AccessRecord& record) noexcept;

// Of the Host field; a host without a port has "-".
struct HostAndPort {
  std::string_view host;
  std::string_view port;
};
HostAndPort split_authority(std::string_view authority) noexcept;
std::string_view authority_of(const AccessRecord& record) noexcept;
std::string_view server_address(
    std::string_view url) noexcept;  // "http://10.0.0.1:80/x": "10.0.0.1:80"

std::uint64_t nanoseconds(Duration duration) noexcept;  // never below 0

// Whether a server gave the answer; what it sent is unknown otherwise.
inline bool has_origin(const AccessRecord& record) noexcept {
  return record.origin_status != 0;
}

}  // namespace pm::observe
