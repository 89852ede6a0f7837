// SPDX-License-Identifier: MIT
#include "config/dynamic_model.h"
#include "config/options.h"
#include "config/tables.h"

#include <algorithm>

namespace pm::config {
namespace {

constexpr Option router_observability_options[] = {
    option<&RouterObservability::access_logs>("accessLogs", "write the access log")
        .with_default("that of the entry point"),
    option<&RouterObservability::metrics>("metrics", "count")
        .with_default("that of the entry point"),
    option<&RouterObservability::tracing>("tracing", "trace")
        .with_default("that of the entry point"),
    option<&RouterObservability::trace_verbosity>("traceVerbosity",
                                                  "how much of a request a trace shows")
        .of(trace_words),
};
constexpr Section router_observability_keys =
    section_of<RouterObservability>(router_observability_options);

constexpr Option router_options[] = {
    carried<&Router::name>(),
    carried<&Router::provider>(),
    carried<&Router::mark>(),
    option<&Router::entry_points>("entryPoints", "where it listens")
        .with_default("entry points with asDefault, or all"),
    option<&Router::rule>("rule", "which requests it takes"),
    option<&Router::rule_syntax>("ruleSyntax", "v3 or v2").with_default("core.defaultRuleSyntax"),
    option<&Router::priority>("priority",
                              "higher ones are asked first; 0 is the length of the rule"),
    option<&Router::middlewares>("middlewares",
                                 "run in this order, behind those of the entry point"),
    option<&Router::service>("service", "what answers"),
    option<&Router::parent_refs>("parentRefs",
                                 "parents: it is asked for what one of them has let through"),
    section<&Router::tls>("tls", router_tls_keys, "takes HTTPS instead of HTTP").empty(),
    section<&Router::observability>("observability", router_observability_keys, "what is observed"),
    option<&Router::grpc_errors>(
        "grpcErrors", "errors of the proxy's own are 200 with a grpc-status, for gRPC requests"),
};
bool verify_router(const Router& router, Complaint& complaint) {
  const std::string& syntax = router.rule_syntax;
  complaint = {{},
               "has a ruleSyntax that is neither v3 nor v2, which means v3",
               "take it out",
               Severity::warning};
  return syntax.empty() || std::find(std::begin(syntax_words), std::end(syntax_words), syntax) !=
                               std::end(syntax_words);
}
constexpr Section router_keys = section_of<Router, verify_router>(router_options);

constexpr Option server_options[] = {
    option<&Server::url>(
        "url", "SCHEME://HOST[:PORT], of scheme http, https, or h2c for HTTP/2 without TLS")
        .secret(),
    option<&Server::weight>("weight", "share among the servers; 0 or less takes it out"),
    option<&Server::preserve_path>("preservePath",
                                   "put the path of the URL in front of the request's"),
};
constexpr Section server_keys = section_of<Server>(server_options);

constexpr Option health_check_options[] = {
    option<&HealthCheck::path>("path", "what is asked for, put in place of the URL's path"),
    option<&HealthCheck::mode>("mode", "http or grpc; any other word is http"),
    option<&HealthCheck::method>("method", "method of the request").checked(check_method),
    option<&HealthCheck::status>("status", "the only good answer; 0 is any from 200 to 399")
        .at_least(0)
        .at_most(999),
    option<&HealthCheck::scheme>("scheme", "http or https").with_default("that of the server"),
    option<&HealthCheck::port>("port", "port to ask")
        .at_least(0)
        .at_most(65535)
        .with_default("that of the server"),
    option<&HealthCheck::hostname>("hostname", "Host of the request")
        .with_default("host of the URL"),
    option<&HealthCheck::headers>("headers", "fields of the request"),
    option<&HealthCheck::follow_redirects>("followRedirects",
                                           "ask where an answer leads, ten times at most"),
    option<&HealthCheck::interval>("interval", "between two checks of a server"),
    option<&HealthCheck::unhealthy_interval>("unhealthyInterval", "the same of one that is down")
        .with_default("interval"),
    option<&HealthCheck::timeout>("timeout", "of a whole check"),
};
constexpr Section health_check_keys = section_of<HealthCheck>(health_check_options);
constexpr Section child_health_keys = section_of<ChildHealth>({});

constexpr Option forwarding_options[] = {
    option<&LoadBalancer::flush_interval>(
        "flushInterval", "longest wait before a part of an answer is passed on; negative: none"),
};
constexpr Section forwarding_keys = section_of<LoadBalancer>(forwarding_options);

constexpr Option load_balancer_options[] = {
    section<&LoadBalancer::servers>("servers", server_keys, "servers"),
    option<&LoadBalancer::strategy>("strategy",
                                    "how a server is chosen: wrr, p2c, hrw, leasttime and others"),
    noted<&LoadBalancer::unsupported>("sticky", "keep a client at its server"),
    section<&LoadBalancer::health_check>("healthCheck", health_check_keys,
                                         "ask servers whether they are well"),
    noted<&LoadBalancer::unsupported>("passiveHealthCheck",
                                      "learn from answers whether servers are well"),
    noted<&LoadBalancer::unsupported>("circuitBreaker", "leave a failing server alone for a while"),
    option<&LoadBalancer::pass_host_header>(
        "passHostHeader", "servers see the client's Host; false: that of the URL"),
    group("responseForwarding", forwarding_keys, "how answers are passed on"),
    option<&LoadBalancer::servers_transport>("serversTransport", "which of http.serversTransports")
        .with_default("serversTransport of the static part"),
    carried<&LoadBalancer::unsupported>(),
};
constexpr Section load_balancer_keys = section_of<LoadBalancer>(load_balancer_options);

constexpr Option weighted_child_options[] = {
    option<&WeightedChild::name>("name", "a service"),
    option<&WeightedChild::weight>("weight", "share among the services; 0 or less takes it out"),
};
constexpr Section weighted_child_keys = section_of<WeightedChild>(weighted_child_options);
constexpr Option weighted_options[] = {
    section<&Weighted::services>("services", weighted_child_keys, "services"),
    noted<&Weighted::unsupported>("sticky", "keep a client at its service"),
    section<&Weighted::health_check>("healthCheck", child_health_keys,
                                     "leave out services without a healthy server")
        .empty(),
    carried<&Weighted::unsupported>(),
};
constexpr Section weighted_keys = section_of<Weighted>(weighted_options);

constexpr Option service_options[] = {
    carried<&Service::name>(),
    carried<&Service::provider>(),
    carried<&Service::mark>(),
    section<&Service::load_balancer>("loadBalancer", load_balancer_keys,
                                     "servers that share the requests"),
    section<&Service::weighted>("weighted", weighted_keys,
                                "services that share the requests by weight"),
    noted<&Service::other_types>("highestRandomWeight",
                                 "services that share the requests by a hash of the client"),
    noted<&Service::other_types>("mirroring", "copies of requests go to other services"),
    noted<&Service::other_types>("failover", "another service answers when the first cannot"),
    option<&Service::middlewares>("middlewares", "run behind those of the router"),
    carried<&Service::other_types>(),
};
constexpr Section service_keys = section_of<Service>(service_options);

constexpr Option middleware_body = carried<&Middleware::body>();
constexpr Option middleware_options[] = {
    carried<&Middleware::name>(), carried<&Middleware::provider>(), carried<&Middleware::mark>(),
    carried<&Middleware::body>(), carried<&Middleware::contents>(),
};
bool verify_middleware(const Middleware& middleware, Complaint& complaint) {
  const std::vector<Entry>& types = middleware.body.entries;
  const auto given = std::count_if(types.begin(), types.end(),
                                   [](const Entry& type) { return !type.value.is_null(); });
  complaint.severity = Severity::broken;
  complaint.what = given == 0 ? "has no type" : "has more than one type";
  complaint.advice =
      given == 0 ? "give it one type with its options below" : "give each type a name of its own";
  return given == 1;
}
constexpr Section with_whole(Section section, const Option& whole) {
  section.whole = &whole;
  return section;
}
constexpr Section middleware_keys =
    with_whole(section_of<Middleware, verify_middleware>(middleware_options), middleware_body);

constexpr Option http_options[] = {
    named<&Dynamic::routers>("routers", router_keys, "which requests go where"),
    named<&Dynamic::services>("services", service_keys, "what answers"),
    named<&Dynamic::middlewares>("middlewares", middleware_keys,
                                 "what happens on the way; one type below each name"),
    named<&Dynamic::servers_transports>("serversTransports", servers_transport_keys,
                                        "connections to servers"),
    later("models", Kind::opaque, "no effect from a file, as in Traefik"),
};
constexpr Section http_keys = section_of<Dynamic>(http_options);

constexpr Option dynamic_options[] = {
    group("http", http_keys, "HTTP"),
    missing("tcp", "TCP"),
    missing("udp", "UDP"),
    group("tls", tls_keys, "certificates and options of TLS"),
};
constinit const Section root = section_of<Dynamic>(dynamic_options);

constexpr std::string_view types[] = {
    "addPrefix",         "basicAuth",     "buffering",         "chain",
    "circuitBreaker",    "compress",      "contentType",       "digestAuth",
    "encodedCharacters", "errors",        "forwardAuth",       "grpcWeb",
    "headers",           "inFlightReq",   "ipAllowList",       "ipDenyList",
    "ipWhiteList",       "jwt",           "passTLSClientCert", "plugin",
    "rateLimit",         "redirectRegex", "redirectScheme",    "replacePath",
    "replacePathRegex",  "retry",         "stripPrefix",       "stripPrefixRegex"};

}  // namespace

const Section& dynamic_section() noexcept {
  return root;
}

Words middleware_types() noexcept {
  return types;
}

}  // namespace pm::config
