// SPDX-License-Identifier: MIT
#include "config/static_model.h"
#include "config/tables.h"

namespace pm::config {
namespace {

constexpr Option forwarding_options[] = {
    option<&ForwardingTimeouts::dial>("dialTimeout", "until a connection stands; 0 is no limit")
        .at_least(0),
    option<&ForwardingTimeouts::response_header>(
        "responseHeaderTimeout", "from the end of the request to the answer's head; 0 is no limit")
        .at_least(0),
    option<&ForwardingTimeouts::idle_conn>(
        "idleConnTimeout", "a connection that waits for its next request; 0 is no limit")
        .at_least(0),
    option<&ForwardingTimeouts::request>(
        "requestTimeout", "the whole exchange with the server, 504 above; 0 is no limit")
        .at_least(0),
    option<&ForwardingTimeouts::read_idle>(
        "readIdleTimeout", "HTTP/2: silence after which a PING is sent; 0 sends none")
        .at_least(0),
    option<&ForwardingTimeouts::ping>("pingTimeout",
                                      "answer to that PING, or the connection is closed; 0 is 15s")
        .at_least(0),
};
constexpr Section forwarding_keys = section_of<ForwardingTimeouts>(forwarding_options);

constexpr Option peer_san_options[] = {
    option<&PeerSan::type>("type", "DNSName or URI"),
    option<&PeerSan::value>("value", "the name"),
};
constexpr Section peer_san_keys = section_of<PeerSan>(peer_san_options);

constexpr Option servers_transport_options[] = {
    carried<&ServersTransport::name>(),
    carried<&ServersTransport::provider>(),
    carried<&ServersTransport::mark>(),
    option<&ServersTransport::server_name>("serverName", "name to ask for and to verify")
        .with_default("host of the URL"),
    option<&ServersTransport::insecure_skip_verify>("insecureSkipVerify",
                                                    "do not verify certificates"),
    option<&ServersTransport::root_cas>("rootCAs", "authorities, files or contents")
        .with_default("those of the system"),
    section<&ServersTransport::certificates>("certificates", pair_keys,
                                             "shown to servers that ask for one"),
    option<&ServersTransport::cipher_suites>("cipherSuites", "suites of TLS 1.2 and older"),
    option<&ServersTransport::min_version>("minVersion", "lowest version of TLS")
        .of(version_words)
        .with_default("VersionTLS12"),
    option<&ServersTransport::max_version>("maxVersion", "highest version of TLS")
        .of(version_words)
        .with_default("the newest"),
    section<&ServersTransport::peer_sans>(
        "peerCertSANs", peer_san_keys,
        "names of which a certificate must have one; its chain is verified in any case"),
    option<&ServersTransport::peer_uri>("peerCertURI", "URI that a certificate must name"),
    carried<&ServersTransport::authorities>(),
    refused("spiffe", "identities are configured with certificates"),
    option<&ServersTransport::max_idle_conns_per_host>(
        "maxIdleConnsPerHost", "idle connections kept for one server; negative keeps none")
        .with_default("200 in serversTransport, 2 in a named transport"),
    option<&ServersTransport::max_idle_conns>("maxIdleConns",
                                              "idle connections kept in all; 0 is no limit")
        .at_least(0),
    option<&ServersTransport::max_conns_per_host>("maxConnsPerHost",
                                                  "connections to one server; 0 is no limit")
        .at_least(0),
    option<&ServersTransport::max_conn_lifetime>(
        "maxConnLifetime", "age after which a connection is not used again; 0 is no limit")
        .at_least(0),
    option<&ServersTransport::disable_http2>("disableHTTP2", "HTTP/1.1 only"),
    option<&ServersTransport::max_response_header_bytes>("maxResponseHeaderBytes",
                                                         "head of an answer, 502 above")
        .at_least(1)
        .at_most(1 << 30)
        .in("bytes"),
    section<&ServersTransport::forwarding_timeouts>("forwardingTimeouts", forwarding_keys,
                                                    "timeouts towards servers"),
};

}  // namespace

constinit const Section servers_transport_keys =
    section_of<ServersTransport>(servers_transport_options);

}  // namespace pm::config
