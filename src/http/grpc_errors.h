// SPDX-License-Identifier: MIT
// grpc_errors.h -- what goes wrong before a server answers, said so that a gRPC client understands it.
//
//   in      an exchange that nothing was answered to yet; errors (400 and above) of the proxy and of middlewares
//   out     HTTP 200 without a body, Content-Type as the client calls it, grpc-status and grpc-message. The other fields
//           stay. Answers of servers, and what is no error, pass as they are
//   own     lives in the exchange's arena, outside of all chains: these see the status that the proxy means
//   cost    an object and a virtual call for each part of an answer, for requests that are gRPC and asked for it; else none
//   source  http-services.md, "gRPC-specific error responses"; gRPC's PROTOCOL-HTTP2.md, "Trailers-Only"
//
// A message that the codec itself refuses (malformed framing, a body that comes too slowly) is not HTTP any more, and is not
// answered here.
#pragma once

#include "http/exchange.h"

namespace pm::http {

bool is_grpc(const Request& request) noexcept;  // gRPC-Web too
void answer_as_grpc(Exchange& exchange) noexcept;
std::uint16_t grpc_status_of(std::uint16_t http_status) noexcept;

}  // namespace pm::http
