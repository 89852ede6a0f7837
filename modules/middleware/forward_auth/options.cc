// SPDX-License-Identifier: MIT
#include "modules/middleware/forward_auth/options.h"

#include "http/field_value.h"

namespace pm::forward_auth {
namespace {

using O = ForwardAuthOptions;
using config::Names;
using config::option;

constexpr config::Option tls_options[] = {
    option<&TlsChoice::ca>("ca", "authorities that may vouch for the auth server")
        .naming(Names::file_or_content),
    option<&TlsChoice::cert>("cert", "certificate that is shown to it")
        .naming(Names::file_or_content),
    option<&TlsChoice::key>("key", "and its key").naming(Names::key_or_content).secret(),
    option<&TlsChoice::insecure_skip_verify>("insecureSkipVerify", "believe any certificate"),
    option<&TlsChoice::ca_optional>("caOptional", "of old, no effect").with_default("false"),
};
constexpr config::Section tls_keys = config::section_of<TlsChoice>(tls_options);

constexpr config::Option options[] = {
    option<&O::address>("address", "URL of the auth server"),
    option<&O::trust_forward_header>(
        "trustForwardHeader", "true: it sees the X-Forwarded-* of the request; false: our own")
        .with_default("of old: some of both"),
    option<&O::response_headers>("authResponseHeaders",
                                 "fields of its answer that replace those of the request"),
    option<&O::response_headers_regex>("authResponseHeadersRegex", "the same, by an expression"),
    option<&O::request_headers>("authRequestHeaders", "fields of the request that it sees")
        .with_default("all of them"),
    option<&O::cookies>("addAuthCookiesToResponse", "cookies of its answer that the client gets"),
    option<&O::header_field>("headerField",
                             "field of its answer that names the user, for the access log"),
    option<&O::forward_body>("forwardBody", "it sees the request's body too"),
    option<&O::max_body>("maxBodySize", "with forwardBody: larger bodies get 401; -1: no limit")
        .in("bytes"),
    option<&O::max_response>("maxResponseBodySize", "larger answers of it become 401; -1: no limit")
        .in("bytes")
        .with_default("-1"),
    option<&O::preserve_location>("preserveLocationHeader", "leave a relative Location as it is"),
    option<&O::preserve_method>("preserveRequestMethod",
                                "ask with the request's method instead of GET"),
    option<&O::signin_url>("authSigninURL", "where clients are sent instead of a 401")
        .checked(http::check_field_value)
        .breaking_only(),
    config::section<&O::tls>("tls", tls_keys, "TLS towards it"),
};

}  // namespace

constinit const config::Section forward_auth_keys = config::section_of<ForwardAuthOptions>(options);

}  // namespace pm::forward_auth
