// SPDX-License-Identifier: MIT
#include "config/options.h"
#include "config/static_model.h"
#include "config/tables.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace pm::config {
namespace {

constexpr std::string_view no_provider = "configurations are read from files";

constexpr Option file_options[] = {
    option<&FileProvider::filename>("filename", "one file with routers, services and middlewares"),
    option<&FileProvider::directory>("directory", "a directory of such files; wins over filename"),
    option<&FileProvider::watch>("watch", "read a file again when it changes"),
    option<&FileProvider::debug_log_generated_template>(
        "debugLogGeneratedTemplate", "log each file before and after its templates at level debug"),
};
constexpr Section file_keys = section_of<FileProvider>(file_options);

constexpr std::string_view provider_words[] = {"kubernetesgateway",
                                               "kubernetescrd",
                                               "kubernetes",
                                               "kubernetesingressnginx",
                                               "swarm",
                                               "docker",
                                               "file",
                                               "redis",
                                               "knative",
                                               "consul",
                                               "consulcatalog",
                                               "nomad",
                                               "etcd",
                                               "ecs",
                                               "http",
                                               "zookeeper",
                                               "rest"};

constexpr Option providers_options[] = {
    option<&Providers::throttle>("providersThrottleDuration",
                                 "least time between two configurations of one provider")
        .at_least(0),
    option<&Providers::precedence>("precedence",
                                   "which provider wins between routers of equal priority")
        .of(provider_words),
    section<&Providers::file>("file", file_keys, "configurations in files"),
    missing("http", "configurations from a URL").as(Status::missing, no_provider),
    missing("redis", "configurations from Redis").as(Status::missing, no_provider),
    missing("consul", "configurations from Consul").as(Status::missing, no_provider),
    refused("docker", no_provider),
    refused("swarm", no_provider),
    refused("kubernetesIngress", no_provider),
    refused("kubernetesIngressNGINX", no_provider),
    refused("kubernetesCRD", no_provider),
    refused("kubernetesGateway", no_provider),
    refused("knative", no_provider),
    refused("nomad", no_provider),
    refused("consulCatalog", no_provider),
    refused("ecs", no_provider),
    refused("etcd", no_provider),
    refused("zooKeeper", no_provider),
    refused("rest", no_provider),
    refused("plugin", no_provider),
    refused("marathon", no_provider),
    refused("rancher", no_provider),
};
constexpr Section providers_keys = section_of<Providers>(providers_options);

constexpr Option ping_options[] = {
    option<&Ping::entry_point>("entryPoint", "entry point that answers /ping"),
    option<&Ping::manual_routing>("manualRouting", "only routers that name ping@internal answer"),
    option<&Ping::terminating_status_code>("terminatingStatusCode",
                                           "status while a stop is under way")
        .at_least(200)
        .at_most(599),
};
constexpr Section ping_keys = section_of<Ping>(ping_options);

constexpr Option api_options[] = {
    option<&Api::insecure>("insecure", "answer on entry point traefik without a router"),
    option<&Api::dashboard>("dashboard", "the dashboard beside the API"),
    option<&Api::debug>("debug", "answer /debug/vars"),
    option<&Api::base_path>("basePath", "what stands before /api and /dashboard")
        .checked(check_base_path),
    option<&Api::disable_dashboard_ad>("disableDashboardAd", "no effect: there is none"),
    option<&Api::dashboard_name>("dashboardName", "name that the dashboard shows"),
    option<&Api::allowed_hosts>(
        "allowedHosts",
        "hosts of the API, all without any: 403 where Host or Origin names another one")
        .checked(check_host),
};
constexpr Section api_keys = section_of<Api>(api_options);

constexpr std::string_view no_exporter = "use metrics.prometheus";

constexpr std::size_t max_buckets = 64;

std::string_view check_bucket(std::string_view text) {
  const auto seconds = parse_float(text);
  return seconds && *seconds > 0 && *seconds < 1e9 ? "" : "write a number of seconds above 0";
}

bool is_label_name(std::string_view name) {
  constexpr std::string_view taken[] = {"code",   "method",  "protocol", "entrypoint",
                                        "router", "service", "le"};
  const auto is_fit = [](char c) {
    return c == '_' || text::is_alpha(c) || text::is_digit(c);
  };
  return !name.empty() && !text::is_digit(name[0]) && !name.starts_with("__") &&
         std::all_of(name.begin(), name.end(), is_fit) &&
         std::find(std::begin(taken), std::end(taken), name) == std::end(taken);
}

constexpr Option prometheus_options[] = {
    option<&Prometheus::entry_point>("entryPoint", "entry point that answers /metrics"),
    option<&Prometheus::manual_routing>("manualRouting",
                                        "only routers that name prometheus@internal answer"),
    option<&Prometheus::buckets>("buckets", "limits of the duration histograms, in seconds")
        .checked(check_bucket)
        .with_default("0.1, 0.3, 1.2, 5.0"),
    option<&Prometheus::add_entry_points_labels>("addEntryPointsLabels", "count by entry point"),
    option<&Prometheus::add_routers_labels>("addRoutersLabels", "count by router"),
    option<&Prometheus::add_services_labels>("addServicesLabels", "count by service"),
    option<&Prometheus::header_labels>(
        "headerLabels", "labels of the request counters, each with the header that it shows"),
};
bool verify_prometheus(const Prometheus& source, Complaint& complaint) {
  if (source.buckets.size() > max_buckets) {
    complaint = {source.buckets.back().mark, fmt::format("has more than {} buckets", max_buckets),
                 "leave some out"};
    return false;
  }
  for (const auto& [label, header] : source.header_labels) {
    if (is_label_name(label)) continue;
    complaint = {{},
                 fmt::format("has the label {} in headerLabels", text::quoted(label)),
                 "write letters, digits and _, no digit first; code, method, protocol, entrypoint, "
                 "router, service and le are taken"};
    return false;
  }
  return true;
}
constexpr Section prometheus_keys = section_of<Prometheus, verify_prometheus>(prometheus_options);

constexpr Option metrics_options[] = {
    option<&Metrics::add_internals>("addInternals", "count services of our own"),
    section<&Metrics::prometheus>("prometheus", prometheus_keys, "counters at /metrics").empty(),
    missing("otlp", "counters over OTLP").as(Status::missing, no_exporter),
    missing("datadog", "counters for Datadog").as(Status::missing, no_exporter),
    missing("statsD", "counters for StatsD").as(Status::missing, no_exporter),
    missing("influxDB2", "counters for InfluxDB").as(Status::missing, no_exporter),
};
constexpr Section metrics_keys = section_of<Metrics>(metrics_options);

constexpr Option global_options[] = {
    accepted("checkNewVersion", Kind::flag, "no effect: nothing is ever contacted")
        .with_default("true"),
    accepted("sendAnonymousUsage", Kind::flag, "no effect: nothing is ever sent")
        .with_default("false"),
    accepted("notAppendXForwardedFor", Kind::flag, "no effect, as in Traefik; see forwardedHeaders")
        .with_default("false"),
};
constexpr Section global_keys = section_of<Static>(global_options);

constexpr Option core_options[] = {
    option<&Static::default_rule_syntax>("defaultRuleSyntax", "syntax of rules that do not say")
        .of(syntax_words),
};
bool verify_core(const Static& fixed, Complaint& complaint) {
  complaint = {{},
               "asks for the old syntax of rules, which is deprecated",
               "write rules in the v3 syntax",
               Severity::warning};
  return fixed.default_rule_syntax != "v2";
}
constexpr Section core_keys = section_of<Static, verify_core>(core_options);

constexpr Option experimental_options[] = {
    accepted("otlpLogs", Kind::flag, "no effect: the option log.otlp decides")
        .with_default("false"),
    accepted("fastProxy", Kind::opaque, "no effect").empty(),
    accepted("abortOnPluginFailure", Kind::flag, "no effect: there are no plug-ins")
        .with_default("false"),
    refused("plugins", "there are no plug-ins"),
    refused("localPlugins", "there are no plug-ins"),
    refused("http3", "HTTP/3 is an option of an entry point"),
    missing("knative", "the provider", Kind::flag)
        .as(Status::missing, no_provider)
        .quiet_at("false"),
    missing("kubernetesGateway", "the provider", Kind::flag)
        .as(Status::missing, no_provider)
        .quiet_at("false"),
    missing("kubernetesIngressNGINX", "the provider", Kind::flag)
        .as(Status::missing, no_provider)
        .quiet_at("false"),
};
constexpr Section experimental_keys = section_of<Static>(experimental_options);

constexpr std::string_view orphan_words[] = {"drain", "serve"};
constexpr std::string_view seccomp_words[] = {"enforce", "log", "off"};
constexpr Option operations_options[] = {
    option<&Operations::shutdown_timeout>("shutdownTimeout",
                                          "life of replaced workers after a reload")
        .at_least(0),
    option<&Operations::term_is_graceful>("termIsGraceful", "TERM lets what runs end, as QUIT does")
        .with_default("true as process 1 in the foreground, false otherwise"),
    option<&Operations::orphans>("orphans", "what workers do when their master is gone")
        .of(orphan_words),
    option<&Operations::seccomp>(
        "seccomp", "system calls that no worker needs: refused, or only named in the kernel's log")
        .of(seccomp_words),
};
constexpr Section operations_keys = section_of<Operations>(operations_options);

constexpr Option static_options[] = {
    option<&Static::workers>("workers",
                             "worker processes: auto is one for each CPU that may be used")
        .checked(check_workers),
    option<&Static::worker_cpu_affinity>("workerCpuAffinity",
                                         "auto binds each worker to a CPU; or masks of 0 and 1")
        .checked(check_affinity),
    option<&Static::worker_connections>("workerConnections", "connections of one worker")
        .at_least(1)
        .at_most(1 << 24)
        .in("connections"),
    option<&Static::rlimit_nofile>(
        "rlimitNofile", "open files of one process; 0 raises the soft limit to the hard one")
        .at_least(0)
        .in("descriptors"),
    option<&Static::spill_path>("spillPath",
                                "folder for bodies that are held and too large for memory")
        .with_default("as compiled in"),
    option<&Static::spill_size>("spillSize", "size of that file, of one worker")
        .at_least(0)
        .in("bytes"),
    option<&Static::worker_priority>("workerPriority", "nice value of workers")
        .at_least(-20)
        .at_most(19),
    option<&Static::worker_memory_limit>(
        "workerMemoryLimit",
        "memory of one worker; above 90 % no new connections, above 95 % idle ones go; 0 is none")
        .checked(check_size),
    option<&Static::restrict_upstreams>(
        "restrictUpstreams",
        "addresses and networks that servers may have, all without any; others are never asked")
        .checked(check_cidr),
    option<&Static::stale_dns_for>(
        "staleDnsFor",
        "how long the last addresses of a name that does not resolve any more stay in use")
        .at_least(0),
    option<&Static::user>("user", "account of workers, NAME or NAME GROUP")
        .checked(check_user)
        .with_default("pointsman if there is one, else nobody"),
    option<&Static::daemon>("daemon", "run in the background").with_default("false; true with -D"),
    option<&Static::pid_path>("pid", "file with the number of the master process")
        .with_default("compiled in; none in the foreground"),
    option<&Static::strict_key_permissions>(
        "strictKeyPermissions",
        "refuse a key that others may read or somebody else owns, not only warn"),
    carried<&Static::system_authorities>(),
    later("workingDirectory", Kind::text, "directory for core dumps"),
    later("rlimitCore", Kind::integer, "size of core dumps")
        .at_least(0)
        .in("bytes")
        .quiet_at("0")
        .with_default("0"),
    section<&Static::operations>("operations", operations_keys, "how the daemon is run"),
    later("limits", Kind::opaque, "bounds of remote documents"),
    named<&Static::entry_points>("entryPoints", entry_point_keys, "where clients connect"),
    section<&Static::providers>("providers", providers_keys,
                                "where routers and services come from"),
    section<&Static::log>("log", log_keys, "the error log").empty(),
    section<&Static::access_log>("accessLog", access_log_keys, "the access log; off when absent")
        .empty(),
    section<&Static::ping>("ping", ping_keys, "answer /ping; off when absent").empty(),
    section<&Static::api>("api", api_keys, "answer /api; off when absent").empty(),
    section<&Static::metrics>("metrics", metrics_keys, "counters for Prometheus and others"),
    missing("tracing", "traces"),
    section<&Static::servers_transport>("serversTransport", servers_transport_keys,
                                        "connections to servers, unless a service names another"),
    later("tcpServersTransport", Kind::opaque, "connections to servers of TCP services"),
    group("core", core_keys, "rules"),
    group("global", global_keys, "no effect"),
    group("experimental", experimental_keys, "no effect"),
    missing("certificatesResolvers", "certificates by ACME"),
    missing("hostResolver", "match hosts by the target of their CNAME"),
    missing("cluster", "several boxes as one"),
    later("ocsp", Kind::opaque, "OCSP stapling").empty(),
    refused("spiffe", "identities are configured with certificates"),
    refused("pilot", "the service has ended"),
};

constinit const Section root = section_of<Static>(static_options);

}  // namespace

const Section& static_section() noexcept {
  return root;
}

}  // namespace pm::config
