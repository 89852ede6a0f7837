// SPDX-License-Identifier: MIT
#include "config/validate.h"

#include "config/address.h"
#include "config/options.h"
#include "config/value.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <tuple>

namespace pm::config {
namespace {

template <class Object>
bool is_before(const Object& a, const Object& b) {
  return std::tie(a.name, a.provider) < std::tie(b.name, b.provider);
}

// In order of name; of equals the one that came first stays. Numbers are sorted, since objects are large.
template <class Object>
void sort_unique(std::vector<Object>& objects, std::string_view what, Findings& findings) {
  std::vector<std::size_t> order(objects.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&objects](std::size_t a, std::size_t b) {
    return is_before(objects[a], objects[b]);
  });
  std::vector<Object> sorted;
  sorted.reserve(objects.size());
  for (const std::size_t i : order) {
    if (sorted.empty() || is_before(sorted.back(), objects[i])) {
      sorted.push_back(std::move(objects[i]));
      continue;
    }
    findings.warning(objects[i].mark,
                     fmt::format("{} {} is defined already at {}, so this one is left out", what,
                                 text::quoted(objects[i].name), findings.place(sorted.back().mark)),
                     "give it another name");
  }
  objects = std::move(sorted);
}

void sort_all(Dynamic& dynamic, Findings& findings) {
  sort_unique(dynamic.routers, "router", findings);
  sort_unique(dynamic.services, "service", findings);
  sort_unique(dynamic.middlewares, "middleware", findings);
  sort_unique(dynamic.servers_transports, "serversTransport", findings);
  sort_unique(dynamic.tls_options, "tls.options", findings);
  sort_unique(dynamic.tls_stores, "tls.stores", findings);
}

template <class Object>
void append(std::vector<Object>& to, std::vector<Object>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

const EntryPoint* find_entry_point(const Static& fixed, std::string_view name) {
  for (const EntryPoint& entry_point : fixed.entry_points) {
    if (entry_point.name == name) return &entry_point;
  }
  return nullptr;
}

std::string nearest_entry_point(const Static& fixed, std::string_view name) {
  std::vector<std::string_view> names;
  for (const EntryPoint& entry_point : fixed.entry_points)
    names.push_back(entry_point.name);
  const std::string_view near = name.size() <= 64 ? text::nearest(name, names) : "";
  return near.empty() ? "name one of entryPoints" : fmt::format("did you mean \"{}\"?", near);
}

void add_entry_point(Static& fixed, std::string name, std::string address) {
  EntryPoint& added = fixed.entry_points.emplace_back();
  added.name = std::move(name);
  added.address.value = std::move(address);
}

void add_implied_entry_points(Static& fixed) {
  if (fixed.entry_points.empty()) add_entry_point(fixed, "http", ":80");
  const auto wants = [](const auto& section) {
    return section && !section->manual_routing && section->entry_point.value == "traefik";
  };
  const bool serves_api = fixed.api && fixed.api->insecure;
  if (find_entry_point(fixed, "traefik") != nullptr) return;
  if (wants(fixed.ping) || wants(fixed.metrics.prometheus)) {
    add_entry_point(fixed, "traefik", ":8080");
  } else if (serves_api) {
    // Whoever asks for nothing but the API without a login has not asked to show it to the world.
    add_entry_point(fixed, "traefik", "127.0.0.1:8080");
  }
}

void check_addresses(const Static& fixed, Findings& findings) {
  std::map<std::tuple<bool, std::uint16_t, std::string>, const EntryPoint*> taken;
  for (const EntryPoint& entry_point : fixed.entry_points) {
    const std::optional<ListenAddress> address = parse_listen_address(entry_point.address.value);
    if (!address || address->port == 0) continue;
    const auto [first, is_new] =
        taken.emplace(std::tuple(address->is_udp, address->port, address->host), &entry_point);
    if (is_new) continue;
    findings.error(
        entry_point.address.mark,
        fmt::format("entryPoints.{}.address {} is also that of entry point {}", entry_point.name,
                    text::quoted(entry_point.address.value), text::quoted(first->second->name)),
        "choose another port");
  }
}

bool is_port(std::string_view target) {
  const std::optional<ListenAddress> address = parse_listen_address(target);
  return target.starts_with(':') && address && !address->is_udp && address->port != 0;
}

void check_redirections(Static& fixed, Findings& findings) {
  for (EntryPoint& entry_point : fixed.entry_points) {
    std::optional<Redirection>& redirection = entry_point.http.redirection;
    if (!redirection) continue;
    const At<std::string>& to = redirection->to;
    const bool leads_somewhere = to.value.starts_with(':')
                                     ? is_port(to.value)
                                     : find_entry_point(fixed, to.value) != nullptr;
    if (leads_somewhere) continue;
    if (!to.value.empty()) {
      findings.broken(
          to.mark,
          fmt::format(
              "entryPoints.{}.http.redirections.entryPoint.to {}: no entry point of that name, so "
              "nothing is redirected",
              entry_point.name, text::quoted(to.value)),
          nearest_entry_point(fixed, to.value));
    }
    redirection.reset();
  }
}

void check_entry_point_of(std::string_view section, const At<std::string>& name,
                          const Static& fixed, Findings& findings) {
  if (find_entry_point(fixed, name.value) != nullptr) return;
  findings.error(name.mark,
                 fmt::format("{}.entryPoint {}: no entry point of that name", section,
                             text::quoted(name.value)),
                 nearest_entry_point(fixed, name.value));
}

void check_internals(const Static& fixed, Findings& findings) {
  const auto& prometheus = fixed.metrics.prometheus;
  if (fixed.ping && !fixed.ping->manual_routing)
    check_entry_point_of("ping", fixed.ping->entry_point, fixed, findings);
  if (prometheus && !prometheus->manual_routing)
    check_entry_point_of("metrics.prometheus", prometheus->entry_point, fixed, findings);
  if (fixed.api && fixed.api->insecure && fixed.api->base_path.value != "/") {
    findings.error(fixed.api->base_path.mark, "api.basePath has no effect beside api.insecure",
                   "take one of them out");
  }
}

void check_file_provider(const Static& fixed, Findings& findings) {
  if (!fixed.providers.file) return;
  const FileProvider& file = *fixed.providers.file;
  if (!file.filename.value.empty() && !file.directory.value.empty()) {
    findings.warning(file.filename.mark, "providers.file.filename has no effect beside directory",
                     "keep one of them");
  }
  if (file.filename.value.empty() && file.directory.value.empty()) {
    findings.broken({}, "providers.file names neither a file nor a directory",
                    "give it filename or directory");
  }
}

void check_middleware_types(const Dynamic& dynamic, MiddlewareTypes built, Findings& findings) {
  for (const Middleware& middleware : dynamic.middlewares) {
    const Findings::About about(
        findings, fmt::format("middleware {}@{}", middleware.name, middleware.provider));
    for (const Entry& type : middleware.body.entries) {
      if (type.value.is_null() || find_type(built, type.key) != nullptr) continue;
      const std::string where = fmt::format("http.middlewares.{}", middleware.name);
      if (find_word(middleware_types(), type.key)) {
        findings.broken(
            type.key_mark,
            fmt::format("{}: type {} is not supported yet", where, text::quoted(type.key)),
            "routers that use it are disabled");
        continue;
      }
      std::vector<std::string_view> known(middleware_types().begin(), middleware_types().end());
      const std::string_view near = type.key.size() <= 64 ? text::nearest(type.key, known) : "";
      findings.broken(type.key_mark,
                      fmt::format("{}: unknown type {}", where, text::quoted(type.key)),
                      near.empty() ? "routers that use it are disabled"
                                   : fmt::format("did you mean \"{}\"?", near));
    }
  }
}

}  // namespace

Dynamic merge(std::vector<Dynamic> documents, Findings& findings) {
  Dynamic merged;
  for (Dynamic& document : documents) {
    append(merged.routers, document.routers);
    append(merged.services, document.services);
    append(merged.middlewares, document.middlewares);
    append(merged.servers_transports, document.servers_transports);
    append(merged.certificates, document.certificates);
    append(merged.tls_options, document.tls_options);
    append(merged.tls_stores, document.tls_stores);
  }
  sort_all(merged, findings);
  return merged;
}

bool validate(Config& config, Findings& findings, MiddlewareTypes middleware_types) {
  const std::size_t before = findings.count(Severity::error);
  add_implied_entry_points(config.fixed);
  check_addresses(config.fixed, findings);
  check_redirections(config.fixed, findings);
  check_internals(config.fixed, findings);
  check_file_provider(config.fixed, findings);
  sort_all(config.dynamic, findings);
  check_middleware_types(config.dynamic, middleware_types, findings);
  return findings.count(Severity::error) == before;
}

}  // namespace pm::config
