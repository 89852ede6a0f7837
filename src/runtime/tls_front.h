// SPDX-License-Identifier: MIT
// tls_front.h -- what TLS is to the entry points of a worker: contexts by their options, and which of them a name gets.
//
//   in      the judged options, the hosts that routing has bound to them, the certificates
//   out     choose(): the context for what a client asks for, or none: its connection is closed
//   own     the contexts of a Runtime; borrows routing and certificates, which live as long
//   cost    two or three look-ups a connection
//   source  tls-acme.md section 4, tcp-udp.md section 2
#pragma once

#include "routing/tls.h"
#include "runtime/certificates.h"
#include "runtime/tls_plan.h"
#include "tls/server_context.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace pm::runtime {

class TlsFront {
 public:
  TlsFront(const config::Dynamic& dynamic, const TlsPlans& plans, const shm::TicketKeys* keys);

  tls::ServerContext* choose(const routing::TlsHosts& hosts, std::string_view server_name) noexcept;

 private:
  Certificates certificates_;
  std::map<std::string, std::unique_ptr<tls::ServerContext>, std::less<>> contexts_;
};

}  // namespace pm::runtime
