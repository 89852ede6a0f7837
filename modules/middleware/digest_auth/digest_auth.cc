// SPDX-License-Identifier: MIT
#include "modules/middleware/digest_auth/digest_auth.h"

#include "core/number.h"
#include "core/random.h"
#include "core/text.h"
#include "http/credentials.h"
#include "http/path.h"
#include "http/user_auth.h"
#include "modules/middleware/digest_auth/nonces.h"

#include <chrono>
#include <map>

namespace pm {
namespace {

using namespace http;
using digest_auth::md5_hex;
using digest_auth::Nonces;

using Parameters = std::map<std::string, std::string_view, std::less<>>;

class DigestAuth final : public Middleware {
 public:
  DigestAuth(UserList users, const UserAuthOptions& given, std::string_view secret)
      : users_(std::move(users)),
        realm_(given.realm),
        auth_(given),
        opaque_(md5_hex(std::string(secret) + given.realm).substr(0, 16)),
        nonces_(secret) {
    char bytes[16];
    fill_secret(bytes, sizeof bytes);
    nobody_ = md5_hex({bytes, sizeof bytes});
  }
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  enum class Result : std::uint8_t { good, wrong, stale };
  Result check(const Request& request, const Parameters& given) const;
  bool names_target(const Request& request, std::string_view uri) const;
  Verdict refuse(Link link, bool is_stale) const;

  UserList users_;  // by NAME:REALM
  std::string realm_;
  UserAuth auth_;
  std::string opaque_;
  std::string nobody_;     // the hash of whoever is not in the list
  mutable Nonces nonces_;  // of this worker
};

// name="value", name=value: separated by commas; views into the field.
Parameters read_parameters(std::string_view text) {
  Parameters out;
  while (!text.empty()) {
    text = text::trim_blanks(text);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) break;
    const std::string name = text::to_lower(text::trim_blanks(text.substr(0, equals)));
    text = text::trim_blanks(text.substr(equals + 1));
    const bool is_quoted = text.starts_with('"');
    const std::size_t end = is_quoted ? text.find('"', 1) : text.find(',');
    const std::string_view value =
        is_quoted ? text.substr(1, end == std::string_view::npos ? end : end - 1)
                  : text::trim_blanks(text.substr(0, end));
    out.emplace(name, value);
    if (end == std::string_view::npos) break;
    const std::size_t comma = text.find(',', end);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return out;
}

std::string_view of(const Parameters& given, std::string_view name) {
  const auto found = given.find(name);
  return found == given.end() ? std::string_view{} : found->second;
}

bool DigestAuth::names_target(const Request& request, std::string_view uri) const {
  Arena& arena = request.headers.arena();
  if (uri == request_target(request, arena)) return true;
  const std::string_view path = uri.substr(0, uri.find('?'));
  return path.starts_with('/') && Path(request).decoded().starts_with(path);
}

DigestAuth::Result DigestAuth::check(const Request& request, const Parameters& given) const {
  const std::string_view algorithm = of(given, "algorithm");
  if (of(given, "opaque") != opaque_ || (!algorithm.empty() && algorithm != "MD5") ||
      of(given, "qop") != "auth" || !names_target(request, of(given, "uri")))
    return Result::wrong;
  std::string key(of(given, "username"));
  const auto user = users_.find(key.append(":").append(realm_));
  const bool is_known = user != users_.end();
  std::string text = is_known ? user->second : nobody_;
  for (const std::string_view name : {"nonce", "nc", "cnonce", "qop"})
    text.append(":").append(of(given, name));
  text.append(":").append(
      md5_hex(std::string(request.method) + ":" + std::string(of(given, "uri"))));
  const bool is_right = text::equals_constant_time(md5_hex(text), of(given, "response"));
  const auto count = parse_hex(of(given, "nc"));
  if (!is_known || !is_right || !count) return Result::wrong;
  switch (nonces_.use(of(given, "nonce"), *count)) {
    case Nonces::Use::good: return Result::good;
    case Nonces::Use::stale: return Result::stale;
    case Nonces::Use::repeated:
    case Nonces::Use::unknown: return Result::wrong;
  }
  return Result::wrong;
}

Verdict DigestAuth::refuse(Link link, bool is_stale) const {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string challenge =
      "Digest realm=\"" + realm_ + "\", nonce=\"" +
      nonces_.fresh(static_cast<std::uint32_t>(now.time_since_epoch().count())) + "\", opaque=\"" +
      opaque_ + "\", " + (is_stale ? "stale=\"true\", " : "") + "algorithm=\"MD5\", qop=\"auth\"";
  return auth_.refuse(link, link.arena().copy(challenge));
}

Verdict DigestAuth::on_request_headers(Link link) const noexcept {
  const Request& request = link.request();
  const auto text = credentials_of(request.headers.get(FieldId::authorization), "Digest");
  if (!text) return refuse(link, false);
  const Parameters given = read_parameters(*text);
  const std::string_view user = of(given, "username");
  link.exchange().trace().user = user;
  const Result result = check(request, given);
  if (result != Result::good) return refuse(link, result == Result::stale);
  return auth_.pass(link, user);
}

MiddlewarePtr build(const UserAuthOptions& given, Build& build) {
  UserList users;
  if (!read_users(given, 2, build, users)) return nullptr;
  return MiddlewarePtr(new DigestAuth(std::move(users), given, build.secret()));
}

}  // namespace

const MiddlewareModule digest_auth_middleware{
    .type = {"digestAuth", "a name, and proof of a password that is not sent", &user_auth_keys},
    .build = build_of<UserAuthOptions, build>};

}  // namespace pm
