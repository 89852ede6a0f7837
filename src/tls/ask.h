// SPDX-License-Identifier: MIT
// ask.h -- one question over TLS on a blocking socket, for a command that asks its own daemon.
//
//   in      a connected socket with its time-outs set
//   out     the first bytes of the answer, up to a line's end
//   errors  no handshake, no answer: a sentence. The certificate is not verified: whoever asks reaches the daemon by an
//           address of this box, which no certificate needs to have
//   source  operations.md section 1, healthcheck
#pragma once

#include "core/result.h"

#include <string>
#include <string_view>

namespace pm::tls {

Result<std::string> ask(int fd, std::string_view request);

}  // namespace pm::tls
