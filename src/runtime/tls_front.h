// SPDX-License-Identifier: MIT
// tls_front.h -- what TLS is to the entry points of a worker: contexts by their options, and which of them a name gets.
//
//   in      the judged options, the hosts that routing has bound to them, the certificates
//   out     choose(): the context for what a client asks for, or none: its connection is closed
//   own     contexts and certificates, with their texts, which are overwritten at its end. Shared: a handshake that is under
//           way keeps the one that it began with
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
  // Takes the texts of certificates and keys out of `dynamic`.
  TlsFront(config::Dynamic& dynamic, const TlsPlans& plans, const shm::TicketKeys* keys);
  ~TlsFront();
  TlsFront(const TlsFront&) = delete;
  TlsFront& operator=(const TlsFront&) = delete;

  void inherit(const TlsFront& old) noexcept { certificates_.inherit(old.certificates_); }
  tls::ServerContext* choose(const routing::TlsHosts& hosts, std::string_view server_name) noexcept;

 private:
  config::Config texts_;  // what certificates_ is made from, and nothing else
  Certificates certificates_;
  std::map<std::string, std::unique_ptr<tls::ServerContext>, std::less<>> contexts_;
};

}  // namespace pm::runtime
