// SPDX-License-Identifier: MIT
#include "routing/entry.h"

#include "config/address.h"
#include "core/number.h"
#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm::routing {
namespace {

// Runs of anything but letters and digits become one "-", none at the ends.
std::string normalized(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (text::is_alpha(c) || text::is_digit(c)) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != '-') {
      out.push_back('-');
    }
  }
  if (out.ends_with('-')) out.pop_back();
  return out;
}

std::string own_port(std::string_view scheme) {
  if (scheme == "https") return "443";
  return scheme == "http" ? "80" : "";
}

// The port that a redirection leads to: of ":port", or of the entry point's address. Nothing: there is none.
std::optional<std::string> target_port(const config::Static& fixed, std::string_view to) {
  if (to.starts_with(':')) {
    const auto port = parse_u64(to.substr(1));
    if (!port || *port == 0 || *port > 65535) return std::nullopt;
    return std::to_string(*port);
  }
  const std::uint32_t at = find_entry_point(fixed, to);
  if (at == nowhere) return std::nullopt;
  const auto address = config::parse_listen_address(fixed.entry_points[at].address.value);
  if (!address) return std::nullopt;
  return std::to_string(address->port);
}

void add_redirection(const config::Static& fixed, const config::EntryPoint& from,
                     std::deque<InternalRouter>& routers, config::Findings& findings) {
  const config::Redirection& redirection = *from.http.redirection;
  const std::string& to = redirection.to.value;
  const auto port = target_port(fixed, to);
  if (!port) {
    findings.broken(
        redirection.to.mark,
        fmt::format(
            "redirection of entry point {} leads to {}, which is neither an entry point nor a port",
            text::quoted(from.name), text::quoted(to)),
        did_you_mean(
            findings, to, [&] { return entry_point_names(fixed); },
            "write the name of an entry point, or \":443\""));
    return;
  }
  InternalRouter made;
  made.router.name = normalized(from.name + "-to-" + to);
  made.router.provider = "internal";
  made.router.mark = redirection.to.mark;
  made.router.entry_points = {{from.name, redirection.to.mark}};
  // A request without a host cannot be told where to go.
  made.router.rule = {"HostRegexp(`^.+$`)", redirection.to.mark};
  made.router.priority = {redirection.priority, redirection.to.mark};
  made.router.service = {"noop@internal", redirection.to.mark};
  made.redirect = Redirect{redirection.scheme, *port == own_port(redirection.scheme) ? "" : *port,
                           redirection.permanent};
  routers.push_back(std::move(made));
}

// What leads to a service of our own.
struct Way {
  std::string_view name;
  std::string_view path;
  std::string_view service;
  std::int64_t priority = INT64_MAX;
};

void add_way(const Way& way, const config::At<std::string>& on, const config::Static& fixed,
             std::deque<InternalRouter>& routers, config::Findings& findings) {
  if (find_entry_point(fixed, on.value) == nowhere) {
    findings.broken(
        on.mark,
        fmt::format("entry point {} of {} does not exist", text::quoted(on.value), way.name),
        did_you_mean(
            findings, on.value, [&] { return entry_point_names(fixed); },
            "declare it under entryPoints"));
    return;
  }
  InternalRouter made;
  made.router.name = way.name;
  made.router.provider = "internal";
  made.router.mark = on.mark;
  made.router.entry_points = {on};
  made.router.rule = {fmt::format("PathPrefix(`{}`)", way.path), on.mark};
  made.router.priority = {way.priority, on.mark};
  made.router.service = {std::string(way.service), on.mark};
  routers.push_back(std::move(made));
}

// The API without a login: on the entry point that is named so and on no other.
void add_insecure_api(const config::Static& fixed, std::deque<InternalRouter>& routers,
                      config::Findings& findings) {
  const config::At<std::string> on{"traefik", {}};
  add_way({"api", "/api", "api@internal", INT64_MAX - 1}, on, fixed, routers, findings);
  if (fixed.api->dashboard)
    add_way({"dashboard", "/", "dashboard@internal", INT64_MAX - 2}, on, fixed, routers, findings);
  if (fixed.api->debug)
    add_way({"debug", "/debug", "api@internal", INT64_MAX - 1}, on, fixed, routers, findings);
}

}  // namespace

Names entry_point_names(const config::Static& fixed) {
  Names names;
  for (const config::EntryPoint& entry_point : fixed.entry_points)
    names.push_back(entry_point.name);
  return names;
}

std::uint32_t find_entry_point(const config::Static& fixed, std::string_view name) noexcept {
  for (std::uint32_t at = 0; at < fixed.entry_points.size(); ++at) {
    if (fixed.entry_points[at].name == name) return at;
  }
  return nowhere;
}

bool is_udp(const config::EntryPoint& entry_point) noexcept {
  const std::string_view address = entry_point.address.value;
  return address.size() >= 4 &&
         text::equals_ignore_case(address.substr(address.size() - 4), "/udp");
}

std::vector<std::uint32_t> default_entry_points(const config::Static& fixed) {
  const auto is_flagged = [](const config::EntryPoint& entry_point) {
    return entry_point.as_default;
  };
  const bool any_flagged =
      std::any_of(fixed.entry_points.begin(), fixed.entry_points.end(), is_flagged);
  std::vector<std::uint32_t> defaults;
  for (std::uint32_t at = 0; at < fixed.entry_points.size(); ++at) {
    const config::EntryPoint& entry_point = fixed.entry_points[at];
    if (is_udp(entry_point) || entry_point.name == "traefik") continue;
    if (entry_point.as_default || !any_flagged) defaults.push_back(at);
  }
  return defaults;
}

http::EncodedSet forbidden_characters(const config::EntryPoint& entry_point) noexcept {
  if (!entry_point.http.encoded_characters) return 0;
  const config::EncodedCharacters& allowed = *entry_point.http.encoded_characters;
  http::EncodedSet forbidden = 0;
  const auto forbid = [&](bool is_allowed, http::EncodedChar which) {
    if (!is_allowed)
      forbidden = static_cast<http::EncodedSet>(forbidden | static_cast<http::EncodedSet>(which));
  };
  forbid(allowed.slash, http::EncodedChar::slash);
  forbid(allowed.back_slash, http::EncodedChar::back_slash);
  forbid(allowed.null_character, http::EncodedChar::null_character);
  forbid(allowed.semicolon, http::EncodedChar::semicolon);
  forbid(allowed.percent, http::EncodedChar::percent);
  forbid(allowed.question_mark, http::EncodedChar::question_mark);
  forbid(allowed.hash, http::EncodedChar::hash);
  return forbidden;
}

std::deque<InternalRouter> internal_routers(const config::Static& fixed,
                                            config::Findings& findings) {
  std::deque<InternalRouter> routers;
  for (const config::EntryPoint& entry_point : fixed.entry_points) {
    if (entry_point.http.redirection) add_redirection(fixed, entry_point, routers, findings);
  }
  if (fixed.ping && !fixed.ping->manual_routing)
    add_way({"ping", "/ping", "ping@internal"}, fixed.ping->entry_point, fixed, routers, findings);
  const auto& prometheus = fixed.metrics.prometheus;
  if (prometheus && !prometheus->manual_routing) {
    add_way({"prometheus", "/metrics", "prometheus@internal"}, prometheus->entry_point, fixed,
            routers, findings);
  }
  if (fixed.api && fixed.api->insecure) add_insecure_api(fixed, routers, findings);
  return routers;
}

}  // namespace pm::routing
