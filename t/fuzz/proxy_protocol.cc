// SPDX-License-Identifier: MIT
// A PROXY header from a stream: what is said of a beginning holds for the whole, and no byte behind the header counts.
#include "net/proxy_protocol.h"

#include <cstdlib>
#include <memory>

using pm::net::ProxyHeader;

namespace {

bool same(const ProxyHeader& a, const ProxyHeader& b) {
  return a.status == b.status && a.length == b.length && a.has_addresses == b.has_addresses &&
         a.source == b.source && a.destination == b.destination;
}

// From memory of exactly that size, so that a read past the end is seen.
ProxyHeader read(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i)
    copy[i] = static_cast<char>(data[i]);
  return pm::net::parse_proxy_header({copy.get(), size});
}

void demand(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ProxyHeader whole = read(data, size);
  const bool found = whole.status == ProxyHeader::Status::found;
  const bool waits = whole.status == ProxyHeader::Status::incomplete;
  demand(!found || (whole.length <= size && whole.length <= pm::net::longest_proxy_header));
  demand(!waits || size < pm::net::longest_proxy_header);
  demand(found || whole.length == 0);

  bool decided = false;
  for (std::size_t part = 0; part <= size && part <= 130; ++part) {
    const ProxyHeader now = read(data, part);
    const bool is_decided = now.status != ProxyHeader::Status::incomplete;
    demand(!decided || is_decided);
    demand(!is_decided || same(now, whole));
    decided = is_decided;
  }
  if (found) demand(same(read(data, whole.length), whole));
  return 0;
}
