// SPDX-License-Identifier: MIT
#include "tls/preload.h"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

namespace pm::tls {

void preload() noexcept {
  OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr);
  unsigned char byte = 0;
  RAND_bytes(&byte, 1);
  ERR_clear_error();
}

}  // namespace pm::tls
