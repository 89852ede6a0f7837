// SPDX-License-Identifier: MIT
#include "http/hop.h"

#include "core/text.h"
#include "http/alias.h"

#include <algorithm>

namespace pm::http {
namespace {

constexpr FieldSet bits(std::initializer_list<FieldId> ids) noexcept {
  FieldSet set = 0;
  for (FieldId id : ids)
    set |= field_bit(id);
  return set;
}

// What this proxy says of the peer; nobody else may say it unless he is trusted.
constexpr FieldSet managed =
    bits({FieldId::x_forwarded_proto, FieldId::x_forwarded_scheme, FieldId::x_forwarded_for,
          FieldId::x_forwarded_host, FieldId::x_forwarded_port, FieldId::x_forwarded_server,
          FieldId::x_forwarded_uri, FieldId::x_forwarded_method, FieldId::x_forwarded_prefix,
          FieldId::x_forwarded_tls_client_cert, FieldId::x_forwarded_tls_client_cert_info,
          FieldId::x_scheme, FieldId::x_real_ip});

// Never taken away because Connection names them: the message would mean something else without.
constexpr FieldSet kept_from_connection =
    managed | bits({FieldId::host, FieldId::content_length, FieldId::transfer_encoding,
                    FieldId::upgrade, FieldId::connection});

constexpr FieldSet hop_by_hop =
    bits({FieldId::connection, FieldId::proxy_connection, FieldId::keep_alive,
          FieldId::proxy_authenticate, FieldId::proxy_authorization, FieldId::te, FieldId::trailer,
          FieldId::transfer_encoding, FieldId::upgrade, FieldId::content_length,
          FieldId::http2_settings});

// RFC 9110 section 9.3.8: the answer to TRACE repeats the request, to a script that was never to see these.
constexpr FieldSet secrets = bits({FieldId::authorization, FieldId::cookie});

bool is_repeated(std::string_view method) noexcept {
  return text::equals_ignore_case(method, "TRACE") || text::equals_ignore_case(method, "TRACK");
}

void drop_set(Headers& headers, FieldSet set) noexcept {
  if ((headers.present() & set) == 0) return;
  for (Field& field : headers) {
    if ((field_bit(field.id) & set) != 0) field.dropped = true;
  }
}

bool lists_token(std::string_view list, std::string_view token) noexcept {
  bool found = false;
  text::for_each_part(list, ',', [&](std::string_view part) {
    found = found || text::equals_ignore_case(text::trim_blanks(part), token);
  });
  return found;
}

// What says where a message ends: no other spelling of them may reach a server that folds names.
constexpr FieldSet framing = bits({FieldId::content_length, FieldId::transfer_encoding});

bool is_alias(std::string_view name) noexcept {
  return name.find_first_of("_.") != std::string_view::npos &&
         (field_bit(classify_folded(name)) & (managed | framing)) != 0;
}

// Names without an id: other spellings of what the proxy sets, and whatever else a peer that is not believed says of hops.
void drop_claims(Headers& headers, bool trusted) noexcept {
  for (Field& field : headers) {
    if (field.id != FieldId::other) continue;
    const char first = text::lower(field.name.front());
    if (first != 'x' && first != 'c' && first != 't') continue;
    if (is_alias(field.name) || (!trusted && is_forwarding_name(field.name))) field.dropped = true;
  }
}

// RFC 9110 section 7.6.1, but for the fields that the proxy itself answers for.
void drop_named_by_connection(Headers& headers, FieldSet kept,
                              const std::vector<std::string>* keep_names) noexcept {
  if (!headers.may_have(FieldId::connection)) return;
  for (const Field& connection : headers) {
    if (connection.id != FieldId::connection || connection.dropped) continue;
    text::for_each_part(connection.value, ',', [&](std::string_view part) {
      const std::string_view name = text::trim_blanks(part);
      if (name.empty() || text::equals_ignore_case(name, "close") ||
          text::equals_ignore_case(name, "keep-alive"))
        return;
      const FieldId id = classify(name);
      if (id != FieldId::other && (field_bit(id) & kept) != 0) return;
      const auto is_name = [&](const std::string& keep) {
        return text::equals_ignore_case(keep, name);
      };
      if (keep_names != nullptr && std::any_of(keep_names->begin(), keep_names->end(), is_name))
        return;
      headers.drop(name);
    });
  }
}

std::string_view address_text(Request& request) noexcept {
  if (!request.client_text.empty()) return request.client_text;
  char* to = static_cast<char*>(request.headers.arena().allocate(46, 1));
  const std::size_t size = request.client.address.write(to);
  request.headers.arena().shrink(to, 46, size);
  return request.client_text = {to, size};
}

std::string_view port_of(const Request& request) noexcept {
  const std::string_view authority = request.authority;
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos) {
    const std::string_view port = authority.substr(colon + 1);
    if (!port.empty()) return port;
  }
  const std::string_view proto = request.headers.get(FieldId::x_forwarded_proto);
  return request.secure != nullptr || proto == "https" || proto == "wss" ? "443" : "80";
}

std::string_view scheme_of(const Request& request) noexcept {
  const bool websocket =
      request.wants_upgrade &&
      text::equals_ignore_case(request.headers.get(FieldId::upgrade), "websocket");
  if (websocket) return request.secure != nullptr ? "wss" : "ws";
  return request.secure != nullptr ? "https" : "http";
}

// Several lines become one, in order; an untrusted peer has none by now.
void fold_forwarded_for(Headers& headers) noexcept {
  if (!headers.may_have(FieldId::x_forwarded_for)) return;
  Field* first = nullptr;
  for (Field& field : headers) {
    if (field.id != FieldId::x_forwarded_for || field.dropped) continue;
    if (first == nullptr) {
      first = &field;
      continue;
    }
    first->value = headers.arena().join(first->value, ", ", field.value);
    field.dropped = true;
  }
}

void set_if_empty(Headers& headers, FieldId id, std::string_view value) noexcept {
  if (headers.get(id).empty()) headers.set(id, value);
}

}  // namespace

bool is_managed(std::string_view name) noexcept {
  return (field_bit(classify_folded(name)) & managed) != 0;
}

bool apply_underscores(Request& request, Underscores strategy) noexcept {
  if (strategy == Underscores::keep) return true;
  for (Field& field : request.headers) {
    if (field.id != FieldId::other || field.name.find('_') == std::string_view::npos) continue;
    if (strategy == Underscores::reject) return false;
    field.dropped = true;
  }
  return true;
}

void apply_forwarded(Request& request, const ForwardedRules& rules) noexcept {
  Headers& headers = request.headers;
  const bool trusted =
      rules.trust_all || (!rules.trusted.empty() && rules.trusted.contains(request.client.address));
  if (!trusted) drop_set(headers, managed | field_bit(FieldId::forwarded));
  drop_claims(headers, trusted);

  const std::string_view peer = address_text(request);
  set_if_empty(headers, FieldId::x_real_ip, peer);
  set_if_empty(headers, FieldId::x_forwarded_proto, scheme_of(request));
  set_if_empty(headers, FieldId::x_forwarded_port, port_of(request));
  if (!request.authority.empty())
    set_if_empty(headers, FieldId::x_forwarded_host, request.authority);
  if (rules.add_scheme_headers) {
    headers.set(FieldId::x_forwarded_scheme, headers.get(FieldId::x_forwarded_proto));
    headers.set(FieldId::x_scheme, headers.get(FieldId::x_forwarded_proto));
  }
  fold_forwarded_for(headers);
  headers.set(FieldId::x_forwarded_server, rules.server_name);
  drop_named_by_connection(headers, kept_from_connection, &rules.connection_keep);
}

void prepare_for_server(Request& request, const ForwardedRules& rules) noexcept {
  Headers& headers = request.headers;
  const bool takes_trailers = lists_token(headers.get(FieldId::te), "trailers");
  // The writer of an upgrade puts "Connection: Upgrade" beside the token that is left here.
  drop_set(headers, request.wants_upgrade ? hop_by_hop & ~field_bit(FieldId::upgrade) : hop_by_hop);
  if (takes_trailers) headers.append(FieldId::te, "trailers");
  if (is_repeated(request.method)) drop_set(headers, secrets);
  if (!rules.append_for || !request.names_peer) return;
  const std::string_view before = headers.get(FieldId::x_forwarded_for);
  const std::string_view peer = address_text(request);
  request.has_named_peer = true;
  request.forwarded_for = before;
  headers.set(FieldId::x_forwarded_for,
              before.empty() ? peer : headers.arena().join(before, ", ", peer));
}

void prepare_for_client(Response& response) noexcept {
  drop_named_by_connection(response.headers, kept_from_connection & ~managed, nullptr);
  // A Trailer field announces what follows the last chunk; every other field of the hop is made anew or gone.
  const FieldSet announces = response.framing == Framing::chunked ? field_bit(FieldId::trailer) : 0;
  drop_set(response.headers, hop_by_hop & ~announces);
}

}  // namespace pm::http
