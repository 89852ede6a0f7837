// SPDX-License-Identifier: MIT
// certificates.h -- the certificates of a worker: which one answers to a name, decoded when it is first asked for.
//
//   in      a Config whose pairs the loader has read and checked
//   out     provide(): certificate, chain and key in an SSL, one of each kind of key that there is for the name
//   own     the index and what was decoded; borrows the PEM texts of the Config, which lives longer
//   errors  none here: a pair that is broken was left out by the loader
//   cost    building: two hash insertions a name, no decoding; a handshake: two look-ups. The first one of a pair decodes it
//   source  tls-acme.md sections 1 to 3, decision 42
#pragma once

#include "config/dynamic_model.h"
#include "tls/pair.h"
#include "tls/server_context.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pm::runtime {

class Certificates final : public tls::CertificateSource {
 public:
  explicit Certificates(const config::Dynamic& dynamic);
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  bool provide(SSL* ssl, std::string_view name, bool strict) noexcept override;
  // What `old` has decoded, of the pairs that are here too. A look-up for each pair that is decoded there.
  void inherit(const Certificates& old) noexcept;

 private:
  static constexpr std::size_t kinds = 3;  // rsa, ecdsa, other
  static constexpr std::uint32_t none = UINT32_MAX;
  using Places = std::array<std::uint32_t, kinds>;  // into entries_, by kind of key
  struct Entry {
    std::string_view certificates;
    std::string_view key;
    std::shared_ptr<const tls::Pair> pair;
    std::uint64_t hash = 0;  // of both texts
    bool is_decoded = false;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  using Index = std::unordered_map<std::string, Places, Hash, std::equal_to<>>;

  std::uint32_t add_entry(std::string_view certificates, std::string_view key);
  void add(const config::CertificatePair& pair);
  const Places* find(std::string_view name) const noexcept;
  bool use(SSL* ssl, const Places& places) noexcept;
  bool use(SSL* ssl, std::uint32_t place) noexcept;

  std::vector<Entry> entries_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_content_;
  Index exact_;
  Index wild_;  // "*.example.com" as ".example.com"
  Places fallback_{none, none, none};
};

}  // namespace pm::runtime
