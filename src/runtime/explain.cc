// SPDX-License-Identifier: MIT
// explain.cc -- `pointsman explain METHOD URL`: the request as it would come, and the router that would take it.
#include "routing/explain.h"

#include "core/text.h"
#include "http/hop.h"
#include "http/url.h"
#include "runtime/runtime.h"
#include "runtime/server.h"

#include <fmt/format.h>

#include <iterator>

namespace pm::runtime {
namespace {

constexpr std::uint32_t none = UINT32_MAX;

// The one of that name; without a name the first that takes such requests, or the first of all.
std::uint32_t find_entry_point(const config::Config& config, const routing::Routing& routing,
                               std::string_view name, routing::Kind kind) {
  const auto& all = config.fixed.entry_points;
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    const bool takes_it = kind == routing::Kind::plain || routing.tls[i].has_routers;
    if (name.empty() ? takes_it : all[i].name == name) return i;
  }
  return name.empty() && !all.empty() ? 0 : none;
}

// "http://host/path?query", "host/path" or "/path" as method, target and Host.
void fill(const ExplainInput& input, http::Request& request) {
  Arena& arena = request.headers.arena();
  std::string_view url = input.url;
  if (const std::size_t scheme = url.find("://"); scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  const std::size_t path = url.find_first_of("/?");
  request.method = arena.copy(input.method);
  request.authority = arena.copy(url.substr(0, path));
  const std::string_view rest = path == std::string_view::npos ? "/" : url.substr(path);
  request.target = rest.starts_with('?') ? arena.join("/", rest) : arena.copy(rest);
  if (!request.authority.empty()) request.headers.append(http::FieldId::host, request.authority);
  for (const auto& [name, value] : input.headers) {
    if (text::equals_ignore_case(name, "host")) request.authority = arena.copy(value);
    request.headers.append(arena.copy(name), arena.copy(value));
  }
  request.client.address =
      Address::parse(input.client.empty() ? "127.0.0.1" : input.client).value_or(Address{});
}

std::string name_or(const std::vector<routing::Router>& routers, std::uint32_t id,
                    std::string_view otherwise) {
  return id == routing::nowhere ? std::string(otherwise) : routers[id].name;
}

}  // namespace

std::string explain(const config::Config& config, const Modules& modules,
                    const ExplainInput& input) {
  config::Findings findings;
  const Blueprint blueprint = draw(config, modules, findings);
  const auto kind = input.url.starts_with("https://") ? routing::Kind::tls : routing::Kind::plain;
  const std::uint32_t entry_point =
      find_entry_point(config, blueprint.routing, input.entry_point, kind);
  if (entry_point == none) return {};
  BlockPool blocks(8192);
  Arena arena(blocks);
  http::Request request(arena);
  fill(input, request);
  const http::SecureFacts over_tls;
  if (kind == routing::Kind::tls) request.secure = &over_tls;
  const config::EntryPointHttp& http = config.fixed.entry_points[entry_point].http;
  if (const http::TargetFault fault =
          http::resolve_target(request, {http.sanitize_path, http.encode_query_semicolons})) {
    return fmt::format("refused with {}: {}\n", fault.status, fault.why);
  }
  const routing::Explanation why = routing::explain(blueprint.routing, entry_point, kind, request);
  const auto& routers = blueprint.routing.routers;
  std::string text = fmt::format("{} {} on entry point {}\n", request.method, request.path,
                                 config.fixed.entry_points[entry_point].name);
  for (const std::string& line : why.lines)
    fmt::format_to(std::back_inserter(text), "  {}\n", line);
  if (why.leaf == routing::nowhere) return text + "no router matches: 404\n";
  fmt::format_to(std::back_inserter(text), "router {}, service {}\n",
                 name_or(routers, why.leaf, "none"), routers[why.leaf].service);
  return text;
}

}  // namespace pm::runtime
