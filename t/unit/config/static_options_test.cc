// SPDX-License-Identifier: MIT
// The static part: its keys, their defaults and what they refuse (static-config.md sections 4, 5 and 7; decision 13).
#include "config/options.h"
#include "t/lib/config_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;
using namespace pm::config::trial;

namespace {

std::string entry_point(std::string_view keys) {
  return findings_of("entryPoints:\n  e:\n    address: ':80'\n    " + std::string(keys));
}

}  // namespace

TEST_GROUP(static_options){};

TEST(static_options, an_entry_point_has_the_defaults_of_the_specification) {
  const Trial trial("entryPoints: {web: {address: ':80'}}");

  const EntryPoint& e = trial.config.fixed.entry_points[0];
  CHECK_EQUAL(std::string_view(":80"), std::string_view(e.address.value));
  UNSIGNED_LONGS_EQUAL(30, e.address.mark.column);
  CHECK(e.http.sanitize_path);
  CHECK_FALSE(e.http.encode_query_semicolons);
  LONGS_EQUAL(1048576, e.http.max_header_bytes);
  LONGS_EQUAL(60,
              std::chrono::duration_cast<std::chrono::seconds>(e.transport.responding_timeouts.read)
                  .count());
  LONGS_EQUAL(180,
              std::chrono::duration_cast<std::chrono::seconds>(e.transport.responding_timeouts.idle)
                  .count());
  LONGS_EQUAL(10,
              std::chrono::duration_cast<std::chrono::seconds>(e.transport.life_cycle.grace_timeout)
                  .count());
  CHECK_FALSE(e.proxy_protocol.has_value());
  CHECK(e.observability.access_logs);
}

TEST(static_options, every_key_of_an_entry_point_that_works_is_taken) {
  const Trial trial(R"(
entryPoints:
  web:
    address: "[::1]:8080/tcp"
    asDefault: true
    allowACMEByPass: true
    reusePort: true
    proxyProtocol: {trustedIPs: [10.0.0.0/8, "::1"]}
    forwardedHeaders:
      insecure: true
      trustedIPs: "127.0.0.1, 10.0.0.0/8"
      connection: [X-Keep]
      notAppendXForwardedFor: true
      addXForwardedSchemeHeaders: true
    http:
      redirections: {entryPoint: {to: ":443", scheme: HTTPS, permanent: false, priority: 7}}
      middlewares: [a@file]
      encodedCharacters: {allowEncodedSlash: false, allowEncodedHash: false}
      encodeQuerySemicolons: true
      sanitizePath: false
      maxHeaderBytes: 65536
      underscoreHeadersStrategy: delete
      maxHeaderFields: 100
      maxRequestLineBytes: 8192
      headerTimeout: 10s
      denyMethods: [TRACE, CONNECT]
      maxConnectionMemory: 1048576
      websocket: {enabled: false, maxConnections: 5}
    transport:
      lifeCycle: {requestAcceptGraceTimeout: 1s, graceTimeOut: 2s}
      respondingTimeouts: {readTimeout: 3s, writeTimeout: 4s, idleTimeout: 5s}
      keepAliveMaxTime: 6s
      keepAliveMaxRequests: 7
      sendStallTimeout: 8s
      lingeringTimeout: 9s
      bufferSize: 16384
      minBodyRate: 500
      maxConnectionsPerIP: 20
    observability: {accessLogs: false, metrics: false, tracing: false, traceVerbosity: detailed}
)");

  CHECK_EQUAL(std::string_view("ok"), std::string_view(trial.found()));
  const EntryPoint& e = trial.config.fixed.entry_points[0];
  UNSIGNED_LONGS_EQUAL(2, e.proxy_protocol->trusted_ips.size());
  UNSIGNED_LONGS_EQUAL(2, e.forwarded_headers.trusted_ips.size());
  CHECK_EQUAL(std::string_view("https"), std::string_view(e.http.redirection->scheme));
  LONGS_EQUAL(7, e.http.redirection->priority);
  CHECK_FALSE(e.http.encoded_characters->slash);
  CHECK(e.http.encoded_characters->semicolon);
  CHECK(e.http.underscore_headers_strategy == UnderscoreStrategy::remove);
  LONGS_EQUAL(5, e.http.websocket.max_connections);
  LONGS_EQUAL(16384, e.transport.buffer_size);
  CHECK_EQUAL(std::string_view("detailed"), std::string_view(e.observability.trace_verbosity));
}

TEST(static_options, what_an_entry_point_cannot_be_is_fatal) {
  static constexpr Row rows[] = {
      {"asDefault: true", "ok"},
      {"proxyProtocol: {}",
       "4:20: error: entryPoints.e.proxyProtocol trusts nobody; give trustedIPs, or insecure: "
       "true"},
      {"proxyProtocol: true",
       "4:20: error: entryPoints.e.proxyProtocol trusts nobody; give trustedIPs, or insecure: "
       "true"},
      {"proxyProtocol: {insecure: true}", "ok"},
      {"proxyProtocol: {trustedIPs: []}",
       "4:20: error: entryPoints.e.proxyProtocol trusts nobody; give trustedIPs, or insecure: "
       "true"},
      {"forwardedHeaders: {trustedIPs: [10.0.0.0/33]}",
       "4:37: error: entryPoints.e.forwardedHeaders.trustedIPs \"10.0.0.0/33\": not allowed here; "
       "write an address or a "
       "network, as in 10.0.0.0/8"},
      {"http: {tls: {}}", "ok"},
      {"http: {tls: true}", "ok"},
      {"http: {tls: false}", "ok"},
      {"http: {underscoreHeadersStrategy: drop}",
       "4:39: error: entryPoints.e.http.underscoreHeadersStrategy \"drop\": not known; write one "
       "of keep, delete, reject"},
      {"http2: {maxConcurrentStreams: -1}",
       "4:35: error: entryPoints.e.http2.maxConcurrentStreams \"-1\": out of range; write 0 to "
       "2147483647"},
      {"http2: {maxConcurrentStreams: 2147483648}",
       "4:35: error: entryPoints.e.http2.maxConcurrentStreams \"2147483648\": out of range; write "
       "0 to 2147483647"},
      {"http3: {advertisedPort: -1}",
       "4:29: error: entryPoints.e.http3.advertisedPort \"-1\": out of range; write 0 to 65535\n"
       "4:12: warning: entryPoints.e.http3 is not supported yet and has no effect; HTTP/1.1 is "
       "served"},
      {"udp: {timeout: 0}",
       "4:20: error: entryPoints.e.udp.timeout \"0\": out of range; write 1ns or more"},
      {"http: {allowedUpgrades: [websocket]}", "ok"},
      {"http: {allowedUpgrades: [a/1]}",
       "4:30: error: entryPoints.e.http.allowedUpgrades \"a/1\": not allowed here; write the name "
       "of a protocol, as in websocket"},
      {"transport: {minBodyRate: -1}",
       "4:30: error: entryPoints.e.transport.minBodyRate \"-1\": out of range; write 0 to "
       "1073741824"},
      {"transport: {maxConnectionsPerIP: -1}",
       "4:38: error: entryPoints.e.transport.maxConnectionsPerIP \"-1\": out of range; write 0 to "
       "2147483647"},
  };

  check_rows(rows, entry_point);
}

TEST(static_options, an_address_is_needed_and_checked) {
  static constexpr Row rows[] = {
      {"asDefault: true",
       "1:18: error: entryPoints.e has no address; give it address: with [HOST]:PORT, as in "
       "\":80\""},
      {"address: ''",
       "1:28: error: entryPoints.e.address \"\": not allowed here; write [HOST]:PORT[/tcp], as in "
       "\":80\" or "
       "\"[::1]:80\"\n1:18: error: entryPoints.e has no address; give it address: with "
       "[HOST]:PORT, as in \":80\""},
      {"address: ':80/sctp'",
       "1:28: error: entryPoints.e.address \":80/sctp\": not allowed here; write "
       "[HOST]:PORT[/tcp], as in "
       "\":80\" or \"[::1]:80\"\n1:18: error: entryPoints.e has no address; give it address: with "
       "[HOST]:PORT, as in \":80\""},
      {"address: ':53/udp'",
       "1:28: error: entryPoints.e listens on UDP, which is not supported yet; take it out"},
  };

  check_rows(rows, [](std::string_view in) {
    return findings_of("entryPoints: {e: {" + std::string(in) + "}}");
  });
}

TEST(static_options, comfort_that_is_not_there_yet_warns) {
  static constexpr Row rows[] = {
      {"http3: {}",
       "4:12: warning: entryPoints.e.http3 is not supported yet and has no effect; HTTP/1.1 is "
       "served"},
      {"http3: {advertisedPort: 443}",
       "4:12: warning: entryPoints.e.http3 is not supported yet and has no effect; HTTP/1.1 is "
       "served"},
      {"http3: false", "ok"},
      {"udp: {timeout: 3s}",
       "4:20: warning: entryPoints.e.udp.timeout is not supported yet and has no effect"},
  };

  check_rows(rows, entry_point);
}

TEST(static_options, files_are_watched_or_not) {
  static constexpr Row rows[] = {
      {"{filename: a.yml}", "ok"},
      {"{filename: a.yml, watch: false}", "ok"},
      {"{directory: d, watch: true}", "ok"},
  };

  check_rows(rows, [](std::string_view in) {
    return findings_of("providers: {file: " + std::string(in) + "}");
  });
}

TEST(static_options, a_root_key_that_is_not_there_yet_is_told_apart_from_one_that_will_not_be) {
  static constexpr Row rows[] = {
      {"api: {}", "ok"},
      {"api: true", "ok"},
      {"api: false", "ok"},
      {"api:", "ok"},
      {"api: {basePath: x}",
       "1:17: error: api.basePath \"x\": not allowed here; write a path that begins with \"/\""},
      {"metrics: {prometheus: {}}", "ok"},
      {"metrics: {addInternals: true, prometheus: {buckets: [0.5, 2], addRoutersLabels: true, "
       "headerLabels: {ua: User-Agent}}}",
       "ok"},
      {"metrics: {prometheus: {buckets: [0.5, fast]}}",
       "1:39: error: metrics.prometheus.buckets \"fast\": not allowed here; write a number of "
       "seconds above 0"},
      {"metrics: {prometheus: {headerLabels: {code: X-Code}}}",
       "1:23: error: metrics.prometheus has the label \"code\" in headerLabels; write letters, "
       "digits "
       "and "
       "_, no digit first; code, method, protocol, entrypoint, router, service and le are taken"},
      {"metrics: {statsD: {}}",
       "1:19: error: metrics.statsD is not supported yet; use metrics.prometheus"},
      {"tracing: {}", "1:10: error: tracing is not supported yet; take it out"},
      {"certificatesResolvers: {le: {acme: {}}}",
       "1:24: error: certificatesResolvers is not supported yet; take it out"},
      {"hostResolver: {cnameFlattening: true}",
       "1:15: error: hostResolver is not supported yet; take it out"},
      {"cluster: {enabled: true}", "1:10: error: cluster is not supported yet; take it out"},
      {"ocsp: {}", "1:7: warning: ocsp is not supported yet and has no effect"},
      {"tcpServersTransport: {dialTimeout: 1s}",
       "1:22: warning: tcpServersTransport is not supported yet and has no effect"},
      {"spiffe: {workloadAPIAddr: a}",
       "1:1: error: spiffe is not supported: identities are configured with certificates; take it "
       "out"},
      {"pilot: {token: a}",
       "1:1: error: pilot is not supported: the service has ended; take it out"},
      {"experimental: {plugins: {a: b}}",
       "1:16: error: experimental.plugins is not supported: there are no plug-ins; take it out"},
      {"experimental: {otlplogs: true, fastProxy: {debug: true}, abortOnPluginFailure: true}",
       "ok"},
      {"experimental: {knative: false}", "ok"},
      {"experimental: {kubernetesGateway: true}",
       "1:35: error: experimental.kubernetesGateway is not supported yet; configurations are read "
       "from files"},
      {"global: {checkNewVersion: true, sendAnonymousUsage: true, notAppendXForwardedFor: true}",
       "ok"},
      {"restrictUpstreams: [10.0.0.0/8, '::1']", "ok"},
      {"restrictUpstreams: [app.test]",
       "1:21: error: restrictUpstreams \"app.test\": not allowed here; write an address or a "
       "network, as in 10.0.0.0/8"},
      {"staleDnsFor: 0", "ok"},
      {"staleDnsFor: -1s", "1:14: error: staleDnsFor \"-1s\": out of range; write 0s or more"},
      {"api: {allowedHosts: [admin.test, 192.0.2.1, '::1']}", "ok"},
      {"api: {allowedHosts: ['admin.test:8080']}",
       "1:22: error: api.allowedHosts \"admin.test:8080\": not allowed here; write a host without "
       "a port, as in admin.example.com"},
      {"workerMemoryLimit: 1GiB", "ok"},
      {"workerMemoryLimit: 0", "ok"},
      {"workerMemoryLimit: much",
       "1:20: error: workerMemoryLimit \"much\": not allowed here; write a number of bytes, as in "
       "536870912 or 512MiB"},
      {"providers: {docker: {}}",
       "1:13: error: providers.docker is not supported: configurations are read from files; take "
       "it out"},
      {"providers: {http: {endpoint: a}}",
       "1:19: error: providers.http is not supported yet; configurations are read from files"},
      {"providers: {redis: true}",
       "1:20: error: providers.redis is not supported yet; configurations are read from files"},
      {"log: {otlp: {}}",
       "1:13: error: log.otlp is not supported yet; write to a file or to standard output"},
      {"log: {maxSize: 10}", "1:16: warning: log.maxSize is not supported yet and has no effect"},
      {"log: {maxSize: 0, compress: false}", "ok"},
      {"accessLog: {otlp: {}}",
       "1:19: error: accessLog.otlp is not supported yet; write to a file or to standard output"},
      {"accessLog: {dualOutput: true}",
       "1:25: warning: accessLog.dualOutput is not supported yet and has no effect"},
  };

  check_rows(rows, findings_of);
}

TEST(static_options, values_of_the_static_part_are_checked) {
  static constexpr Row rows[] = {
      {"core: {defaultRuleSyntax: v3}", "ok"},
      {"core: {defaultRuleSyntax: v2}",
       "1:7: warning: core asks for the old syntax of rules, which is deprecated; write rules in "
       "the v3 syntax"},
      {"core: {defaultRuleSyntax: v4}",
       "1:27: error: core.defaultRuleSyntax \"v4\": not known; write one of v3, v2"},
      {"providers: {precedence: [FILE, docker]}", "ok"},
      {"providers: {precedence: [file, ftp]}",
       "1:32: error: providers.precedence \"ftp\": not known; write one of kubernetesgateway, "
       "kubernetescrd, kubernetes, "
       "kubernetesingressnginx, swarm, docker, file, redis, knative, consul, consulcatalog, nomad, "
       "etcd, ecs, http, "
       "zookeeper, rest"},
      {"log: {level: DEBUG, format: JSON}", "ok"},
      {"log: {level: Warning}", "ok"},
      {"log: {level: loud}",
       "1:14: error: log.level \"loud\": not known; write one of trace, debug, info, notice, warn, "
       "error, fatal, panic"},
      {"accessLog: {format: xml}",
       "1:21: error: accessLog.format \"xml\": not known; write one of common, genericCLF, json"},
      {"accessLog: {filters: {statusCodes: ['200', 300-302]}}", "ok"},
      {"accessLog: {filters: {statusCodes: [302-300]}}",
       "1:37: error: accessLog.filters.statusCodes \"302-300\": not allowed here; write a status "
       "or a range, as in \"200\" or "
       "\"300-302\""},
      {"accessLog: {fields: {defaultMode: redact}}",
       "1:35: error: accessLog.fields.defaultMode \"redact\": not known; write one of keep, drop"},
      {"ping: {terminatingStatusCode: 99}",
       "1:31: error: ping.terminatingStatusCode \"99\": out of range; write 200 to 599"},
      {"workers: auto", "ok"},
      {"workers: 4", "ok"},
      {"workers: 0",
       "1:10: error: workers \"0\": not allowed here; write auto, or a number from 1 to 1024"},
      {"workers: many",
       "1:10: error: workers \"many\": not allowed here; write auto, or a number from 1 to 1024"},
      {"workerCpuAffinity: '0001 0010'", "ok"},
      {"workerCpuAffinity: all",
       "1:20: error: workerCpuAffinity \"all\": not allowed here; write auto, or one mask of 0 and "
       "1 a "
       "worker, as in \"0001 0010\""},
      {"workerConnections: 0",
       "1:20: error: workerConnections \"0\": out of range; write 1 to 16777216"},
      {"user: nobody nogroup", "ok"},
      {"user: a b c",
       "1:7: error: user \"a b c\": not allowed here; write NAME, or NAME GROUP with one blank "
       "between"},
      {"operations: {orphans: serve, shutdownTimeout: 5m, termIsGraceful: true, seccomp: off}",
       "ok"},
      {"operations: {orphans: flee}",
       "1:23: error: operations.orphans \"flee\": not known; write one of drain, serve"},
      {"operations: {seccomp: enforce}", "ok"},
      {"operations: {seccomp: strict}",
       "1:23: error: operations.seccomp \"strict\": not known; write one of enforce, log, off"},
  };

  check_rows(rows, findings_of);
}

TEST(static_options, a_bad_access_log_format_is_an_error_that_stops_nothing) {
  const Trial trial("accessLog: {format: xml}");

  CHECK(trial.is_static_good);
  CHECK(trial.config.fixed.access_log->format == AccessFormat::common);
  UNSIGNED_LONGS_EQUAL(1, trial.findings.count(Severity::broken));
}

TEST(static_options, words_are_taken_in_any_case_and_become_ours) {
  const Trial trial(
      "log: {level: WARNING, format: Json}\nproviders: {precedence: [Docker, FILE]}\nworkers: "
      "3\ndaemon: true\npid: /run/p");

  const Static& fixed = trial.config.fixed;
  CHECK(fixed.log.level == pm::Level::warn);
  CHECK(fixed.log.format == pm::LogFormat::json);
  CHECK_EQUAL(std::string_view("docker"), std::string_view(fixed.providers.precedence[0]));
  CHECK_EQUAL(std::string_view("3"), std::string_view(fixed.workers.value));
  CHECK(fixed.daemon == true);
  CHECK_EQUAL(std::string_view("/run/p"), std::string_view(fixed.pid_path));
}

TEST(static_options, a_transport_has_its_options) {
  static constexpr Row rows[] = {
      {"{insecureSkipVerify: true, serverName: h, minVersion: VersionTLS12}", "ok"},
      {"{insecureSkipVerify: false}", "ok"},
      {"{maxIdleConnsPerHost: -1, maxIdleConns: 5, maxConnsPerHost: 6, maxConnLifetime: 1m, "
       "disableHTTP2: true}",
       "ok"},
      {"{forwardingTimeouts: {dialTimeout: 1s, responseHeaderTimeout: 2s, idleConnTimeout: 3s, "
       "requestTimeout: 4s, readIdleTimeout: 5s, pingTimeout: 6s}}",
       "ok"},
      {"{spiffe: {}}",
       "1:20: error: serversTransport.spiffe is not supported: identities are configured with "
       "certificates; take it out"},
  };

  check_rows(rows, [](std::string_view in) {
    return findings_of("serversTransport: " + std::string(in));
  });
}

TEST_GROUP(option_paths){static std::string key_at(std::string_view path){
    const Option* found = option_at(static_section(), path);
if (found == nullptr) return "none";
return found->key.empty() ? "free text" : std::string(found->key);
}
}
;

TEST(option_paths, lead_through_names_and_lists) {
  static constexpr Row rows[] = {
      {"log.level", "level"},
      {"LOG.LEVEL", "level"},
      {"entrypoints", "entryPoints"},
      {"entrypoints.web", "entryPoints"},
      {"entrypoints.web.address", "address"},
      {"entrypoints.web.http.redirections.entrypoint.to", "to"},
      {"accesslog.fields.names.RouterName", "free text"},
      {"accesslog.fields.headers.names.X-A.b", "free text"},
      {"log.levle", "none"},
      {"log.level.x", "none"},
      {"entrypoints.web.adress", "none"},
      {"", "none"},
      {"api.insecure", "insecure"},
      {"tracing.sampleRate", "none"},
  };

  check_rows(rows, key_at);
}
