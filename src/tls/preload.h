// SPDX-License-Identifier: MIT
// preload.h -- what OpenSSL reads from files, read now: a process in the sandbox cannot open them at the first handshake.
//
//   in      the system's openssl.cnf and the modules it names; a broken one counts as none
//   out     a generator of random numbers with its seed, error texts
//   cost    a few hundred microseconds, once a process
//   source  OPENSSL_init_ssl(3), RAND_bytes(3)
#pragma once

namespace pm::tls {

void preload() noexcept;

}  // namespace pm::tls
