// SPDX-License-Identifier: MIT
#include "modules/middleware/basic_auth/password.h"

#include "core/base64.h"
#include "core/text.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <memory>

#include <crypt.h>

namespace pm::basic_auth {
namespace {

using DigestPtr = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), kind, nullptr);
  }
  Digest& add(std::string_view bytes) {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
    return *this;
  }
  std::string take() {
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), bytes, &size);
    return {reinterpret_cast<const char*>(bytes), size};
  }

 private:
  DigestPtr context_;
};

// Poul-Henning Kamp's MD5 crypt, with whatever magic stands in front: Apache's differs from FreeBSD's by that alone.
std::string md5_crypt(std::string_view password, std::string_view magic, std::string_view salt) {
  std::string inner = Digest(EVP_md5()).add(password).add(salt).add(password).take();
  Digest first(EVP_md5());
  first.add(password).add(magic).add(salt);
  for (std::size_t left = password.size(); left > 0; left -= std::min<std::size_t>(left, 16))
    first.add(std::string_view(inner).substr(0, std::min<std::size_t>(left, 16)));
  for (std::size_t bits = password.size(); bits > 0; bits >>= 1U)
    first.add((bits & 1U) != 0 ? std::string_view("\0", 1) : password.substr(0, 1));
  std::string sum = first.take();
  for (int round = 0; round < 1000; ++round) {
    Digest next(EVP_md5());
    next.add(round % 2 != 0 ? password : std::string_view(sum));
    if (round % 3 != 0) next.add(salt);
    if (round % 7 != 0) next.add(password);
    next.add(round % 2 != 0 ? std::string_view(sum) : password);
    sum = next.take();
  }
  constexpr std::string_view letters =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const auto byte = [&sum](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(sum[i]));
  };
  std::string out;
  const auto put = [&](unsigned bits, int count) {
    for (; count > 0; --count, bits >>= 6U)
      out += letters[bits & 63U];
  };
  for (std::size_t i = 0; i < 5; ++i)
    put(byte(i) << 16U | byte(i + 6) << 8U | byte(i == 4 ? 5 : i + 12), 4);
  put(byte(11), 2);
  return out;
}

struct Md5Parts {
  std::string_view magic;  // "$apr1$"
  std::string_view salt;
  std::string_view sum;
};

bool read_md5(std::string_view hash, Md5Parts& parts) noexcept {
  for (const std::string_view magic : {std::string_view("$apr1$"), std::string_view("$1$")}) {
    if (!hash.starts_with(magic)) continue;
    const std::size_t end = hash.find('$', magic.size());
    if (end == std::string_view::npos) return false;
    parts = {magic, hash.substr(magic.size(), std::min<std::size_t>(end - magic.size(), 8)),
             hash.substr(end + 1)};
    return true;
  }
  return false;
}

bool is_bcrypt(std::string_view hash) noexcept {
  return hash.size() == 60 && hash.starts_with("$2") && hash[3] == '$' &&
         std::string_view("abxy").find(hash[2]) != std::string_view::npos;
}

bool matches_bcrypt(const std::string& password, const std::string& hash) {
  // The function ends a password at its first zero: what stands behind it must not be left unchecked.
  if (password.find('\0') != std::string::npos) return false;
  std::string setting = hash;
  setting[2] = 'b';
  const auto work = std::make_unique<crypt_data>();
  const char* const made = crypt_rn(password.c_str(), setting.c_str(), work.get(), sizeof *work);
  return made != nullptr && text::equals_constant_time(made, setting);
}

}  // namespace

bool is_slow(std::string_view hash) noexcept {
  return is_bcrypt(hash) || hash.starts_with("$apr1$") || hash.starts_with("$1$");
}

bool matches(const std::string& password, const std::string& hash) {
  if (is_bcrypt(hash)) return matches_bcrypt(password, hash);
  constexpr std::string_view sha = "{SHA}";
  if (hash.starts_with(sha)) {
    const std::string sum = base64_encode(Digest(EVP_sha1()).add(password).take());
    return text::equals_constant_time(std::string_view(hash).substr(sha.size()), sum);
  }
  Md5Parts parts;
  return read_md5(hash, parts) &&
         text::equals_constant_time(parts.sum, md5_crypt(password, parts.magic, parts.salt));
}

std::string keyed_digest(std::string_view key, std::string_view text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes, &size);
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace pm::basic_auth
