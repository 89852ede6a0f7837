// SPDX-License-Identifier: MIT
#include "modules/middleware/headers/cors.h"

#include "core/text.h"

#include <algorithm>

namespace pm::headers {
namespace {

using http::FieldId;

bool has_star(const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), "*") != list.end();
}

// All lines of Vary as one value: a server may have sent several.
std::string_view whole_vary(const http::Headers& headers) {
  std::string_view whole;
  for (const http::Field& field : headers) {
    if (field.dropped || field.id != FieldId::vary) continue;
    whole = whole.empty() ? field.value : headers.arena().join(whole, ",", field.value);
  }
  return whole;
}

}  // namespace

Cors::Cors(const HeadersOptions& options, std::vector<Regex> expressions)
    : is_on_(options.allow_credentials || !options.allow_headers.empty() ||
             !options.allow_methods.empty() || !options.allow_origins.empty() ||
             !options.allow_origin_expressions.empty() || !options.expose_headers.empty() ||
             options.max_age || options.add_vary),
      credentials_(options.allow_credentials),
      vary_(options.add_vary),
      any_origin_(has_star(options.allow_origins)),
      any_header_(has_star(options.allow_headers)),
      any_method_(has_star(options.allow_methods)),
      any_exposed_(has_star(options.expose_headers)),
      answers_all_(any_origin_ || credentials_ || vary_ || !options.expose_headers.empty()),
      origins_(options.allow_origins),
      expressions_(std::move(expressions)),
      headers_(text::join(options.allow_headers, ",")),
      methods_(text::join(options.allow_methods, ",")),
      exposed_(text::join(options.expose_headers, ",")) {
  if (options.max_age) max_age_ = std::to_string(*options.max_age);
}

std::string_view Cors::allowed_origin(std::string_view origin) const noexcept {
  if (origin.empty()) return any_origin_ && !credentials_ ? "*" : "";
  for (const std::string& allowed : origins_) {
    if (allowed == "*") return credentials_ ? origin : "*";
    if (allowed == origin) return origin;
  }
  for (const Regex& expression : expressions_) {
    if (expression.matches(origin)) return origin;
  }
  return {};
}

void Cors::add_expose(http::Headers& headers) const {
  if (exposed_.empty() || (any_exposed_ && credentials_)) return;
  headers.set("Access-Control-Expose-Headers", exposed_);
}

bool Cors::answer_preflight(http::Link link) const {
  const http::Request& request = link.request();
  if (!is_on_ || request.method != "OPTIONS") return false;
  const std::string_view origin = request.headers.get(FieldId::origin);
  const std::string_view method = request.headers.get("Access-Control-Request-Method");
  if (origin.empty() || method.empty()) return false;
  link.reply(200, {});
  http::Headers& headers = link.response().headers;
  if (credentials_) headers.append("Access-Control-Allow-Credentials", "true");
  const std::string_view wanted = request.headers.get("Access-Control-Request-Headers");
  const std::string_view names = any_header_ && credentials_ ? wanted : std::string_view(headers_);
  if (!names.empty()) headers.append("Access-Control-Allow-Headers", names);
  const std::string_view methods =
      any_method_ && credentials_ ? method : std::string_view(methods_);
  if (!methods.empty()) headers.append("Access-Control-Allow-Methods", methods);
  if (const std::string_view allowed = allowed_origin(origin); !allowed.empty())
    headers.append("Access-Control-Allow-Origin", allowed);
  if (!max_age_.empty()) headers.append("Access-Control-Max-Age", max_age_);
  add_expose(headers);
  return true;
}

void Cors::apply(http::Link link) const {
  http::Headers& headers = link.response().headers;
  const std::string_view origin = link.request().headers.get(FieldId::origin);
  if (const std::string_view allowed = allowed_origin(origin); !allowed.empty())
    headers.set("Access-Control-Allow-Origin", allowed);
  if (credentials_) headers.set("Access-Control-Allow-Credentials", "true");
  add_expose(headers);
  if (!vary_) return;
  const std::string_view before = whole_vary(headers);
  if (before == "Origin") return;
  headers.set(FieldId::vary, before.empty() ? "Origin" : headers.arena().join(before, ",Origin"));
}

}  // namespace pm::headers
