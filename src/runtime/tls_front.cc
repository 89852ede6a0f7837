// SPDX-License-Identifier: MIT
#include "runtime/tls_front.h"

namespace pm::runtime {

TlsFront::TlsFront(const config::Dynamic& dynamic, const TlsPlans& plans,
                   const shm::TicketKeys* keys)
    : certificates_(dynamic) {
  for (const auto& [name, options] : plans) {
    if (!options) continue;
    auto context = tls::ServerContext::create(*options, certificates_, keys);
    if (context) contexts_[name] = std::move(context).value();
  }
}

tls::ServerContext* TlsFront::choose(const routing::TlsHosts& hosts,
                                     std::string_view server_name) noexcept {
  const std::string* name = hosts.find(server_name);
  if (name == nullptr) return nullptr;
  const auto found = contexts_.find(*name);
  return found == contexts_.end() ? nullptr : found->second.get();
}

}  // namespace pm::runtime
