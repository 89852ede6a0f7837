// SPDX-License-Identifier: MIT
#include "tls/words.h"

#include "core/text.h"
#include "tls/library.h"

#include <openssl/err.h>

#include <algorithm>
#include <string>

namespace pm::tls {
namespace {

constexpr Suite suites[] = {
    {"TLS_AES_128_GCM_SHA256", "", true},
    {"TLS_AES_256_GCM_SHA384", "", true},
    {"TLS_CHACHA20_POLY1305_SHA256", "", true},
    {"TLS_FALLBACK_SCSV", "", true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", true},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", true},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", true},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", true},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", true},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", true},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305", true},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305", true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "ECDHE-RSA-AES128-SHA256"},
    {"TLS_ECDHE_ECDSA_WITH_RC4_128_SHA", "ECDHE-ECDSA-RC4-SHA"},
    {"TLS_ECDHE_RSA_WITH_RC4_128_SHA", "ECDHE-RSA-RC4-SHA"},
    {"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", "ECDHE-RSA-DES-CBC3-SHA"},
    {"TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"},
    {"TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"},
    {"TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"},
    {"TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"},
    {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA"},
    {"TLS_RSA_WITH_RC4_128_SHA", "RC4-SHA"},
};

struct Group {
  std::string_view name;
  std::string_view short_name;
  std::string_view library;
};
constexpr Group groups[] = {
    {"CurveP256", "secp256r1", "P-256"},
    {"CurveP384", "secp384r1", "P-384"},
    {"CurveP521", "secp521r1", "P-521"},
    {"X25519", "x25519", "X25519"},
    {"X25519MLKEM768", "x25519mlkem768", "X25519MLKEM768"},
    {"SecP256r1MLKEM768", "secp256r1mlkem768", "SecP256r1MLKEM768"},
    {"SecP384r1MLKEM1024", "secp384r1mlkem1024", "SecP384r1MLKEM1024"},
};

ContextPtr scratch_context() {
  return ContextPtr(SSL_CTX_new(TLS_method()));
}

}  // namespace

const std::string_view default_suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

int version_of(std::string_view name) noexcept {
  if (name == "VersionTLS10") return TLS1_VERSION;
  if (name == "VersionTLS11") return TLS1_1_VERSION;
  if (name == "VersionTLS12") return TLS1_2_VERSION;
  return name == "VersionTLS13" ? TLS1_3_VERSION : 0;
}

std::string_view version_text(int version) noexcept {
  switch (version) {
    case TLS1_VERSION: return "1.0";
    case TLS1_1_VERSION: return "1.1";
    case TLS1_2_VERSION: return "1.2";
    case TLS1_3_VERSION: return "1.3";
    default: return "unknown";
  }
}

const Suite* find_suite(std::string_view name) noexcept {
  const auto is_it = [name](const Suite& suite) {
    return suite.name == name || (!suite.library.empty() && suite.library == name);
  };
  const auto found = std::find_if(std::begin(suites), std::end(suites), is_it);
  return found == std::end(suites) ? nullptr : found;
}

std::vector<std::string_view> suite_names() {
  std::vector<std::string_view> names;
  for (const Suite& suite : suites)
    names.push_back(suite.name);
  return names;
}

bool library_has(const Suite& suite) {
  if (suite.library.empty()) return true;
  const ContextPtr context = scratch_context();
  if (context == nullptr) return false;
  const std::string list = std::string(suite.library) + ":@SECLEVEL=0";
  const bool has = SSL_CTX_set_cipher_list(context.get(), list.c_str()) == 1;
  ERR_clear_error();
  return has;
}

std::string_view find_group(std::string_view name) noexcept {
  for (const Group& group : groups) {
    if (group.name == name || group.short_name == name) return group.library;
  }
  return {};
}

std::vector<std::string_view> group_names() {
  std::vector<std::string_view> names;
  for (const Group& group : groups)
    names.push_back(group.name);
  return names;
}

bool library_has_group(std::string_view library_name) {
  const ContextPtr context = scratch_context();
  if (context == nullptr) return false;
  const bool has = SSL_CTX_set1_groups_list(context.get(), std::string(library_name).c_str()) == 1;
  ERR_clear_error();
  return has;
}

std::string_view default_groups() {
  static const bool has_hybrid = library_has_group("X25519MLKEM768");
  return has_hybrid ? "X25519MLKEM768:X25519:P-256:P-384:P-521" : "X25519:P-256:P-384:P-521";
}

}  // namespace pm::tls
