// SPDX-License-Identifier: MIT
#include "tls/version.h"

#include <openssl/crypto.h>

namespace pm::tls {

std::string_view openssl_version() noexcept {
  return OpenSSL_version(OPENSSL_VERSION_STRING);
}

}  // namespace pm::tls
