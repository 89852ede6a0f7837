// SPDX-License-Identifier: MIT
// version.h -- which OpenSSL this process runs with.
//
//   out     "3.0.15"; of the library that is loaded, not of the headers
//   source  OpenSSL_version(3)
#pragma once

#include <string_view>

namespace pm::tls {

std::string_view openssl_version() noexcept;

}  // namespace pm::tls
