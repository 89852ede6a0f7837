// SPDX-License-Identifier: MIT
#include "modules/middleware/headers/options.h"

#include "http/field_value.h"

namespace pm::headers {
namespace {

using O = HeadersOptions;
using config::option;

// An option whose value becomes that of a field, or a part of one.
template <auto M>
constexpr config::Option field(std::string_view key, std::string_view help) {
  return option<M>(key, help).checked(http::check_field_value).breaking_only();
}

constexpr config::Option options[] = {
    field<&O::request>("customRequestHeaders",
                       "fields that the service sees; an empty value deletes"),
    field<&O::response>("customResponseHeaders",
                        "fields that the client sees; an empty value deletes"),
    option<&O::expand_variables>("expandVariables",
                                 "${uuid} in values is a random UUID, one a request"),
    option<&O::allow_credentials>("accessControlAllowCredentials",
                                  "answers may be read by pages that send credentials"),
    field<&O::allow_headers>("accessControlAllowHeaders", "request headers that pages may send"),
    field<&O::allow_methods>("accessControlAllowMethods", "methods that pages may use"),
    option<&O::allow_origins>("accessControlAllowOriginList",
                              "origins of pages that may read answers; * for all"),
    option<&O::allow_origin_expressions>("accessControlAllowOriginListRegex",
                                         "the same, as expressions"),
    field<&O::expose_headers>("accessControlExposeHeaders", "response headers that pages may read"),
    option<&O::max_age>("accessControlMaxAge", "how long the answer to a preflight holds")
        .in("seconds"),
    option<&O::add_vary>("addVaryHeader", "answers differ by Origin, and say so"),
    option<&O::allowed_hosts>("allowedHosts", "values of Host that are served; without any, all"),
    option<&O::hosts_proxy_headers>("hostsProxyHeaders", "fields that are looked at before Host"),
    option<&O::ssl_proxy_headers>("sslProxyHeaders",
                                  "fields whose value says that the client came by TLS"),
    option<&O::sts_seconds>("stsSeconds", "Strict-Transport-Security: how long; 0 for none")
        .in("seconds"),
    option<&O::sts_include_subdomains>("stsIncludeSubdomains", "it holds for subdomains too"),
    option<&O::sts_preload>("stsPreload", "it may be built into browsers"),
    option<&O::force_sts>("forceSTSHeader", "it is sent over plain HTTP too"),
    option<&O::frame_deny>("frameDeny", "X-Frame-Options: DENY"),
    option<&O::content_type_nosniff>("contentTypeNosniff", "X-Content-Type-Options: nosniff"),
    option<&O::browser_xss_filter>("browserXssFilter", "X-XSS-Protection: 1; mode=block"),
    option<&O::is_development>("isDevelopment", "allowedHosts, HSTS and HPKP are off"),
    field<&O::custom_frame_options>("customFrameOptionsValue", "X-Frame-Options"),
    field<&O::custom_browser_xss>("customBrowserXSSValue", "X-XSS-Protection"),
    field<&O::content_security_policy>("contentSecurityPolicy",
                                       "Content-Security-Policy; $NONCE is a fresh nonce"),
    field<&O::content_security_policy_report_only>("contentSecurityPolicyReportOnly",
                                                   "Content-Security-Policy-Report-Only"),
    field<&O::public_key>("publicKey", "Public-Key-Pins"),
    field<&O::referrer_policy>("referrerPolicy", "Referrer-Policy"),
    field<&O::permissions_policy>("permissionsPolicy", "Permissions-Policy"),
    option<&O::ssl_redirect>("sslRedirect", "of old, no effect: use redirectScheme")
        .with_default("false"),
    option<&O::ssl_temporary_redirect>("sslTemporaryRedirect",
                                       "of old, no effect: use redirectScheme")
        .with_default("false"),
    option<&O::ssl_host>("sslHost", "of old, no effect: use redirectRegex"),
    option<&O::ssl_force_host>("sslForceHost", "of old, no effect: use redirectRegex")
        .with_default("false"),
    option<&O::feature_policy>("featurePolicy", "of old, no effect: use permissionsPolicy"),
};

}  // namespace

constinit const config::Section headers_keys = config::section_of<HeadersOptions>(options);

}  // namespace pm::headers
