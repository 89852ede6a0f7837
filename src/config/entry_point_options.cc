// SPDX-License-Identifier: MIT
#include "config/address.h"
#include "config/static_model.h"
#include "config/tables.h"

namespace pm::config {
namespace {

constexpr Option proxy_protocol_options[] = {
    option<&ProxyProtocol::insecure>("insecure", "believe the PROXY header of every peer"),
    option<&ProxyProtocol::trusted_ips>(
        "trustedIPs", "peers whose PROXY header is believed: addresses and networks")
        .checked(check_cidr),
};
bool verify_proxy_protocol(const ProxyProtocol& proxy, Complaint& complaint) {
  complaint = {{}, "trusts nobody", "give trustedIPs, or insecure: true", Severity::error};
  return proxy.insecure || !proxy.trusted_ips.empty();
}
constexpr Section proxy_protocol_keys =
    section_of<ProxyProtocol, verify_proxy_protocol>(proxy_protocol_options);

constexpr Option forwarded_headers_options[] = {
    option<&ForwardedHeaders::insecure>("insecure",
                                        "believe the X-Forwarded-* headers of every peer"),
    option<&ForwardedHeaders::trusted_ips>(
        "trustedIPs", "peers whose X-Forwarded-* headers are believed: addresses and networks")
        .checked(check_cidr),
    option<&ForwardedHeaders::connection>(
        "connection",
        "header names that survive although the request's Connection header lists them"),
    option<&ForwardedHeaders::not_append_x_forwarded_for>("notAppendXForwardedFor",
                                                          "do not add the peer to X-Forwarded-For"),
    option<&ForwardedHeaders::add_x_forwarded_scheme_headers>(
        "addXForwardedSchemeHeaders", "also set X-Forwarded-Scheme and X-Scheme"),
};
constexpr Section forwarded_headers_keys = section_of<ForwardedHeaders>(forwarded_headers_options);

constexpr std::string_view scheme_words[] = {"https", "http"};
constexpr Option redirection_options[] = {
    option<&Redirection::to>("to", "where to: the name of an entry point, or \":PORT\""),
    option<&Redirection::scheme>("scheme", "scheme of the new address").of(scheme_words),
    option<&Redirection::permanent>("permanent", "answer 301 or 308 instead of 302 or 307"),
    option<&Redirection::priority>("priority", "priority of the router that redirects"),
};
bool verify_redirection(const Redirection& redirection, Complaint& complaint) {
  complaint = {{},
               "has no target, so nothing is redirected",
               "give it to: with an entry point or a \":PORT\"",
               Severity::broken};
  return !redirection.to.value.empty();
}
constexpr Section redirection_keys =
    section_of<Redirection, verify_redirection>(redirection_options);
constexpr Option redirections_options[] = {
    section<&EntryPointHttp::redirection>("entryPoint", redirection_keys, "redirect every request"),
};
constexpr Section redirections_keys = section_of<EntryPointHttp>(redirections_options);

constexpr Option encoded_options[] = {
    option<&EncodedCharacters::slash>("allowEncodedSlash", "let %2F in a path through"),
    option<&EncodedCharacters::back_slash>("allowEncodedBackSlash", "let %5C in a path through"),
    option<&EncodedCharacters::null_character>("allowEncodedNullCharacter",
                                               "let %00 in a path through"),
    option<&EncodedCharacters::semicolon>("allowEncodedSemicolon", "let %3B in a path through"),
    option<&EncodedCharacters::percent>("allowEncodedPercent", "let %25 in a path through"),
    option<&EncodedCharacters::question_mark>("allowEncodedQuestionMark",
                                              "let %3F in a path through"),
    option<&EncodedCharacters::hash>("allowEncodedHash", "let %23 in a path through"),
};
constexpr Section encoded_keys = section_of<EncodedCharacters>(encoded_options);

constexpr Option websocket_options[] = {
    option<&EntryPointWebSocket::enabled>("enabled",
                                          "answer 403 to WebSocket handshakes when false"),
    option<&EntryPointWebSocket::max_connections>(
        "maxConnections", "open WebSockets at a time, 503 above; 0 is no limit")
        .at_least(0),
};
constexpr Section websocket_keys = section_of<EntryPointWebSocket>(websocket_options);

constexpr std::string_view underscore_words[] = {"keep", "delete", "reject"};
constexpr Option http_options[] = {
    group("redirections", redirections_keys, "redirections"),
    option<&EntryPointHttp::middlewares>("middlewares",
                                         "run before those of every router, as NAME@PROVIDER"),
    section<&EntryPointHttp::tls>("tls", router_tls_keys,
                                  "for root routers that have no tls section of their own")
        .empty(),
    section<&EntryPointHttp::encoded_characters>(
        "encodedCharacters", encoded_keys,
        "encoded characters that a path may hold, 400 otherwise"),
    option<&EntryPointHttp::encode_query_semicolons>(
        "encodeQuerySemicolons",
        "write ; in a query as %3B towards servers; otherwise it becomes &"),
    option<&EntryPointHttp::sanitize_path>("sanitizePath",
                                           "resolve . and .. in a path and fold slashes"),
    option<&EntryPointHttp::max_header_bytes>("maxHeaderBytes",
                                              "request line and headers together, 431 above")
        .at_least(1)
        .at_most(1 << 30)
        .in("bytes"),
    option<&EntryPointHttp::underscore_headers_strategy>(
        "underscoreHeadersStrategy", "what becomes of header names with an underscore")
        .of(underscore_words),
    option<&EntryPointHttp::max_header_fields>("maxHeaderFields",
                                               "fields of a request or an answer")
        .at_least(1),
    option<&EntryPointHttp::max_request_line_bytes>("maxRequestLineBytes",
                                                    "request line, 414 above")
        .at_least(16)
        .at_most(1 << 30)
        .in("bytes"),
    option<&EntryPointHttp::header_timeout>(
        "headerTimeout", "until the last header of a request has come; 0 is no limit")
        .at_least(0),
    option<&EntryPointHttp::deny_methods>("denyMethods", "methods that are answered 405"),
    option<&EntryPointHttp::max_connection_memory>("maxConnectionMemory",
                                                   "memory that one connection may pin")
        .at_least(1 << 16)
        .in("bytes"),
    section<&EntryPointHttp::websocket>("websocket", websocket_keys, "WebSockets"),
    option<&EntryPointHttp::allowed_upgrades>(
        "allowedUpgrades",
        "protocols that Upgrade may name towards servers, all without any; others are left out")
        .checked(check_upgrade),
    option<&EntryPointHttp::grpc_errors>(
        "grpcErrors", "errors of the proxy's own are 200 with a grpc-status, for gRPC requests"),
};
constexpr Section http_keys = section_of<EntryPointHttp>(http_options);

constexpr Option http2_options[] = {
    option<&EntryPointHttp2::max_concurrent_streams>("maxConcurrentStreams",
                                                     "streams that a client may have open")
        .at_least(0)
        .at_most(INT32_MAX),
    option<&EntryPointHttp2::max_decoder_header_table_size>("maxDecoderHeaderTableSize",
                                                            "header table of what a client sends")
        .at_least(0)
        .at_most(INT32_MAX)
        .in("bytes"),
    option<&EntryPointHttp2::max_encoder_header_table_size>("maxEncoderHeaderTableSize",
                                                            "header table of what a client gets")
        .at_least(0)
        .at_most(INT32_MAX)
        .in("bytes"),
    option<&EntryPointHttp2::glitch_burst>(
        "glitchBurst", "resets, empty frames, PINGs and the like before a connection is ended")
        .at_least(1)
        .at_most(INT32_MAX),
    option<&EntryPointHttp2::glitch_rate>("glitchRate", "how many of them are forgiven each second")
        .at_least(0)
        .at_most(INT32_MAX),
};
constexpr Section http2_keys = section_of<EntryPointHttp2>(http2_options);

constexpr Option http3_options[] = {
    accepted("advertisedPort", Kind::integer, "port that Alt-Svc names")
        .at_least(0)
        .at_most(65535)
        .with_default("that of the address"),
};
constexpr Section http3_keys = section_of<EntryPoint>(http3_options);

constexpr Option udp_options[] = {
    later("timeout", Kind::duration, "end of a silent session").at_least(1).with_default("60s"),
};
constexpr Section udp_keys = section_of<EntryPoint>(udp_options);

constexpr Option life_cycle_options[] = {
    option<&LifeCycle::request_accept_grace_timeout>(
        "requestAcceptGraceTimeout", "after a stop was asked for, go on accepting for so long")
        .at_least(0),
    option<&LifeCycle::grace_timeout>("graceTimeOut", "then let what runs go on for so long")
        .at_least(0),
};
constexpr Section life_cycle_keys = section_of<LifeCycle>(life_cycle_options);

constexpr Option responding_options[] = {
    option<&RespondingTimeouts::read>("readTimeout",
                                      "a whole request, from its first byte; 0 is no limit")
        .at_least(0),
    option<&RespondingTimeouts::write>("writeTimeout", "a whole answer; 0 is no limit").at_least(0),
    option<&RespondingTimeouts::idle>("idleTimeout",
                                      "a connection between two requests; 0 is no limit")
        .at_least(0),
};
constexpr Section responding_keys = section_of<RespondingTimeouts>(responding_options);

constexpr Option transport_options[] = {
    section<&Transport::life_cycle>("lifeCycle", life_cycle_keys, "how a stop goes"),
    section<&Transport::responding_timeouts>("respondingTimeouts", responding_keys,
                                             "timeouts towards clients"),
    option<&Transport::keep_alive_max_time>(
        "keepAliveMaxTime", "age of a connection after which it is closed; 0 is no limit")
        .at_least(0),
    option<&Transport::keep_alive_max_requests>("keepAliveMaxRequests",
                                                "requests on one connection; 0 is no limit")
        .at_least(0)
        .in("requests"),
    option<&Transport::send_stall_timeout>(
        "sendStallTimeout", "a client that takes nothing of its answer; 0 is no limit")
        .at_least(0),
    option<&Transport::lingering_timeout>("lingeringTimeout",
                                          "reading on after an early answer, before the close")
        .at_least(0),
    option<&Transport::buffer_size>("bufferSize",
                                    "bytes queued in one direction before reading stops")
        .at_least(4096)
        .at_most(1 << 30)
        .in("bytes"),
    option<&Transport::min_body_rate>(
        "minBodyRate", "slowest rate of a request body after ten seconds; 0 is no limit")
        .at_least(0)
        .at_most(1 << 30)
        .in("bytes a second"),
    option<&Transport::max_connections_per_ip>(
        "maxConnectionsPerIP",
        "connections of one client address, of IPv6 of one /64; 0 is no limit")
        .at_least(0)
        .at_most(INT32_MAX),
    option<&Transport::handshake_timeout>("handshakeTimeout", "a TLS handshake; 0 is no limit")
        .at_least(0),
};
constexpr Section transport_keys = section_of<Transport>(transport_options);

constexpr Option observability_options[] = {
    option<&EntryPointObservability::access_logs>("accessLogs",
                                                  "default of routers: write the access log"),
    option<&EntryPointObservability::metrics>("metrics", "default of routers: count"),
    option<&EntryPointObservability::tracing>("tracing", "default of routers: trace"),
    option<&EntryPointObservability::trace_verbosity>("traceVerbosity",
                                                      "how much of a request a trace shows")
        .of(trace_words),
};
constexpr Section observability_keys = section_of<EntryPointObservability>(observability_options);

constexpr Option entry_point_options[] = {
    carried<&EntryPoint::name>(),
    carried<&EntryPoint::mark>(),
    option<&EntryPoint::address>("address",
                                 "where to listen, [HOST]:PORT[/tcp]; no host is every address")
        .checked(check_listen_address),
    option<&EntryPoint::as_default>("asDefault",
                                    "routers that name no entry point use those with this mark"),
    option<&EntryPoint::allow_acme_by_pass>("allowACMEByPass",
                                            "let routers answer ACME challenges"),
    option<&EntryPoint::reuse_port>("reusePort", "other processes may bind the same port"),
    section<&EntryPoint::proxy_protocol>("proxyProtocol", proxy_protocol_keys,
                                         "read the PROXY protocol, versions 1 and 2")
        .empty(),
    section<&EntryPoint::forwarded_headers>("forwardedHeaders", forwarded_headers_keys,
                                            "X-Forwarded-* headers"),
    section<&EntryPoint::http>("http", http_keys, "HTTP"),
    section<&EntryPoint::http2>("http2", http2_keys, "HTTP/2"),
    group("http3", http3_keys, "HTTP/3 on the same port")
        .as(Status::later, "HTTP/1.1 is served")
        .empty(),
    group("udp", udp_keys, "UDP"),
    section<&EntryPoint::transport>("transport", transport_keys, "connections"),
    section<&EntryPoint::observability>("observability", observability_keys, "what is observed"),
};
bool verify_entry_point(const EntryPoint& entry_point, Complaint& complaint) {
  if (entry_point.address.value.empty()) {
    complaint = {
        {}, "has no address", "give it address: with [HOST]:PORT, as in \":80\"", Severity::error};
    return false;
  }
  const std::optional<ListenAddress> address = parse_listen_address(entry_point.address.value);
  complaint = {entry_point.address.mark, "listens on UDP, which is not supported yet",
               "take it out", Severity::error};
  return !address || !address->is_udp;
}

}  // namespace

constinit const Section entry_point_keys =
    section_of<EntryPoint, verify_entry_point>(entry_point_options);

}  // namespace pm::config
