// SPDX-License-Identifier: MIT
// nonces.h -- nonces that every worker knows as its own, and how often each was used here.
//
//   shape   16 letters of base64: 2 bytes at random, 4 bytes of time (seconds), a keyed sum of 6 bytes over both
//   own     counts of the nonces that were used, at most 1,100; then the 200 least recently used are forgotten, and no nonce that
//           is as old as they are is taken any more
//   source  middlewares-1.md section 4.5
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace pm::digest_auth {

class Nonces {
 public:
  explicit Nonces(std::string_view secret) : secret_(secret) {}
  std::string fresh(std::uint32_t now_s) const;

  // How a nonce and its count stand: used for the first time with this count, the same count once more, a smaller one.
  enum class Use : std::uint8_t { good, repeated, stale, unknown };
  Use use(std::string_view nonce, std::uint64_t count);

 private:
  struct Entry {
    std::uint64_t count = 0;
    std::uint64_t used = 0;  // the order of uses
  };
  std::string sum_of(std::string_view head) const;
  void forget_some();

  std::string secret_;
  std::map<std::string, Entry, std::less<>> used_;
  std::uint64_t uses_ = 0;
  std::uint32_t oldest_s_ = 0;  // nonces up to this second are forgotten
};

// Upper limits of MD5 and HMAC in one place: lower-case hexadecimal, 32 letters.
std::string md5_hex(std::string_view text);

}  // namespace pm::digest_auth
