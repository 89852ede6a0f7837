// SPDX-License-Identifier: MIT
#include "runtime/tls_front.h"

#include "config/contents.h"

namespace pm::runtime {

namespace {

config::Config texts_of(config::Dynamic& dynamic) {
  config::Config texts;
  texts.dynamic.certificates = std::move(dynamic.certificates);
  texts.dynamic.tls_stores = std::move(dynamic.tls_stores);
  texts.dynamic.generated_certificate = std::move(dynamic.generated_certificate);
  texts.dynamic.generated_key = std::move(dynamic.generated_key);
  return texts;
}

}  // namespace

TlsFront::TlsFront(config::Dynamic& dynamic, const TlsPlans& plans, const shm::TicketKeys* keys)
    : texts_(texts_of(dynamic)), certificates_(texts_.dynamic) {
  for (const auto& [name, options] : plans) {
    if (!options) continue;
    auto context = tls::ServerContext::create(*options, certificates_, keys);
    if (context) contexts_[name] = std::move(context).value();
  }
}

TlsFront::~TlsFront() {
  config::drop_keys(texts_);
}

tls::ServerContext* TlsFront::choose(const routing::TlsHosts& hosts,
                                     std::string_view server_name) noexcept {
  const std::string* name = hosts.find(server_name);
  if (name == nullptr) return nullptr;
  const auto found = contexts_.find(*name);
  return found == contexts_.end() ? nullptr : found->second.get();
}

}  // namespace pm::runtime
