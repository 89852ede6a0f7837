// SPDX-License-Identifier: MIT
// The peek at a ClientHello: any bytes, first whole, then as they come. What was decided for a beginning stays decided, and
// views lie within what was read.
#include "tls/hello.h"

#include <cstdlib>

namespace {

using pm::tls::Hello;

bool lies_within(std::string_view view, std::string_view in) {
  return view.empty() ||
         (view.data() >= in.data() && view.data() + view.size() <= in.data() + in.size());
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string assembled;
  const Hello whole = pm::tls::parse_hello(bytes, assembled);
  require(lies_within(whole.server_name, bytes) || lies_within(whole.server_name, assembled));
  require(whole.server_name.find('\0') == std::string_view::npos);
  const std::string name(whole.server_name);
  std::size_t protocols = 0;
  pm::tls::for_each_protocol(whole.protocols, [&](std::string_view protocol) {
    require(!protocol.empty());
    protocols += protocol.size() + 1;
  });
  require(protocols == whole.protocols.size());

  for (std::size_t cut = 0; cut < size && cut < 300; ++cut) {
    const Hello part = pm::tls::parse_hello(bytes.substr(0, cut), assembled);
    if (part.status == Hello::Status::incomplete) continue;
    require(part.status == whole.status && part.server_name == name);
    break;
  }
  return 0;
}
