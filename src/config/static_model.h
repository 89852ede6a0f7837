// SPDX-License-Identifier: MIT
// static_model.h -- the static configuration, typed and complete: what a start or a reload may change, and nothing else can.
//
//   shape   plain values with Traefik's defaults; a section that may be absent is an optional
//   own     values; copied into the Bundle by config/codec
//   source  static-config.md sections 4 to 7, operations.md section 4, security.md section 5
#pragma once

#include "config/mark.h"
#include "config/node.h"
#include "config/tls_model.h"
#include "core/log.h"
#include "core/number.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pm::config {

using TextList = std::vector<std::string>;
using MarkedList = std::vector<At<std::string>>;

struct ProxyProtocol {
  bool insecure = false;
  MarkedList trusted_ips;
};

struct ForwardedHeaders {
  bool insecure = false;
  MarkedList trusted_ips;
  TextList connection;
  bool not_append_x_forwarded_for = false;
  bool add_x_forwarded_scheme_headers = false;
};

struct Redirection {
  At<std::string> to;  // an entry point, or ":port"
  std::string scheme = "https";
  bool permanent = true;
  std::int64_t priority = INT64_MAX - 1;
};

struct EncodedCharacters {  // true: allowed
  bool slash = true;
  bool back_slash = true;
  bool null_character = true;
  bool semicolon = true;
  bool percent = true;
  bool question_mark = true;
  bool hash = true;
};

enum class UnderscoreStrategy : std::uint8_t { keep, remove, reject };

struct EntryPointWebSocket {
  bool enabled = true;
  std::int64_t max_connections = 0;
};

struct EntryPointHttp {
  std::optional<Redirection> redirection;
  MarkedList middlewares;
  std::optional<RouterTls> tls;  // of root routers that have none
  std::optional<EncodedCharacters> encoded_characters;
  bool encode_query_semicolons = false;
  bool sanitize_path = true;
  std::int64_t max_header_bytes = 1048576;
  UnderscoreStrategy underscore_headers_strategy = UnderscoreStrategy::keep;
  std::int64_t max_header_fields = 1000;
  std::int64_t max_request_line_bytes = 65536;
  Duration header_timeout = std::chrono::seconds(60);
  TextList deny_methods;
  std::int64_t max_connection_memory = 4 << 20;
  EntryPointWebSocket websocket;
  TextList allowed_upgrades;  // names of protocols; empty: any
  bool grpc_errors = false;
};

struct RespondingTimeouts {
  Duration read = std::chrono::seconds(60);
  Duration write{0};
  Duration idle = std::chrono::seconds(180);
};

struct LifeCycle {
  Duration request_accept_grace_timeout{0};
  Duration grace_timeout = std::chrono::seconds(10);
};

struct Transport {
  LifeCycle life_cycle;
  RespondingTimeouts responding_timeouts;
  Duration keep_alive_max_time{0};
  std::int64_t keep_alive_max_requests = 0;
  Duration send_stall_timeout = std::chrono::seconds(60);
  Duration lingering_timeout = std::chrono::seconds(1);
  Duration handshake_timeout = std::chrono::seconds(10);
  std::int64_t buffer_size = 65536;
  std::int64_t min_body_rate = 0;           // bytes a second; 0: any
  std::int64_t max_connections_per_ip = 0;  // 0: any number
};

struct EntryPointHttp2 {
  std::int64_t max_concurrent_streams = 250;  // 0: as many
  std::int64_t max_decoder_header_table_size = 4096;
  std::int64_t max_encoder_header_table_size = 4096;
  std::int64_t glitch_burst = 1000;
  std::int64_t glitch_rate = 33;
};

struct EntryPointObservability {
  bool access_logs = true;
  bool metrics = true;
  bool tracing = true;
  std::string trace_verbosity = "minimal";
};

struct EntryPoint {
  std::string name;
  Mark mark;
  At<std::string> address;
  bool as_default = false;
  bool allow_acme_by_pass = false;
  bool reuse_port = false;
  std::optional<ProxyProtocol> proxy_protocol;
  ForwardedHeaders forwarded_headers;
  EntryPointHttp http;
  EntryPointHttp2 http2;
  Transport transport;
  EntryPointObservability observability;
};

struct FileProvider {
  At<std::string> filename;
  At<std::string> directory;
  bool watch = true;
  bool debug_log_generated_template = false;
};

struct Providers {
  Duration throttle = std::chrono::seconds(2);
  // clang-format off
  TextList precedence{"kubernetesgateway", "kubernetescrd", "kubernetes", "kubernetesingressnginx", "swarm", "docker",
                      "file", "redis", "knative", "consul", "consulcatalog", "nomad", "etcd", "ecs", "http",
                      "zookeeper", "rest"};
  // clang-format on
  std::optional<FileProvider> file;
};

struct LogOptions {
  std::optional<Level> level;  // none given: error, or info on a terminal
  LogFormat format = LogFormat::common;
  bool no_color = false;
  std::string file_path;  // "": standard output
};

enum class AccessFormat : std::uint8_t { common, generic_clf, json };
enum class FieldMode : std::uint8_t { keep, drop, redact };

struct AccessFilters {
  TextList status_codes;
  bool retry_attempts = false;
  Duration min_duration{0};
};

struct AccessFields {
  FieldMode default_mode = FieldMode::keep;
  std::map<std::string, std::string> names;  // field -> keep | drop
  FieldMode headers_default_mode = FieldMode::drop;
  std::map<std::string, std::string> header_names;  // header -> keep | drop | redact
  FieldMode query_default_mode = FieldMode::keep;
};

struct AccessLog {
  std::string file_path;  // "": standard output
  AccessFormat format = AccessFormat::common;
  std::int64_t buffering_size = 0;
  bool add_internals = false;
  AccessFilters filters;
  AccessFields fields;
};

struct Ping {
  At<std::string> entry_point{"traefik", {}};
  bool manual_routing = false;
  std::int64_t terminating_status_code = 503;
};

struct Api {
  bool insecure = false;
  bool dashboard = true;
  bool debug = false;
  At<std::string> base_path{"/", {}};
  bool disable_dashboard_ad = false;
  std::string dashboard_name;
  TextList allowed_hosts;  // without ports; empty: any
};

struct Prometheus {
  At<std::string> entry_point{"traefik", {}};
  bool manual_routing = false;
  MarkedList buckets{{"0.1", {}}, {"0.3", {}}, {"1.2", {}}, {"5.0", {}}};  // seconds
  bool add_entry_points_labels = true;
  bool add_routers_labels = false;
  bool add_services_labels = true;
  std::map<std::string, std::string> header_labels;  // label to header
};

struct Metrics {
  bool add_internals = false;
  std::optional<Prometheus> prometheus;
};

struct ForwardingTimeouts {
  Duration dial = std::chrono::seconds(30);
  Duration response_header{0};
  Duration idle_conn = std::chrono::seconds(90);
  Duration request{0};
  Duration read_idle{0};
  Duration ping = std::chrono::seconds(15);
};

// serversTransport (static: "default@internal") and http.serversTransports.<name>.
struct ServersTransport {
  std::string name;
  std::string provider;  // "" for the static one
  Mark mark;
  // TLS
  std::string server_name;
  bool insecure_skip_verify = false;
  MarkedList root_cas;
  std::vector<CertificatePair> certificates;
  MarkedList cipher_suites;
  At<std::string> min_version;
  At<std::string> max_version;
  std::vector<PeerSan> peer_sans;
  At<std::string> peer_uri;
  std::vector<std::string>
      authorities;  // carried: PEM, beside root_cas; "" where it could not be read
  // 0: 2 for a named transport, 200 for the default one; negative: no reuse.
  std::int64_t max_idle_conns_per_host = 0;
  std::int64_t max_idle_conns = 0;      // in all, least recently used goes first; 0: no bound
  std::int64_t max_conns_per_host = 0;  // 0: no bound
  Duration max_conn_lifetime{0};
  bool disable_http2 = false;
  std::int64_t max_response_header_bytes = 262144;
  ForwardingTimeouts forwarding_timeouts;
};

struct Operations {
  Duration shutdown_timeout = std::chrono::hours(1);
  std::optional<bool> term_is_graceful;  // none: true as pid 1 in the foreground
  std::string orphans = "drain";         // "serve"
  std::string seccomp = "enforce";       // "log", "off"
};

struct Static {
  std::vector<EntryPoint> entry_points;  // in the order of the file
  Providers providers;
  LogOptions log;
  std::optional<AccessLog> access_log;
  std::optional<Ping> ping;
  std::optional<Api> api;
  Metrics metrics;
  ServersTransport servers_transport;
  std::string default_rule_syntax = "v3";
  // process
  At<std::string> workers{"auto", {}};
  std::string worker_cpu_affinity = "";
  std::int64_t worker_connections = 65536;
  std::string worker_memory_limit = "0";  // 0: none
  std::int64_t rlimit_nofile = 0;         // 0: soft raised to hard
  std::string spill_path;
  std::int64_t spill_size = std::int64_t{1} << 30;
  std::int64_t worker_priority = 0;
  MarkedList restrict_upstreams;  // addresses and networks; empty: any
  Duration stale_dns_for = std::chrono::hours(1);
  At<std::string> user;  // "NAME [GROUP]"
  std::optional<bool> daemon;
  std::string pid_path;
  bool strict_key_permissions = false;
  Operations operations;
  std::string system_authorities;  // carried: PEM; "" when no transport needs them
};

}  // namespace pm::config
