// SPDX-License-Identifier: MIT
#include "modules/middleware/headers/security.h"

#include "core/random.h"
#include "core/text.h"

namespace pm::headers {
namespace {

std::string_view fresh_nonce(Arena& arena) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  unsigned char secret[18];  // 24 characters of base64
  fill_secret(secret, sizeof secret);
  char* const text = static_cast<char*>(arena.allocate(24, 1));
  char* to = text;
  for (std::size_t i = 0; i < sizeof secret; i += 3) {
    const unsigned bits = (secret[i] << 16U) | (secret[i + 1] << 8U) | secret[i + 2];
    for (unsigned shift = 24; shift > 0;)
      *to++ = digits[(bits >> (shift -= 6)) & 63];
  }
  return {text, 24};
}

std::string sts_value(const HeadersOptions& options) {
  if (options.sts_seconds == 0 || options.is_development) return {};
  std::string value = "max-age=" + std::to_string(options.sts_seconds);
  if (options.sts_include_subdomains) value += "; includeSubDomains";
  if (options.sts_preload) value += "; preload";
  return value;
}

}  // namespace

Security::Security(const HeadersOptions& options)
    : sts_(sts_value(options)),
      host_fields_(options.hosts_proxy_headers),
      secure_fields_(options.ssl_proxy_headers),
      force_sts_(options.force_sts) {
  if (!options.is_development) {
    hosts_ = options.allowed_hosts;
    pins_ = options.public_key;
  }
  fix("X-Frame-Options", !options.custom_frame_options.empty() ? options.custom_frame_options
                         : options.frame_deny                  ? "DENY"
                                                               : "");
  fix("X-Content-Type-Options", options.content_type_nosniff ? "nosniff" : "");
  fix("X-XSS-Protection", !options.custom_browser_xss.empty() ? options.custom_browser_xss
                          : options.browser_xss_filter        ? "1; mode=block"
                                                              : "");
  fix("Content-Security-Policy", options.content_security_policy);
  fix("Content-Security-Policy-Report-Only", options.content_security_policy_report_only);
  fix("Referrer-Policy", options.referrer_policy);
  fix("Permissions-Policy", options.permissions_policy);
  is_on_ = !fixed_.empty() || !sts_.empty() || !pins_.empty();
}

void Security::fix(std::string_view name, std::string value) {
  if (value.empty()) return;
  const bool nonce = value.find("$NONCE") != std::string::npos;
  fixed_.push_back({std::string(name), std::move(value), nonce});
}

bool Security::takes_host(const http::Request& request) const noexcept {
  if (hosts_.empty()) return true;
  std::string_view host;
  for (const std::string& name : host_fields_) {
    host = request.headers.get(name);
    if (!host.empty()) break;
  }
  if (host.empty()) host = request.authority;
  for (const std::string& allowed : hosts_) {
    if (text::equals_ignore_case(allowed, host)) return true;
  }
  return false;
}

bool Security::is_secure(const http::Request& request) const noexcept {
  if (request.secure != nullptr) return true;
  for (const auto& [name, value] : secure_fields_) {
    if (request.headers.get(name) == value) return true;
  }
  return false;
}

void Security::apply(http::Link link) const {
  http::Headers& headers = link.response().headers;
  std::string_view nonce;
  for (const Fixed& field : fixed_) {
    std::string_view value = field.value;
    if (field.nonce) {
      if (nonce.empty()) nonce = link.arena().join("'nonce-", fresh_nonce(link.arena()), "'");
      value = link.arena().copy(text::replace_all(value, "$NONCE", nonce));
    }
    headers.set(field.name, value);
  }
  if (sts_.empty() && pins_.empty()) return;
  const bool secure = is_secure(link.request());
  if (!sts_.empty() && (secure || force_sts_)) headers.set("Strict-Transport-Security", sts_);
  if (!pins_.empty() && secure) headers.set("Public-Key-Pins", pins_);
}

}  // namespace pm::headers
