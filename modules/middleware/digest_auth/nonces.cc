// SPDX-License-Identifier: MIT
#include "modules/middleware/digest_auth/nonces.h"

#include "core/base64.h"
#include "core/random.h"
#include "core/text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <vector>

namespace pm::digest_auth {
namespace {

constexpr std::size_t most_kept = 1100;
constexpr std::size_t forgotten_at_once = 200;
constexpr std::size_t head_size = 6;

std::uint32_t second_of(std::string_view head) noexcept {
  std::uint32_t second = 0;
  for (std::size_t i = 2; i < head_size; ++i)
    second = second << 8U | static_cast<unsigned char>(head[i]);
  return second;
}

}  // namespace

std::string md5_hex(std::string_view text) {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), sum, &size, EVP_md5(), nullptr);
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += "0123456789abcdef"[sum[i] >> 4U];
    out += "0123456789abcdef"[sum[i] & 15U];
  }
  return out;
}

std::string Nonces::sum_of(std::string_view head) const {
  unsigned char sum[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()),
       reinterpret_cast<const unsigned char*>(head.data()), head.size(), sum, &size);
  return {reinterpret_cast<const char*>(sum), 6};
}

std::string Nonces::fresh(std::uint32_t now_s) const {
  char head[head_size];
  fill_secret(head, 2);
  for (std::size_t i = 0; i < 4; ++i)
    head[2 + i] = static_cast<char>(now_s >> (24 - 8 * i) & 255U);
  const std::string_view view(head, head_size);
  return base64_encode(std::string(view) + sum_of(view));
}

Nonces::Use Nonces::use(std::string_view nonce, std::uint64_t count) {
  auto found = used_.find(nonce);
  if (found == used_.end()) {
    char bytes[15];
    if (nonce.size() != 16 || base64_decode(nonce, bytes) != std::size_t{12}) return Use::unknown;
    const std::string_view head(bytes, head_size);
    if (!text::equals_constant_time(std::string_view(bytes + head_size, 6), sum_of(head)) ||
        second_of(head) <= oldest_s_)
      return Use::unknown;
    if (used_.size() >= most_kept) forget_some();
    found = used_.emplace(nonce, Entry{}).first;
  } else if (count == found->second.count) {
    return Use::repeated;
  } else if (count < found->second.count) {
    return Use::stale;
  }
  found->second = {count, ++uses_};
  return Use::good;
}

void Nonces::forget_some() {
  std::vector<std::uint64_t> order;
  for (const auto& [nonce, entry] : used_)
    order.push_back(entry.used);
  std::nth_element(order.begin(), order.begin() + forgotten_at_once, order.end());
  const std::uint64_t limit = order[forgotten_at_once];
  std::erase_if(used_, [this, limit](const auto& entry) {
    if (entry.second.used >= limit) return false;
    char bytes[15];
    base64_decode(entry.first, bytes);
    oldest_s_ = std::max(oldest_s_, second_of({bytes, head_size}));
    return true;
  });
}

}  // namespace pm::digest_auth
