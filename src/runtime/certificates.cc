// SPDX-License-Identifier: MIT
#include "runtime/certificates.h"

#include "core/hash.h"

#include <algorithm>

namespace pm::runtime {
namespace {

std::size_t kind_of(const config::CertificatePair& pair) noexcept {
  if (pair.key_kind == "rsa") return 0;
  return pair.key_kind == "ecdsa" ? 1 : 2;
}

bool is_served(const config::CertificatePair& pair) {
  const auto& stores = pair.stores;
  return pair.is_usable() &&
         (stores.empty() || std::find(stores.begin(), stores.end(), "default") != stores.end());
}

}  // namespace

Certificates::Certificates(const config::Dynamic& dynamic) {
  std::vector<std::pair<std::string, const config::CertificatePair*>> order;
  for (const config::CertificatePair& pair : dynamic.certificates) {
    if (is_served(pair)) order.emplace_back(tls::selection_key(pair.names), &pair);
  }
  // The greatest key first; of equals the one that was loaded first (tls-acme.md section 2).
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  entries_.reserve(order.size() + 1);
  for (const auto& [key, pair] : order)
    add(*pair);

  const auto is_default = [](const config::TlsStore& store) {
    return store.name == "default";
  };
  const auto& stores = dynamic.tls_stores;
  const auto store = std::find_if(stores.begin(), stores.end(), is_default);
  if (store != stores.end() && store->default_certificate) {
    const config::CertificatePair& pair = *store->default_certificate;
    if (!pair.is_usable()) return;  // given and broken: there is none
    fallback_[kind_of(pair)] = add_entry(pair.certificates, pair.key);
  } else if (!dynamic.generated_certificate.empty()) {
    fallback_[kinds - 1] = add_entry(dynamic.generated_certificate, dynamic.generated_key);
  }
}

std::uint32_t Certificates::add_entry(std::string_view certificates, std::string_view key) {
  const auto place = static_cast<std::uint32_t>(entries_.size());
  const std::uint64_t hash = fnv1a(certificates) ^ (fnv1a(key) << 1);
  entries_.push_back({certificates, key, nullptr, hash, false});
  by_content_.try_emplace(hash, place);
  return place;
}

void Certificates::add(const config::CertificatePair& pair) {
  const std::uint32_t place = add_entry(pair.certificates, pair.key);
  const std::size_t kind = kind_of(pair);
  for (const std::string& name : pair.names) {
    const bool is_wild = name.starts_with("*.");
    Index& index = is_wild ? wild_ : exact_;
    auto [found, is_new] =
        index.try_emplace(is_wild ? name.substr(1) : name, Places{none, none, none});
    if (found->second[kind] == none) found->second[kind] = place;
  }
}

const Certificates::Places* Certificates::find(std::string_view name) const noexcept {
  if (const auto exact = exact_.find(name); exact != exact_.end()) return &exact->second;
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0) return nullptr;
  const auto wild = wild_.find(name.substr(dot));
  return wild == wild_.end() ? nullptr : &wild->second;
}

bool Certificates::provide(SSL* ssl, std::string_view name, bool strict) noexcept {
  const Places* places = find(name);
  if (places != nullptr && use(ssl, *places)) return true;
  return !strict && use(ssl, fallback_);
}

// All that there are: the library takes the one that the client can verify.
bool Certificates::use(SSL* ssl, const Places& places) noexcept {
  bool any = false;
  for (const std::uint32_t place : places)
    any |= place != none && use(ssl, place);
  return any;
}

bool Certificates::use(SSL* ssl, std::uint32_t place) noexcept {
  Entry& entry = entries_[place];
  if (!entry.is_decoded) {
    entry.is_decoded = true;
    auto decoded = tls::decode_pair(entry.certificates, entry.key);
    if (decoded) entry.pair = std::make_shared<const tls::Pair>(std::move(decoded).value());
  }
  return entry.pair != nullptr && tls::use_pair(ssl, *entry.pair);
}

// Texts are compared: a hash can be made to collide by somebody who writes one of them.
void Certificates::inherit(const Certificates& old) noexcept {
  for (const Entry& theirs : old.entries_) {
    if (theirs.pair == nullptr) continue;
    const auto found = by_content_.find(theirs.hash);
    if (found == by_content_.end()) continue;
    Entry& ours = entries_[found->second];
    if (ours.certificates != theirs.certificates || ours.key != theirs.key) continue;
    ours.pair = theirs.pair;
    ours.is_decoded = true;
  }
}

}  // namespace pm::runtime
