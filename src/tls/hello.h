// SPDX-License-Identifier: MIT
// hello.h -- the first flight of a TLS client, read before anything is decided: whom it asks for and what it speaks.
//
//   in      the first bytes of a connection, as many as there are
//   out     not_tls as soon as that is certain; incomplete until the whole ClientHello is there, across records; found with
//           views of its server name and its ALPN list. The bytes are still the stream's: TLS reads them again
//   own     views into `bytes`, or into `assembled` when the hello came in several records
//   errors  malformed: no ClientHello, or one over 64 KiB
//   cost    one walk over the extensions
//   source  RFC 8446 sections 4.1.2 and 5.1, RFC 6066 section 3, RFC 7301 section 3.1; security.md section 6
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pm::tls {

struct Hello {
  enum class Status : std::uint8_t { incomplete, not_tls, malformed, found };
  Status status = Status::incomplete;
  std::string_view server_name;  // as sent; "" without one
  std::string_view
      protocols;  // the body of the ALPN list: a length of one byte before each name; "" without one
};

constexpr std::size_t max_hello = 65536;

Hello parse_hello(std::string_view bytes, std::string& assembled);

// Calls visit(name) for each protocol of an ALPN list's body.
template <class F>
void for_each_protocol(std::string_view list, F&& visit) {
  while (!list.empty()) {
    const std::size_t size = static_cast<unsigned char>(list[0]);
    visit(list.substr(1, size));
    list.remove_prefix(1 + (size < list.size() ? size : list.size() - 1));
  }
}

}  // namespace pm::tls
