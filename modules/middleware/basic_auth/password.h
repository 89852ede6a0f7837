// SPDX-License-Identifier: MIT
// password.h -- whether a password is the one that a hash was made of.
//
//   in      bcrypt ($2a$ $2b$ $2x$ $2y$, handled alike), MD5-crypt ($apr1$, $1$), {SHA} and base64 of SHA-1
//   out     false for every other kind of hash, whatever the password
//   cost    is_slow(): 2 ms and more; the others less than a millisecond. May run on any thread
//   source  middlewares-1.md section 4.4
#pragma once

#include <string>
#include <string_view>

namespace pm::basic_auth {

bool is_slow(std::string_view hash) noexcept;
bool matches(const std::string& password, const std::string& hash);

// SHA-256 of the texts, keyed: 32 bytes.
std::string keyed_digest(std::string_view key, std::string_view text);

}  // namespace pm::basic_auth
