// SPDX-License-Identifier: MIT
#include "modules/middleware/forward_auth/forward_auth.h"

#include "core/regex.h"
#include "core/text.h"
#include "http/absolute_url.h"
#include "http/alias.h"
#include "http/collect.h"
#include "http/fetch.h"
#include "http/path.h"
#include "http/tools.h"
#include "modules/middleware/forward_auth/options.h"
#include "modules/middleware/forward_auth/request.h"

#include <fmt/format.h>

#include <algorithm>

namespace pm {
namespace {

using namespace http;
using forward_auth::ForwardAuthOptions;
using forward_auth::RequestRules;

constexpr std::uint64_t patience_ms = 30000;

struct AuthRules {
  RequestRules request;
  const ServiceSlot* server = nullptr;
  std::string address;
  std::vector<std::string> response_headers;
  std::optional<Regex> response_expression;
  std::vector<std::string> cookies;
  std::string user_field;
  std::uint64_t most_body = UINT64_MAX;
  std::uint64_t most_response = UINT64_MAX;
  std::string signin_url;
  bool forwards_body = false;
  bool keeps_location = false;
};

// One question to the auth server, and its answer, whole.
class Question final : private FetchUser {
 public:
  Question(Exchange& parent, std::uint64_t most, Resumer then) noexcept
      : arena_(&parent.arena()), fetch_(parent, *this), most_(most), then_(then) {}
  Fetch& fetch() noexcept { return fetch_; }
  const Response& answer() noexcept { return fetch_.response(); }
  std::string_view body() const noexcept { return {text_, size_}; }
  bool failed() const noexcept { return failed_; }
  bool is_too_large() const noexcept { return is_too_large_; }

 private:
  void on_fetch_head(Fetch&) noexcept override {}
  void on_fetch_chunk(Fetch&, const Chunk& chunk) noexcept override;
  Flow on_fetch_flush(Fetch&) noexcept override;
  void on_fetch_end(Fetch&) noexcept override { then_.resume_soon(Verdict::again); }
  void on_fetch_failed(Fetch&) noexcept override {
    failed_ = true;
    then_.resume_soon(Verdict::again);
  }

  Arena* arena_;
  Fetch fetch_;
  std::uint64_t most_;
  Resumer then_;
  char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t room_ = 0;
  bool failed_ = false;
  bool is_too_large_ = false;
};

void Question::on_fetch_chunk(Fetch&, const Chunk& chunk) noexcept {
  is_too_large_ = is_too_large_ || size_ + chunk.size > most_;
  if (is_too_large_) return;
  if (size_ + chunk.size > room_) {
    room_ = std::max<std::size_t>((size_ + chunk.size) * 2, 1024);
    char* const larger = static_cast<char*>(arena_->allocate(room_, 1));
    if (size_ > 0) std::copy(text_, text_ + size_, larger);
    text_ = larger;
  }
  for (const std::string_view slice : chunk.slices)
    size_ += slice.copy(text_ + size_, slice.size());
}

Flow Question::on_fetch_flush(Fetch&) noexcept {
  if (!is_too_large_) return Flow::more;
  fetch_.cancel();  // nothing that is still to come makes it smaller
  then_.resume_soon(Verdict::again);
  return Flow::hold;
}

struct AuthState {
  const Collector* collector;
  Question* question;
};

class ForwardAuth final : public Middleware {
 public:
  explicit ForwardAuth(AuthRules rules) : rules_(std::move(rules)) {}
  Hooks hooks() const noexcept override {
    const Hooks asks = Hook::request_headers | Hook::waits;
    return rules_.cookies.empty() ? asks : asks | Hook::response_headers;
  }
  std::size_t state_size() const noexcept override { return sizeof(AuthState); }
  Verdict on_request_headers(Link link) const noexcept override;
  Verdict on_response_headers(Link link) const noexcept override;

 private:
  Verdict ask(Link link) const noexcept;
  Verdict judge(Link link, Question& question) const noexcept;
  Verdict pass(Link link, const Response& answer) const noexcept;
  Verdict refuse(Link link, Question& question) const noexcept;
  bool is_copied(std::string_view name, Arena& arena) const noexcept;

  AuthRules rules_;
};

Verdict answer_with(Link link, std::uint16_t status) noexcept {
  link.reply(status, {});
  return Verdict::respond;
}

Verdict ForwardAuth::on_request_headers(Link link) const noexcept {
  auto& state = link.state<AuthState>();
  Exchange& exchange = link.exchange();
  if (state.question != nullptr) return judge(link, *state.question);
  if (!rules_.forwards_body || !has_body(exchange)) return ask(link);
  if (is_declared_larger(exchange.request(), rules_.most_body)) return answer_with(link, 401);
  if (state.collector == nullptr && exchange.kept() == nullptr) {
    auto* collector = link.arena().make<Collector>(
        exchange, CollectLimits{.most = rules_.most_body}, link.suspend());
    state.collector = collector;
    collector->start();
    return Verdict::wait;
  }
  if (state.collector != nullptr) {
    switch (state.collector->result()) {
      case Collected::whole: break;
      case Collected::too_large: return answer_with(link, 401);
      case Collected::failed: return answer_with(link, 500);
    }
  }
  return ask(link);
}

Verdict ForwardAuth::ask(Link link) const noexcept {
  auto& state = link.state<AuthState>();
  state.question =
      link.arena().make<Question>(link.exchange(), rules_.most_response, link.suspend());
  Fetch& fetch = state.question->fetch();
  fill_request(rules_.request, link.request(), fetch.request());
  fetch.leave_head_alone();
  if (rules_.forwards_body) fetch.send_body_of_parent();
  fetch.start(rules_.server->service);
  return Verdict::wait;
}

Verdict ForwardAuth::judge(Link link, Question& question) const noexcept {
  const Response& answer = question.answer();
  if (link.exchange().kept() != nullptr) link.exchange().kept()->rewind();
  if (question.is_too_large()) return answer_with(link, 401);
  // Whoever could not be asked has not said yes.
  if (question.failed() || answer.origin != Origin::server) return answer_with(link, 500);
  if (!rules_.user_field.empty())
    link.exchange().trace().user = answer.headers.get(rules_.user_field);
  if (answer.status >= 200 && answer.status < 300) return pass(link, answer);
  return refuse(link, question);
}

bool ForwardAuth::is_copied(std::string_view name, Arena& arena) const noexcept {
  if (!rules_.response_expression) return false;
  char* const canonical = static_cast<char*>(arena.allocate(name.size(), 1));
  write_canonical(canonical, name);
  return rules_.response_expression->matches({canonical, name.size()});
}

Verdict ForwardAuth::pass(Link link, const Response& answer) const noexcept {
  Headers& headers = link.request().headers;
  const auto copy_named = [&](std::string_view name) {
    for (const Field& field : answer.headers) {
      if (!field.dropped && text::equals_ignore_case(field.name, name))
        headers.append(field.id, field.name, field.value);
    }
  };
  // What the client claims to have been told goes first.
  for (const std::string& name : rules_.response_headers) {
    headers.drop(name);
    drop_other_spellings(headers, name);
  }
  for (const std::string& name : rules_.response_headers)
    copy_named(name);
  if (!rules_.response_expression) return Verdict::next;
  for (Field& field : headers) {
    if (field.dropped || field.id == FieldId::host) continue;
    field.dropped = is_copied(field.name, link.arena()) ||
                    is_copied(folded_copy(field.name, link.arena()), link.arena());
  }
  for (const Field& field : answer.headers) {
    if (!field.dropped && is_copied(field.name, link.arena()))
      headers.append(field.id, field.name, field.value);
  }
  return Verdict::next;
}

Verdict ForwardAuth::refuse(Link link, Question& question) const noexcept {
  const Response& answer = question.answer();
  if (answer.status == 401 && !rules_.signin_url.empty()) {
    link.reply(302, {});
    link.response().headers.append(FieldId::location, rules_.signin_url);
    return Verdict::respond;
  }
  link.reply(answer.status, question.body());
  link.response().reason = answer.reason;
  Headers& headers = link.response().headers;
  for (const Field& field : answer.headers) {
    if (field.dropped || field.id == FieldId::content_length) continue;
    std::string_view value = field.value;
    if (field.id == FieldId::location && !rules_.keeps_location) {
      if (const auto absolute = resolve_url(rules_.address, value))
        value = link.arena().copy(*absolute);
    }
    headers.append(field.id, field.name, value);
  }
  return Verdict::respond;
}

std::string_view cookie_name(std::string_view value) noexcept {
  return text::trim_blanks(value.substr(0, value.find('=')));
}

// Cookies that the auth server sets win over those that the service sets under the same names.
Verdict ForwardAuth::on_response_headers(Link link) const noexcept {
  auto& state = link.state<AuthState>();
  if (state.question == nullptr) return Verdict::next;
  const Headers& from = state.question->answer().headers;
  if (from.find(FieldId::set_cookie) == nullptr) return Verdict::next;
  Headers& headers = link.response().headers;
  const auto is_ours = [this](std::string_view value) {
    const auto& names = rules_.cookies;
    return std::find(names.begin(), names.end(), cookie_name(value)) != names.end();
  };
  for (Field& field : headers) {
    if (field.id == FieldId::set_cookie && is_ours(field.value)) field.dropped = true;
  }
  for (const Field& field : from) {
    if (!field.dropped && field.id == FieldId::set_cookie && is_ours(field.value))
      headers.append(FieldId::set_cookie, field.value);
  }
  return Verdict::next;
}

// ---- building -----------------------------------------------------------------------------------------------------------

bool read_address(const ForwardAuthOptions& given, Build& build, AuthRules& rules) {
  const auto url = split_url(given.address.value);
  if (!url || url->scheme.empty() || !url->has_authority || url->authority.empty()) {
    build.broken(given.address.mark, ".address is no URL", "write http://HOST:PORT/PATH");
    return false;
  }
  const std::size_t user = url->authority.rfind('@');
  rules.address = given.address.value;
  rules.request.path = url->path;
  rules.request.query = url->query;
  rules.request.has_query = url->has_query;
  rules.request.authority =
      user == std::string_view::npos ? url->authority : url->authority.substr(user + 1);
  return true;
}

void warn_of_defaults(const ForwardAuthOptions& given, Build& build) {
  if (!given.trust_forward_header)
    build.warn({}, "has no trustForwardHeader: the auth server sees some of what clients claim",
               "write trustForwardHeader: false, or true behind a trusted proxy");
  if (!given.max_response)
    build.warn({}, "has no maxResponseBodySize: an answer of any size is held",
               "write the size of the largest answer");
  if (given.forward_body && given.max_body.value < 0)
    build.warn(given.max_body.mark,
               "has forwardBody and no maxBodySize: a body of any size is held",
               "write the size of the largest body");
  if (given.tls && given.tls->ca_optional.mark.source != 0)
    build.warn(given.tls->ca_optional.mark, ".tls.caOptional has no effect any more",
               "take it out");
}

std::uint64_t limit_of(std::int64_t bytes) noexcept {
  return bytes < 0 ? UINT64_MAX : static_cast<std::uint64_t>(bytes);
}

MiddlewarePtr build(const ForwardAuthOptions& given, Build& build) {
  AuthRules rules;
  bool is_good = read_address(given, build, rules);
  if (!given.response_headers_regex.value.empty()) {
    auto compiled = Regex::compile(given.response_headers_regex.value);
    if (compiled) {
      rules.response_expression = std::move(compiled).value();
    } else {
      build.broken(given.response_headers_regex.mark,
                   fmt::format(".authResponseHeadersRegex: {}", compiled.error().what),
                   "mend the expression");
      is_good = false;
    }
  }
  warn_of_defaults(given, build);
  // What could not be read was complained of when it was.
  const auto is_read = [&build](const std::string& written, std::string_view option) {
    return written.empty() || !build.content(option).empty();
  };
  is_good &=
      !given.tls || (is_read(given.tls->ca, "tls.ca") && is_read(given.tls->cert, "tls.cert") &&
                     is_read(given.tls->key, "tls.key"));
  if (!is_good) return nullptr;
  rules.server = build.server({.url = given.address,
                               .ca = std::string(build.content("tls.ca")),
                               .cert = std::string(build.content("tls.cert")),
                               .key = std::string(build.content("tls.key")),
                               .insecure_skip_verify = given.tls && given.tls->insecure_skip_verify,
                               .request_timeout_ms = patience_ms});
  if (rules.server == nullptr) return nullptr;
  rules.request.trust = given.trust_forward_header;
  rules.request.only = given.request_headers;
  rules.request.keeps_method = given.preserve_method;
  rules.response_headers = given.response_headers;
  rules.cookies = given.cookies;
  rules.user_field = given.header_field;
  rules.most_body = limit_of(given.max_body.value);
  rules.most_response = limit_of(given.max_response ? given.max_response->value : -1);
  rules.signin_url = given.signin_url;
  rules.forwards_body = given.forward_body;
  rules.keeps_location = given.preserve_location;
  return MiddlewarePtr(new ForwardAuth(std::move(rules)));
}

}  // namespace

const MiddlewareModule forward_auth_middleware{
    .type = {"forwardAuth", "somebody else is asked whether a request may pass",
             &forward_auth::forward_auth_keys},
    .build = build_of<ForwardAuthOptions, build>};

}  // namespace pm
