// SPDX-License-Identifier: MIT
#include "modules/middleware/redirect_scheme/redirect_scheme.h"

#include "core/text.h"
#include "http/authority.h"
#include "http/path.h"

namespace pm {
namespace {

using namespace http;

struct RedirectSchemeOptions {
  config::At<std::string> scheme;
  std::string port;
  bool permanent = false;
};
std::string_view check_scheme(std::string_view text) {
  for (const char c : text) {
    if (!text::is_alpha(c) && !text::is_digit(c) && c != '+' && c != '-' && c != '.')
      return "write https";
  }
  return "";
}
std::string_view check_port(std::string_view text) {
  for (const char c : text) {
    if (!text::is_digit(c)) return "write a number, as in \"8443\"";
  }
  return "";
}

constexpr config::Option options[] = {
    config::option<&RedirectSchemeOptions::scheme>("scheme", "where to: https, or http")
        .checked(check_scheme)
        .breaking_only(),
    config::option<&RedirectSchemeOptions::port>("port", "its port; the scheme's own is left out")
        .checked(check_port)
        .breaking_only(),
    config::option<&RedirectSchemeOptions::permanent>("permanent",
                                                      "301 and 308 instead of 302 and 307"),
};
constexpr config::Section keys = config::section_of<RedirectSchemeOptions>(options);

class RedirectScheme final : public Middleware {
 public:
  RedirectScheme(const RedirectSchemeOptions& given)
      : scheme_(given.scheme.value), permanent_(given.permanent) {
    const bool is_own =
        (scheme_ == "http" && given.port == "80") || (scheme_ == "https" && given.port == "443");
    if (!given.port.empty() && !is_own) port_ = ":" + given.port;
  }
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  std::string scheme_;
  std::string port_;  // ":8443", or ""
  bool permanent_;
};

std::string_view scheme_of(const Request& request) noexcept {
  const std::string_view said = request.headers.get(FieldId::x_forwarded_proto);
  if (text::equals_ignore_case(said, "https") || text::equals_ignore_case(said, "wss"))
    return "https";
  if (text::equals_ignore_case(said, "http") || text::equals_ignore_case(said, "ws")) return "http";
  if (request.target.starts_with("http://")) return "http";
  if (request.target.starts_with("https://")) return "https";
  return request.secure != nullptr ? "https" : "http";
}

Verdict RedirectScheme::on_request_headers(Link link) const noexcept {
  const Request& request = link.request();
  Arena& arena = link.arena();
  const std::string_view scheme = scheme_of(request);
  const std::string_view port = port_of(request.authority);
  std::string_view host = request.authority;
  if (!port.empty()) host.remove_suffix(port.size() + 1);
  const bool is_own_port = port == (scheme == "https" ? "443" : "80");
  const std::string_view seen_host = is_own_port ? host : request.authority;
  const std::string_view wanted_host = arena.join(host, port_);
  if (scheme == scheme_ && seen_host == wanted_host) return Verdict::next;
  const std::string_view target = request_target(request, arena);
  link.reply_bare(redirect_status(request.method, permanent_));
  link.response().headers.append(FieldId::location,
                                 arena.join(arena.join(scheme_, "://", wanted_host), target));
  return Verdict::respond;
}

MiddlewarePtr build(const RedirectSchemeOptions& given, Build& build) {
  if (!given.scheme.value.empty()) return MiddlewarePtr(new RedirectScheme(given));
  build.broken(given.scheme.mark, ".scheme is empty", "write https");
  return nullptr;
}

}  // namespace

const MiddlewareModule redirect_scheme_middleware{
    .type = {"redirectScheme", "sends the client to the same URL under another scheme", &keys},
    .build = build_of<RedirectSchemeOptions, build>};

}  // namespace pm
