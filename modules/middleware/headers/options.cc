// SPDX-License-Identifier: MIT
#include "modules/middleware/headers/options.h"

namespace pm::headers {
namespace {

using O = HeadersOptions;
using config::option;

constexpr config::Option options[] = {
    option<&O::request>("customRequestHeaders",
                        "fields that the service sees; an empty value deletes"),
    option<&O::response>("customResponseHeaders",
                         "fields that the client sees; an empty value deletes"),
    option<&O::expand_variables>("expandVariables",
                                 "${uuid} in values is a random UUID, one a request"),
    option<&O::allow_credentials>("accessControlAllowCredentials",
                                  "answers may be read by pages that send credentials"),
    option<&O::allow_headers>("accessControlAllowHeaders", "request headers that pages may send"),
    option<&O::allow_methods>("accessControlAllowMethods", "methods that pages may use"),
    option<&O::allow_origins>("accessControlAllowOriginList",
                              "origins of pages that may read answers; * for all"),
    option<&O::allow_origin_expressions>("accessControlAllowOriginListRegex",
                                         "the same, as expressions"),
    option<&O::expose_headers>("accessControlExposeHeaders",
                               "response headers that pages may read"),
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
    option<&O::custom_frame_options>("customFrameOptionsValue", "X-Frame-Options"),
    option<&O::custom_browser_xss>("customBrowserXSSValue", "X-XSS-Protection"),
    option<&O::content_security_policy>("contentSecurityPolicy",
                                        "Content-Security-Policy; $NONCE is a fresh nonce"),
    option<&O::content_security_policy_report_only>("contentSecurityPolicyReportOnly",
                                                    "Content-Security-Policy-Report-Only"),
    option<&O::public_key>("publicKey", "Public-Key-Pins"),
    option<&O::referrer_policy>("referrerPolicy", "Referrer-Policy"),
    option<&O::permissions_policy>("permissionsPolicy", "Permissions-Policy"),
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
