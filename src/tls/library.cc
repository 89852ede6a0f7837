// SPDX-License-Identifier: MIT
#include "tls/library.h"

#include <openssl/err.h>

namespace pm::tls {

std::string take_error() {
  const unsigned long code = ERR_peek_error();
  const char* reason = ERR_reason_error_string(code);
  std::string text = reason != nullptr ? reason : "the library gives no reason";
  ERR_clear_error();
  return text;
}

}  // namespace pm::tls
