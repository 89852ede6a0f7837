// SPDX-License-Identifier: MIT
#include "agent/metric_page.h"

#include "agent/config_json.h"
#include "agent/gzip.h"
#include "agent/process_page.h"
#include "core/text.h"
#include "observe/request_labels.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::agent {
namespace {

namespace kind = observe::kind;
namespace cell = observe::cell;
using observe::append_label;
using observe::Family;
using Type = Exposition::Type;

constexpr double nanoseconds = 1e9;
constexpr std::size_t worth_packing = 1024;
constexpr std::string_view family_names[] = {"entrypoint", "router", "service"};
constexpr std::string_view places[] = {"an entry point", "a router", "a service"};

// Labels stand in the order of their names: "entrypoint" before "method", "router" and "service" behind "protocol".
std::string request_labels(const Sum& sum, Family family) {
  const auto labels = observe::RequestLabels::unpacked(sum.labels);
  const bool is_other = labels.method == observe::Method::other;
  std::string text;
  append_label(text, "code",
               is_other ? std::string(observe::other_name) : fmt::format("{}", labels.code));
  if (family == Family::entry_point) append_label(text, "entrypoint", sum.name);
  append_label(text, "method", name_of(labels.method));
  append_label(text, "protocol", name_of(labels.protocol));
  if (family == Family::router) append_label(text, "router", sum.name);
  if (family != Family::entry_point)
    append_label(text, "service", family == Family::router ? sum.second : sum.name);
  return text;
}

// `a="x",b="y"` at its quotes; those within a value stand behind a backslash.
void split_labels(std::string_view text, std::vector<std::string_view>& labels) {
  std::size_t begin = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (text[i] == ',' && !is_quoted) {
      labels.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  if (begin < text.size()) labels.push_back(text.substr(begin));
}

std::string merged(std::string_view a, std::string_view b) {
  std::vector<std::string_view> labels;
  split_labels(a, labels);
  split_labels(b, labels);
  std::sort(labels.begin(), labels.end());
  std::string text;
  for (const std::string_view label : labels)
    text.append(text.empty() ? "" : ",").append(label);
  return text;
}

// Of the requests over TLS.
std::string tls_labels(const Sum& sum, Family family) {
  const std::size_t blank = sum.extra.find(' ');
  std::string text;
  append_label(text, family_names[static_cast<std::size_t>(family)], sum.name);
  if (family == Family::router) append_label(text, "service", sum.second);
  append_label(text, "tls_cipher", std::string_view(sum.extra).substr(blank + 1));
  append_label(text, "tls_version", std::string_view(sum.extra).substr(0, blank));
  return text;
}

struct Row {
  const Sum* sum;
  std::string labels;
};

// What one page shows of a family.
struct Rows {
  std::vector<Row> requests;
  std::vector<Row> by_header;
  std::vector<Row> tls;
};

Rows rows_of(Family family, const std::vector<Sum>& sums, const MetricNames& names,
             std::uint32_t header_shape) {
  Rows rows;
  for (const Sum& sum : sums) {
    if (!names.shows(family, sum.name)) continue;
    if (sum.kind == observe::of(kind::requests, family) && sum.cell(cell::count) != 0)
      rows.requests.push_back({&sum, request_labels(sum, family)});
    // Its labels come as text; a line end would be somebody's own line of the page.
    if (sum.kind == observe::of(kind::by_header, family) && sum.shape == header_shape &&
        sum.extra.find('\n') == std::string::npos)
      rows.by_header.push_back({&sum, merged(request_labels(sum, family), sum.extra)});
    if (sum.kind == observe::of(kind::tls, family))
      rows.tls.push_back({&sum, tls_labels(sum, family)});
  }
  return rows;
}

}  // namespace

void MetricPage::take(const config::Config& config) {
  if (config.fixed.metrics.prometheus)
    settings_ = observe::settings_of(*config.fixed.metrics.prometheus);
  shape_ = observe::shape_of(settings_.buckets);
  header_shape_ = observe::shape_of(settings_.header_labels);
  names_.take(config);
  certificates_.clear();
  const auto add = [this](const config::CertificatePair& pair) {
    if (pair.not_after == 0) return;
    Certificate& one = certificates_.emplace_back();
    append_label(one.labels, "cn", pair.common_name);
    append_label(one.labels, "sans", text::join(pair.dns_names, ","));
    append_label(one.labels, "serial", pair.serial);
    one.not_after = pair.not_after;
  };
  for (const config::CertificatePair& pair : config.dynamic.certificates)
    add(pair);
  for (const config::TlsStore& store : config.dynamic.tls_stores) {
    if (store.default_certificate) add(*store.default_certificate);
  }
  std::sort(certificates_.begin(), certificates_.end());
  certificates_.erase(
      std::unique(certificates_.begin(), certificates_.end(),
                  [](const auto& a, const auto& b) { return a.labels == b.labels; }),
      certificates_.end());
}

Reply MetricPage::answer(const Question& question) {
  const http::Headers& fields = question.request->headers;
  const bool is_open = fields.get(http::FieldId::accept).find("application/openmetrics-text") !=
                       std::string_view::npos;
  const auto format = is_open ? Exposition::Format::open_metrics : Exposition::Format::text;
  Reply reply;
  reply.type = Exposition::media_type(format);
  reply.body = page(format);
  reply.fields.emplace_back("Vary", "Accept, Accept-Encoding");
  if (reply.body.size() < worth_packing || !accepts_gzip(fields)) return reply;
  if (auto packed = gzip(reply.body)) {
    reply.body = std::move(*packed);
    reply.fields.emplace_back("Content-Encoding", "gzip");
  }
  return reply;
}

std::string MetricPage::page(Exposition::Format format) {
  const std::vector<Sum> sums = sum_up(*options_.slabs, shape_);
  Exposition out(format);
  write_configuration(sums, out);
  out.family("traefik_open_connections", Type::gauge, "Open connections by entry point.");
  for (const Sum& sum : sums) {
    if (sum.kind != kind::connections || !names_.shows(Family::entry_point, sum.name)) continue;
    std::string labels;
    append_label(labels, "entrypoint", sum.name);
    append_label(labels, "protocol", sum.extra);
    out.sample(labels, sum.cell(0));
  }
  out.family("pointsman_websocket_connections", Type::gauge, "Open WebSockets by entry point.");
  for (const Sum& sum : sums) {
    if (sum.kind != kind::websockets || !names_.shows(Family::entry_point, sum.name)) continue;
    std::string labels;
    append_label(labels, "entrypoint", sum.name);
    out.sample(labels, sum.cell(0));
  }
  write_certificates(out);
  if (settings_.entry_points) write_requests(Family::entry_point, sums, out);
  if (settings_.routers) write_requests(Family::router, sums, out);
  if (settings_.services) {
    write_requests(Family::service, sums, out);
    out.family("traefik_service_retries_total", Type::counter,
               "Requests that were sent once more, by service.");
    write_named(kind::retries, Family::service, sums, out);
    out.family("pointsman_upstream_failures_total", Type::counter,
               "Attempts that no server answered, by service and reason.");
    write_named(kind::failures, Family::service, sums, out);
  }
  write_servers(out);
  out.family("pointsman_tls_handshakes_total", Type::counter, "TLS handshakes by how they went.");
  write_named(kind::handshakes, Family::entry_point, sums, out);
  write_processes(sums, out);
  write_workers(sums, out);
  out.family("pointsman_metrics_unplaced_total", Type::counter,
             "Times that a series had no room and was counted as other.");
  for (const Sum& sum : sums) {
    if (sum.kind == kind::unplaced) out.sample({}, sum.cell(0));
  }
  out.family("pointsman_build_info", Type::gauge, "What runs.");
  out.sample(options_.build, std::uint64_t{1});
  names_.shown();
  return std::move(out).finish();
}

// ---- requests ---------------------------------------------------------------------------------------------------------

void MetricPage::write_requests(Family family, const std::vector<Sum>& sums,
                                Exposition& out) const {
  const Rows rows = rows_of(family, sums, names_, header_shape_);
  const std::string prefix =
      fmt::format("traefik_{}_", family_names[static_cast<std::size_t>(family)]);
  const std::string_view place = places[static_cast<std::size_t>(family)];
  out.family(prefix + "requests_total", Type::counter, fmt::format("Requests on {}.", place));
  for (const Row& row : settings_.header_labels.empty() ? rows.requests : rows.by_header)
    out.sample(row.labels, row.sum->cell(0));
  out.family(prefix + "requests_tls_total", Type::counter,
             fmt::format("Requests over TLS on {}, by version and cipher.", place));
  for (const Row& row : rows.tls)
    out.sample(row.labels, row.sum->cell(0));
  out.family(prefix + "request_duration_seconds", Type::histogram,
             fmt::format("How long requests on {} took.", place));
  for (const Row& row : rows.requests) {
    const auto& cells = row.sum->cells;
    if (cells.size() != cell::first_bucket + settings_.buckets.size() + 1) continue;
    out.histogram(row.labels, {settings_.buckets, std::span(cells).subspan(cell::first_bucket),
                               static_cast<double>(cells[cell::time]) / nanoseconds});
  }
  out.family(prefix + "requests_bytes_total", Type::counter,
             fmt::format("Bytes of request bodies on {}.", place));
  for (const Row& row : rows.requests)
    out.sample(row.labels, row.sum->cell(cell::request_bytes));
  out.family(prefix + "responses_bytes_total", Type::counter,
             fmt::format("Bytes of response bodies on {}.", place));
  for (const Row& row : rows.requests)
    out.sample(row.labels, row.sum->cell(cell::response_bytes));
}

// Counters of one cell; what their second label is called depends on the kind.
void MetricPage::write_named(std::uint32_t kind, Family family, const std::vector<Sum>& sums,
                             Exposition& out) const {
  for (const Sum& sum : sums) {
    if (sum.kind != kind || !names_.shows(family, sum.name)) continue;
    std::string labels;
    if (kind == kind::failures) append_label(labels, "reason", sum.extra);
    append_label(labels, family_names[static_cast<std::size_t>(family)], sum.name);
    if (kind == kind::handshakes) append_label(labels, "result", sum.extra);
    out.sample(labels, sum.cell(0));
  }
}

// ---- the rest ---------------------------------------------------------------------------------------------------------

void MetricPage::write_servers(Exposition& out) const {
  out.family("traefik_service_server_up", Type::gauge, "1: the server passes its health check.");
  options_.probes->for_each([&out](const upstream::Probe& probe, shm::ServerState state) {
    std::string labels;
    append_label(labels, "service", probe.service);
    append_label(labels, "url", without_credentials(probe.server));
    out.sample(labels, std::uint64_t{state == shm::ServerState::down ? 0u : 1u});
  });
}

void MetricPage::write_certificates(Exposition& out) const {
  out.family("traefik_tls_certs_not_after", Type::gauge, "When certificates end.");
  for (const Certificate& one : certificates_)
    out.sample(one.labels, static_cast<std::uint64_t>(std::max<std::int64_t>(one.not_after, 0)));
}

void MetricPage::write_configuration(const std::vector<Sum>& sums, Exposition& out) const {
  const auto found = std::find_if(sums.begin(), sums.end(),
                                  [](const Sum& sum) { return sum.kind == kind::reloads; });
  if (found == sums.end() || found->cells.size() <= cell::first_reload_bucket) return;
  const auto& cells = found->cells;
  out.family("traefik_config_reloads_total", Type::counter, "Configurations that came into force.");
  out.sample({}, cells[cell::good]);
  out.family("traefik_config_last_reload_success", Type::gauge, "When the last one did.");
  out.sample({}, cells[cell::last]);
  out.family("pointsman_config_generation", Type::gauge, "Number of the one in force.");
  out.sample({}, cells[cell::generation]);
  out.family("pointsman_config_last_reload_error", Type::gauge, "1: the last one was refused.");
  out.sample({}, cells[cell::has_failed]);
  out.family("pointsman_config_reload_seconds", Type::histogram, "How long reloads took.");
  out.histogram({}, {observe::own_buckets, std::span(cells).subspan(cell::first_reload_bucket),
                     static_cast<double>(cells[cell::reload_time]) / nanoseconds});
  const auto lost = std::find_if(sums.begin(), sums.end(),
                                 [](const Sum& sum) { return sum.kind == kind::lost_lines; });
  if (lost == sums.end()) return;
  out.family("pointsman_accesslog_dropped_total", Type::counter, "Lines of the access log lost.");
  out.sample({}, lost->cell(0));
}

}  // namespace pm::agent
