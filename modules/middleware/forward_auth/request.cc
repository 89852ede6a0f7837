// SPDX-License-Identifier: MIT
#include "modules/middleware/forward_auth/request.h"

#include "core/text.h"
#include "http/authority.h"
#include "http/hop.h"
#include "http/path.h"

#include <algorithm>

namespace pm::forward_auth {
namespace {

using http::FieldId;
using http::Headers;

constexpr FieldId of_one_hop[] = {FieldId::connection,
                                  FieldId::keep_alive,
                                  FieldId::te,
                                  FieldId::trailer,
                                  FieldId::transfer_encoding,
                                  FieldId::upgrade,
                                  FieldId::content_length,
                                  FieldId::expect,
                                  FieldId::host};

bool is_listed(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [name](const std::string& listed) {
    return text::equals_ignore_case(listed, name);
  });
}

void set_if_missing(Headers& headers, FieldId id, std::string_view value, bool only_if_missing) {
  if (!only_if_missing || headers.find(id) == nullptr) headers.set(id, value);
}

std::string_view peer_text(const http::Request& from, Arena& arena) {
  char* const to = static_cast<char*>(arena.allocate(46, 1));
  return {to, from.client.address.write(to)};
}

std::string_view port_text(const http::Request& from, std::string_view proto) {
  const std::string_view port = http::port_of(from.authority);
  if (!port.empty()) return port;
  return proto == "https" || proto == "wss" || from.secure != nullptr ? "443" : "80";
}

void set_forwarded(const RequestRules& rules, const http::Request& from, Headers& headers) {
  Arena& arena = headers.arena();
  const bool trusts = rules.trust.value_or(false);
  const std::string_view peer = peer_text(from, arena);
  const std::string_view before = headers.get(FieldId::x_forwarded_for);
  headers.set(FieldId::x_forwarded_for,
              trusts && !before.empty() ? arena.join(before, ", ", peer) : peer);
  set_if_missing(headers, FieldId::x_forwarded_proto, from.secure != nullptr ? "https" : "http",
                 trusts);
  if (rules.trust)
    set_if_missing(headers, FieldId::x_forwarded_port,
                   port_text(from, headers.get(FieldId::x_forwarded_proto)), trusts);
  set_if_missing(headers, FieldId::x_forwarded_method, from.method, trusts);
  if (!from.authority.empty())
    set_if_missing(headers, FieldId::x_forwarded_host, from.authority, trusts);
  set_if_missing(headers, FieldId::x_forwarded_uri, http::request_target(from, arena), trusts);
}

}  // namespace

void fill_request(const RequestRules& rules, const http::Request& from, http::Request& to) {
  if (rules.keeps_method) to.method = from.method;
  to.path = rules.path;
  to.query = rules.query;
  to.has_query = rules.has_query;
  to.routing_path = to.path;
  to.authority = to.host = rules.authority;
  to.headers.reserve(from.headers.slots() + 8);
  const bool trusts = rules.trust.value_or(false);
  for (const http::Field& field : from.headers) {
    if (field.dropped ||
        std::find(std::begin(of_one_hop), std::end(of_one_hop), field.id) != std::end(of_one_hop))
      continue;
    const bool is_managed = http::is_managed(field.name);
    if (rules.trust && !trusts && is_managed) continue;
    const bool passes =
        rules.only.empty() || is_listed(rules.only, field.name) || (trusts && is_managed);
    if (passes) to.headers.append(field.id, field.name, field.value);
  }
  set_forwarded(rules, from, to.headers);
}

}  // namespace pm::forward_auth
