// SPDX-License-Identifier: MIT
#include "agent/api.h"

#include "agent/listing.h"
#include "agent/object_json.h"
#include "core/text.h"
#include "http/authority.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>

#include <unistd.h>

namespace pm::agent {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view not_allowed = "the host, or the origin, is not in api.allowedHosts";

Reply answer_json(const json& value) {
  return {.body = value.dump(-1, ' ', false, json::error_handler_t::replace) + "\n"};
}

Reply refuse(std::uint16_t status, std::string_view why) {
  Reply answer = answer_json({{"message", why}});
  answer.status = status;
  return answer;
}

std::string time_text(std::int64_t seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

json counts(std::size_t total, std::size_t warnings, std::size_t errors) {
  return {{"total", total}, {"warnings", warnings}, {"errors", errors}};
}

json counts_of(const std::vector<Row>& rows) {
  std::size_t warnings = 0;
  std::size_t errors = 0;
  for (const Row& row : rows) {
    if (row.status == "warning") ++warnings;
    if (row.status == "disabled") ++errors;
  }
  return counts(rows.size(), warnings, errors);
}

// Behind "/routers/": names may hold anything, "%2F" too.
std::string decoded(std::string_view segment) {
  std::string name;
  return text::percent_decode(segment, name) ? name : std::string(segment);
}

// "/a/b" begins with the segment "a"; `path` becomes "/b", or "" at its end.
std::string_view take_segment(std::string_view& path) {
  if (!path.starts_with('/')) return {};
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

}  // namespace

struct Api::Held {
  explicit Held(config::Config given) : config(std::move(given)), catalog(config) {}
  config::Config config;
  Catalog catalog;
};

Api::Api(const Options& options) : options_(options) {}

Api::~Api() = default;

void Api::take(config::Config config) {
  held_ = std::make_unique<Held>(std::move(config));
}

// A page of another site can make a browser ask us, by a name of its own that it lets lead here (DNS rebinding): then its own
// name is in Host. Or across origins: then it is in Origin.
bool Api::admits(const http::Request& request) const {
  const config::TextList& allowed = held_->config.fixed.api->allowed_hosts;
  if (allowed.empty()) return true;
  const auto is_allowed = [&allowed](std::string_view host) {
    return std::any_of(allowed.begin(), allowed.end(), [host](const std::string& one) {
      return http::is_same_host(host, text::to_lower(one));
    });
  };
  if (!is_allowed(request.host)) return false;
  const std::string_view origin = request.headers.get(http::FieldId::origin);
  if (origin.empty()) return true;
  const std::size_t slashes = origin.find("://");
  std::string_view host;
  return slashes != std::string_view::npos &&
         http::canonical_host(origin.substr(slashes + 3), request.headers.arena(), host) &&
         is_allowed(host);
}

Reply Api::answer(const Question& question) const {
  if (held_ == nullptr) return Reply::not_found();
  if (!admits(*question.request)) return refuse(403, not_allowed);
  std::string_view path = question.path;
  std::string_view base = held_->config.fixed.api->base_path.value;
  while (base.ends_with('/'))
    base.remove_suffix(1);
  if (!path.starts_with(base)) return Reply::not_found();
  path.remove_prefix(base.size());
  if (path.empty() || path == "/") return front_door(question);
  const std::string_view first = take_segment(path);
  if (first == "api") return answer_object(path, question.query);
  if (first == "debug" && path == "/vars" && held_->config.fixed.api->debug)
    return answer_json({{"pid", ::getpid()}, {"version", options_.version}});
  return Reply::not_found();
}

// The dashboard is not there yet; its door is, where Traefik's is.
Reply Api::front_door(const Question& question) const {
  const config::Api& api = *held_->config.fixed.api;
  if (!api.dashboard) return Reply::not_found();
  std::string_view base = api.base_path.value;
  while (base.ends_with('/'))
    base.remove_suffix(1);
  std::string_view prefix = question.request->headers.get("x-forwarded-prefix");
  // Neither a scheme nor a host: whoever sends the field must not send people elsewhere.
  if (!prefix.starts_with('/') || prefix.starts_with("//") || prefix.starts_with("/\\"))
    prefix = {};
  while (prefix.ends_with('/'))
    prefix.remove_suffix(1);
  return Reply::redirect(302, fmt::format("{}{}/dashboard/", prefix, base));
}

Reply Api::answer_dashboard(const Question& question) const {
  if (held_ == nullptr || question.path != "/") return Reply::not_found();
  if (!admits(*question.request)) return refuse(403, not_allowed);
  const http::Request& request = *question.request;
  const std::string_view scheme = request.headers.get("x-forwarded-proto");
  return Reply::redirect(301, fmt::format("{}://{}/dashboard/",
                                          scheme == "https" ? "https" : "http", request.authority));
}

Reply Api::answer_object(std::string_view path, std::string_view query) const {
  const std::string_view what = take_segment(path);
  if (what == "entrypoints") return answer_entry_points(path);
  if (what == "http") return answer_http(path, query);
  if (what == "tcp" || what == "udp") {
    const std::string_view kind = take_segment(path);
    const bool is_list = path.empty() && (kind == "routers" || kind == "services" ||
                                          (kind == "middlewares" && what == "tcp"));
    if (!is_list) return Reply::not_found();
    Reply answer = answer_json(json::array());
    answer.fields.emplace_back("X-Next-Page", "1");
    return answer;
  }
  if (!path.empty()) return Reply::not_found();
  if (what == "version") return answer_json(version());
  if (what == "overview") return answer_json(overview());
  if (what == "rawdata") return answer_json(raw_data());
  return Reply::not_found();
}

Reply Api::answer_entry_points(std::string_view path) const {
  const auto& all = held_->config.fixed.entry_points;
  if (path.empty()) {
    json list = json::array();
    for (const config::EntryPoint& entry_point : all)
      list.push_back(entry_point_json(entry_point));
    Reply answer = answer_json(list);
    answer.fields.emplace_back("X-Next-Page", "1");
    return answer;
  }
  const std::string name = decoded(path.substr(1));
  for (const config::EntryPoint& entry_point : all) {
    if (entry_point.name == name) return answer_json(entry_point_json(entry_point));
  }
  return refuse(404, fmt::format("entry point not found: {}", name));
}

Reply Api::answer_http(std::string_view path, std::string_view query) const {
  const std::string_view word = take_segment(path);
  ObjectKind kind = ObjectKind::router;
  if (word == "services") {
    kind = ObjectKind::service;
  } else if (word == "middlewares") {
    kind = ObjectKind::middleware;
  } else if (word != "routers") {
    return Reply::not_found();
  }
  if (!path.empty()) {
    const std::string name = decoded(path.substr(1));
    if (const Row* row = held_->catalog.find(kind, name)) return answer_json(row_json(*row));
    return refuse(404, fmt::format("{} not found: {}", kind_name(kind), name));
  }
  const Result<Listing> listing = list(held_->catalog.of(kind), query);
  if (!listing) return refuse(400, listing.error().what);
  json objects = json::array();
  for (const Row* row : listing.value().rows)
    objects.push_back(row_json(*row));
  Reply answer = answer_json(objects);
  answer.fields.emplace_back("X-Next-Page", std::to_string(listing.value().next_page));
  return answer;
}

json Api::row_json(const Row& row) const {
  return object_json(row, {held_->config, options_.types, options_.health});
}

json Api::version() const {
  const config::Api& api = *held_->config.fixed.api;
  json out{{"Version", options_.version},
           {"Codename", "pointsman"},
           {"startDate", time_text(options_.started)}};
  if (api.disable_dashboard_ad) out["disableDashboardAd"] = true;
  if (!api.dashboard_name.empty()) out["dashboardName"] = api.dashboard_name;
  return out;
}

json Api::overview() const {
  const Catalog& catalog = held_->catalog;
  const config::Static& fixed = held_->config.fixed;
  const json none = counts(0, 0, 0);
  std::size_t expired = 0;
  const auto& certificates = held_->config.dynamic.certificates;
  for (const config::CertificatePair& pair : certificates) {
    if (!pair.is_usable() || pair.not_after < std::time(nullptr)) ++expired;
  }
  json out;
  out["http"] = {{"routers", counts_of(catalog.of(ObjectKind::router))},
                 {"services", counts_of(catalog.of(ObjectKind::service))},
                 {"middlewares", counts_of(catalog.of(ObjectKind::middleware))}};
  out["tcp"] = {{"routers", none}, {"services", none}, {"middlewares", none}};
  out["udp"] = {{"routers", none}, {"services", none}};
  out["certificates"] = counts(certificates.size(), 0, expired);
  out["features"] = {{"tracing", ""},
                     {"metrics", fixed.metrics.prometheus ? "Prometheus" : ""},
                     {"accessLog", fixed.access_log.has_value()}};
  out["providers"] = json::array();
  if (fixed.providers.file) out["providers"].push_back("File");
  return out;
}

json Api::raw_data() const {
  json out = json::object();
  const auto add = [&](const char* key, ObjectKind kind) {
    json all = json::object();
    for (const Row& row : held_->catalog.of(kind)) {
      json object = row_json(row);
      object.erase("name");
      object.erase("provider");
      object.erase("type");
      object.erase("priorityStr");
      all[row.name] = std::move(object);
    }
    if (!all.empty()) out[key] = std::move(all);
  };
  add("routers", ObjectKind::router);
  add("middlewares", ObjectKind::middleware);
  add("services", ObjectKind::service);
  return out;
}

}  // namespace pm::agent
