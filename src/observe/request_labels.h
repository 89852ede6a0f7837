// SPDX-License-Identifier: MIT
// request_labels.h -- code, method and protocol of a request, as they label what is counted of it.
//
//   in      an exchange that has ended; what its answer's status is counted as
//   out     labels; of gRPC the code is the call's status and not HTTP's
//   cost    a look at Accept; the other fields are rarely there
//   source  observability.md section 1.3
#pragma once

#include "http/exchange.h"
#include "observe/meters.h"

#include <string>

namespace pm::observe {

RequestLabels labels_of(const http::Exchange& exchange, std::uint16_t status) noexcept;
// `a="1",b=""`, rising; what stands in the text between the other labels.
std::string header_labels_of(const http::Request& request, const std::vector<HeaderLabel>& labels);
void append_label(std::string& to, std::string_view name, std::string_view value);

}  // namespace pm::observe
