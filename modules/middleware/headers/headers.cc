// SPDX-License-Identifier: MIT
#include "modules/middleware/headers/headers.h"

#include "core/text.h"
#include "http/alias.h"
#include "http/authority.h"
#include "http/unique_id.h"
#include "modules/middleware/headers/cors.h"
#include "modules/middleware/headers/security.h"

#include <fmt/format.h>

namespace pm {
namespace {

using namespace http;
using headers::Cors;
using headers::HeadersOptions;
using headers::Security;

struct Custom {
  std::string name;
  std::string value;  // "": the field is deleted
  FieldId id = FieldId::other;
  bool has_variable = false;
};

class HeadersMiddleware final : public Middleware {
 public:
  HeadersMiddleware(std::vector<Custom> request, std::vector<Custom> response, Cors cors,
                    Security security)
      : request_(std::move(request)),
        response_(std::move(response)),
        cors_(std::move(cors)),
        security_(std::move(security)) {}
  Hooks hooks() const noexcept override {
    const bool asks = !request_.empty() || cors_.is_on() || security_.limits_hosts();
    const bool answers = !response_.empty() || cors_.is_on() || security_.is_on();
    return (asks ? Hooks(Hook::request_headers) : Hooks()) |
           (answers ? Hooks(Hook::response_headers) : Hooks());
  }
  Verdict on_request_headers(Link link) const noexcept override;
  Verdict on_response_headers(Link link) const noexcept override;

 private:
  std::vector<Custom> request_;
  std::vector<Custom> response_;
  Cors cors_;
  Security security_;
};

std::string_view value_of(const Custom& field, Link link) {
  if (!field.has_variable) return field.value;
  return link.arena().copy(text::replace_all(field.value, "${uuid}", unique_id(link.exchange())));
}

void set_host(Request& request, std::string_view value) {
  request.headers.set(FieldId::host, value);
  request.authority = value;
  canonical_host(value, request.headers.arena(), request.host);
}

void set_in_request(const Custom& field, Link link) {
  Request& request = link.request();
  const std::string_view value = value_of(field, link);
  if (field.id == FieldId::host) return value.empty() ? void() : set_host(request, value);
  if (!value.empty()) return request.headers.set(field.name, value);
  request.headers.drop(field.name);
  // Whoever takes the list away does not want it begun anew.
  if (field.id == FieldId::x_forwarded_for) request.names_peer = false;
}

void set_in_response(const std::vector<Custom>& fields, Link link) {
  Headers& headers = link.response().headers;
  for (const Custom& field : fields) {
    const std::string_view value = value_of(field, link);
    value.empty() ? headers.drop(field.name) : headers.set(field.name, value);
  }
}

Verdict HeadersMiddleware::on_request_headers(Link link) const noexcept {
  if (cors_.answer_preflight(link)) return Verdict::respond;
  for (const Custom& field : request_)
    drop_other_spellings(link.request().headers, field.name);
  for (const Custom& field : request_)
    set_in_request(field, link);
  if (security_.takes_host(link.request())) return Verdict::next;
  link.reply(500, "Bad Host\n", BodyType::plain);
  set_in_response(response_, link);
  return Verdict::respond;
}

Verdict HeadersMiddleware::on_response_headers(Link link) const noexcept {
  if (security_.is_on()) security_.apply(link);
  if (!response_.empty()) set_in_response(response_, link);
  if (cors_.is_on() && cors_.concerns(link.request())) cors_.apply(link);
  return Verdict::next;
}

// ---- building -----------------------------------------------------------------------------------------------------------

bool read_fields(const config::TextMap& map, std::string_view option, bool expands, Build& build,
                 std::vector<Custom>& out) {
  bool is_good = true;
  for (const auto& [name, value] : map) {
    if (!text::is_token(name)) {
      build.broken({}, fmt::format(".{}: {} cannot be a header", option, text::quoted(name)),
                   "a name has no blanks");
      is_good = false;
      continue;
    }
    const bool has_variable = expands && value.find("${uuid}") != std::string::npos;
    out.push_back({name, std::string(text::trim_blanks(value)), classify(name), has_variable});
  }
  return is_good;
}

void warn_of_old(const HeadersOptions& given, Build& build) {
  const auto warn = [&build](config::Mark mark, std::string_view option, std::string_view instead) {
    if (mark.source != 0)
      build.warn(mark, fmt::format(".{} has no effect any more", option),
                 fmt::format("use {}", instead));
  };
  warn(given.ssl_redirect.mark, "sslRedirect", "redirectScheme");
  warn(given.ssl_temporary_redirect.mark, "sslTemporaryRedirect", "redirectScheme");
  warn(given.ssl_host.mark, "sslHost", "redirectRegex");
  warn(given.ssl_force_host.mark, "sslForceHost", "redirectRegex");
  warn(given.feature_policy.mark, "featurePolicy", "permissionsPolicy");
}

bool has_old(const HeadersOptions& given) {
  return given.ssl_redirect.mark.source != 0 || given.ssl_temporary_redirect.mark.source != 0 ||
         given.ssl_host.mark.source != 0 || given.ssl_force_host.mark.source != 0 ||
         given.feature_policy.mark.source != 0;
}

MiddlewarePtr build(const HeadersOptions& given, Build& build) {
  std::vector<Custom> request;
  std::vector<Custom> response;
  std::vector<Regex> expressions;
  bool is_good =
      read_fields(given.request, "customRequestHeaders", given.expand_variables, build, request);
  is_good &=
      read_fields(given.response, "customResponseHeaders", given.expand_variables, build, response);
  for (const config::At<std::string>& text : given.allow_origin_expressions) {
    auto compiled = Regex::compile(text.value);
    if (compiled) {
      expressions.push_back(std::move(compiled).value());
      continue;
    }
    build.broken(text.mark,
                 fmt::format(".accessControlAllowOriginListRegex: {}", compiled.error().what),
                 "mend the expression");
    is_good = false;
  }
  warn_of_old(given, build);
  Cors cors(given, std::move(expressions));
  Security security(given);
  const bool does_nothing = request.empty() && response.empty() && !cors.is_on() &&
                            !security.is_on() && given.allowed_hosts.empty() && !has_old(given) &&
                            !given.is_development && !given.force_sts && !given.sts_preload &&
                            !given.sts_include_subdomains && given.ssl_proxy_headers.empty() &&
                            given.hosts_proxy_headers.empty();
  if (does_nothing && is_good) {
    build.broken({}, "sets nothing", "give it an option, or take it out");
    return nullptr;
  }
  if (!is_good) return nullptr;
  return MiddlewarePtr(new HeadersMiddleware(std::move(request), std::move(response),
                                             std::move(cors), std::move(security)));
}

}  // namespace

const MiddlewareModule headers_middleware{
    .type = {"headers", "fields of one's own, CORS, and what browsers are told for safety",
             &headers::headers_keys},
    .build = build_of<HeadersOptions, build>};

}  // namespace pm
