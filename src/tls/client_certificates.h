// SPDX-License-Identifier: MIT
// client_certificates.h -- the certificates that a client has shown, as facts that need no library.
//
//   in      an established server-side session
//   out     leaf first; empty when there was none. A value of a name that holds a control byte is left out: it ends up in a header
//   cost    only where a client shows one
//   source  middlewares-1.md section 4.8
#pragma once

#include "core/certificate.h"
#include "tls/library.h"

#include <vector>

namespace pm::tls {

std::vector<ClientCertificate> client_certificates(const SSL* ssl);

}  // namespace pm::tls
