// SPDX-License-Identifier: MIT
// request_labels.h -- code, method and protocol of a request, as they label what is counted of it.
//
//   in      an exchange that has ended; what its answer's status is counted as
//   out     labels; of gRPC the code is the call's status and not HTTP's
//   cost    a look at Accept, once; the other fields are rarely there
//   source  observability.md section 1.3
#pragma once

#include "http/exchange.h"
#include "observe/meters.h"

#include <string>

namespace pm::observe {

// Method and protocol, kept with the exchange: whoever counts it next need not look again.
std::uint16_t kind_of(http::Exchange& exchange) noexcept;
std::uint16_t grpc_status(const http::Exchange& exchange) noexcept;

inline RequestLabels labels_of(http::Exchange& exchange, std::uint16_t status) noexcept {
  const std::uint16_t kept = exchange.trace().request_kind;
  const std::uint16_t kind = kept != 0 ? kept : kind_of(exchange);
  RequestLabels labels{status, static_cast<Method>(kind >> 8 & 0x7f),
                       static_cast<Protocol>(kind & 0xff)};
  if (labels.protocol >= Protocol::grpc) labels.code = grpc_status(exchange);
  return labels;
}

// `a="1",b=""`, rising; what stands in the text between the other labels.
std::string header_labels_of(const http::Request& request, const std::vector<HeaderLabel>& labels);
void append_label(std::string& to, std::string_view name, std::string_view value);

}  // namespace pm::observe
