// SPDX-License-Identifier: MIT
// maximal_config.h -- a configuration that gives every supported option a value that is not its default.
//
//   source  a test walks the option tables and names an option that is missing here
#pragma once

#include <string_view>

inline constexpr std::string_view maximal_config = R"yaml(
workers: 3
workerCpuAffinity: "001 010"
workerConnections: 1000
workerMemoryLimit: 512MiB
spillPath: /var/spool
spillSize: 1000000
rlimitNofile: 5000
workerPriority: -5
restrictUpstreams: [10.0.0.0/8, "::1"]
staleDnsFor: 10m
user: proxy proxies
daemon: true
pid: /run/p.pid
strictKeyPermissions: true
operations: {shutdownTimeout: 5m, termIsGraceful: true, orphans: serve, seccomp: log}
entryPoints:
  web:
    address: "[::1]:8080/tcp"
    asDefault: true
    allowACMEByPass: true
    reusePort: true
    proxyProtocol: {insecure: true, trustedIPs: [10.0.0.0/8, "::1"]}
    forwardedHeaders:
      insecure: true
      trustedIPs: "127.0.0.1, 10.0.0.0/8"
      connection: [X-Keep]
      notAppendXForwardedFor: true
      addXForwardedSchemeHeaders: true
    http2:
      maxConcurrentStreams: 100
      maxDecoderHeaderTableSize: 8192
      maxEncoderHeaderTableSize: 8192
      glitchBurst: 50
      glitchRate: 5
    http:
      redirections: {entryPoint: {to: ":443", scheme: http, permanent: false, priority: 7}}
      middlewares: [strip@file]
      tls: {options: modern@file, certResolver: r}
      encodedCharacters:
        allowEncodedSlash: false
        allowEncodedBackSlash: false
        allowEncodedNullCharacter: false
        allowEncodedSemicolon: false
        allowEncodedPercent: false
        allowEncodedQuestionMark: false
        allowEncodedHash: false
      encodeQuerySemicolons: true
      sanitizePath: false
      maxHeaderBytes: 65536
      underscoreHeadersStrategy: reject
      maxHeaderFields: 100
      maxRequestLineBytes: 8192
      headerTimeout: 10s
      denyMethods: [TRACE, CONNECT]
      maxConnectionMemory: 1048576
      websocket: {enabled: false, maxConnections: 5}
      allowedUpgrades: [websocket, chat]
      grpcErrors: true
    transport:
      lifeCycle: {requestAcceptGraceTimeout: 1s, graceTimeOut: 2s}
      respondingTimeouts: {readTimeout: 3s, writeTimeout: 4s, idleTimeout: 5s}
      keepAliveMaxTime: 6s
      keepAliveMaxRequests: 7
      sendStallTimeout: 8s
      lingeringTimeout: 9s
      bufferSize: 16384
      handshakeTimeout: 11s
      minBodyRate: 500
      maxConnectionsPerIP: 20
    observability: {accessLogs: false, metrics: false, tracing: false, traceVerbosity: detailed}
  admin: {address: "127.0.0.1:0"}
providers:
  providersThrottleDuration: 1s
  precedence: [file, docker]
  file: {filename: a.yml, directory: "d \"x\"", watch: false, debugLogGeneratedTemplate: true}
log: {level: warning, format: json, noColor: true, filePath: /var/log/p.log}
accessLog:
  filePath: "/var/log/\u00e4 \t.log"
  format: json
  bufferingSize: 100
  addInternals: true
  filters: {statusCodes: ["200", 300-302], retryAttempts: true, minDuration: 10ms}
  fields:
    defaultMode: drop
    names: {RouterName: keep, StartUTC: drop}
    headers: {defaultMode: redact, names: {X-A: keep, "x.y z": drop}}
    queryParameters: {defaultMode: drop}
api: {insecure: true, dashboard: false, debug: true, basePath: /base, disableDashboardAd: true, dashboardName: here, allowedHosts: [admin.test]}
metrics: {addInternals: true, prometheus: {entryPoint: admin, manualRouting: true, buckets: [0.25, 2], addEntryPointsLabels: false, addRoutersLabels: true, addServicesLabels: false, headerLabels: {agent: User-Agent}}}
ping: {entryPoint: admin, manualRouting: true, terminatingStatusCode: 500}
serversTransport: &transport
  serverName: inside.test
  insecureSkipVerify: true
  rootCAs: [ca.pem]
  certificates: [{certFile: c.pem, keyFile: k.pem}]
  cipherSuites: [TLS_AES_128_GCM_SHA256]
  minVersion: VersionTLS11
  maxVersion: VersionTLS12
  peerCertSANs: [{type: URI, value: "spiffe://a"}]
  peerCertURI: spiffe://b
  maxIdleConnsPerHost: 50
  maxIdleConns: 60
  maxConnsPerHost: 70
  maxConnLifetime: 80s
  disableHTTP2: true
  maxResponseHeaderBytes: 1000
  forwardingTimeouts: {dialTimeout: 1s, responseHeaderTimeout: 2s, idleConnTimeout: 3s, requestTimeout: 4s, readIdleTimeout: 5s, pingTimeout: 6s}
core: {defaultRuleSyntax: v2}
http:
  routers:
    plain:
      entryPoints: [web]
      rule: "Host(`a.test`) || Path(`/b`)"
      ruleSyntax: v3
      priority: -5
      middlewares: [strip, "own@file"]
      service: balanced
      parentRefs: [parent]
      tls: {options: modern, certResolver: r, domains: [{main: a.test}]}
      observability: {accessLogs: false, metrics: true, tracing: false, traceVerbosity: detailed}
      grpcErrors: true
    "true": {service: weighed}
  services:
    balanced:
      middlewares: [strip]
      loadBalancer:
        servers:
          - {url: "http://user:word@10.0.0.1:80/x", weight: 3, preservePath: true}
          - {url: "http://10.0.0.2"}
        strategy: p2c
        passHostHeader: false
        responseForwarding: {flushInterval: -1s}
        serversTransport: slow
        sticky: {cookie: {}}
        healthCheck:
          path: /health
          mode: grpc
          method: HEAD
          status: 204
          scheme: https
          port: 9000
          hostname: inside.test
          headers: {X-A: b, X-Token: c}
          followRedirects: false
          interval: 1s
          unhealthyInterval: 2s
          timeout: 3s
        passiveHealthCheck: {maxFailedAttempts: 1}
    weighed: {weighted: {services: [{name: balanced, weight: 2}, {name: other}], healthCheck: {}}}
    odd: {mirroring: {service: balanced}, failover: {service: balanced}}
  middlewares:
    strip: {stripPrefix: {prefixes: [/a, "/b c"], count: 5, f: 1.50, on: true, e: "", z: }}
    auth: {basicAuth: {users: ["u:$apr1$x"]}}
  serversTransports:
    slow: *transport
tls:
  certificates: [{certFile: a.pem, keyFile: a.key, stores: [default]}]
  stores:
    default: {defaultCertificate: {certFile: d.pem, keyFile: d.key}}
  options:
    modern:
      minVersion: VersionTLS10
      maxVersion: VersionTLS13
      cipherSuites: [TLS_RSA_WITH_AES_128_CBC_SHA]
      curvePreferences: [X25519]
      clientAuth: {caFiles: [ca.pem], clientAuthType: RequestClientCert}
      sniStrict: true
      alpnProtocols: [http/1.1]
      disableSessionTickets: true
)yaml";
