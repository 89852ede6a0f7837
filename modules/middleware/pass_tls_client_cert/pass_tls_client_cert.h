// SPDX-License-Identifier: MIT
// pass_tls_client_cert.h -- the passTLSClientCert middleware: tells the service which certificate the client has shown.
//
//   in      the certificates of the connection; none: the request is left as it is
//   out     X-Forwarded-Tls-Client-Cert (base64 DER, leaf first), X-Forwarded-Tls-Client-Cert-Info (fields, query-escaped)
//   cost    a few copies
//   source  middlewares-1.md section 4.8
#pragma once

#include "http/module.h"

namespace pm {

extern const http::MiddlewareModule pass_tls_client_cert_middleware;

}  // namespace pm
