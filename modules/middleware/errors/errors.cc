// SPDX-License-Identifier: MIT
#include "modules/middleware/errors/errors.h"

#include "core/number.h"
#include "core/text.h"
#include "http/fetch.h"
#include "http/path.h"
#include "http/status_ranges.h"
#include "http/url.h"

#include <fmt/format.h>

#include <optional>

namespace pm {
namespace {

using namespace http;

struct ErrorsOptions {
  config::MarkedTexts status;
  config::At<std::string> service;
  std::string query;
  config::At<config::Node> rewrites;
  std::optional<std::vector<std::string>> request_headers;
};
constexpr config::Option options[] = {
    config::option<&ErrorsOptions::status>("status", "answers with these get a page: 404, 500-599"),
    config::option<&ErrorsOptions::service>("service", "which service has the pages"),
    config::option<&ErrorsOptions::query>(
        "query", "path of the page; {status}, {originalStatus} and {url} are filled in"),
    config::option<&ErrorsOptions::rewrites>(
        "statusRewrites", "RANGE: STATUS, what the client sees instead; the first that fits"),
    config::option<&ErrorsOptions::request_headers>(
        "errorRequestHeaders", "fields of the request that the page's service sees")
        .empty()
        .with_default("all of them"),
};
constexpr config::Section keys = config::section_of<ErrorsOptions>(options);

struct Rewrite {
  StatusRanges from;
  std::uint16_t to = 0;
};

struct ErrorRules {
  StatusRanges status;
  const ServiceSlot* service = nullptr;
  std::string query;
  std::vector<Rewrite> rewrites;
  std::optional<std::vector<std::string>> request_headers;
};

// The page on its way: asked for where the answer would have been, and handed on as if it were that answer.
class Page final : public ReplyMaker, private FetchUser, private ClientEnd {
 public:
  Page(Exchange& parent, const ErrorRules& rules, std::uint16_t status)
      : parent_(&parent), rules_(&rules), fetch_(parent, *this), status_(status) {}
  void make(Exchange& parent) noexcept override;

 private:
  void on_fetch_head(Fetch&) noexcept override;
  void on_fetch_chunk(Fetch&, const Chunk& chunk) noexcept override {
    parent_->response_chunk(chunk);
  }
  Flow on_fetch_flush(Fetch&) noexcept override { return parent_->flush_response(); }
  void on_fetch_end(Fetch&) noexcept override;
  void on_fetch_failed(Fetch&) noexcept override;
  void request_chunk(Exchange&, const Chunk&) noexcept override {}
  void request_end(Exchange&) noexcept override {}
  Flow flush_request(Exchange&) noexcept override { return Flow::more; }
  void resume_response(Exchange&) noexcept override { fetch_.resume(); }
  void cancel(Exchange&) noexcept override { fetch_.cancel(); }
  void ask(Exchange& parent);

  Exchange* parent_;
  const ErrorRules* rules_;
  Fetch fetch_;
  std::uint16_t status_;  // of the answer that the page replaces
  std::uint16_t code_ = 0;
};

class Errors final : public Middleware {
 public:
  explicit Errors(ErrorRules rules) : rules_(std::move(rules)) {}
  Hooks hooks() const noexcept override { return Hook::response_headers; }
  Verdict on_response_headers(Link link) const noexcept override {
    const std::uint16_t status = link.response().status;
    if (link.exchange().is_tunnel() || !rules_.status.contains(status)) return Verdict::next;
    link.reply_by(*link.arena().make<Page>(link.exchange(), rules_, status));
    return Verdict::respond;
  }

 private:
  ErrorRules rules_;
};

std::string url_of(const Request& request) {
  return fmt::format("{}://{}{}{}{}", request.secure != nullptr ? "https" : "http",
                     request.authority, request.path, request.has_query ? "?" : "", request.query);
}

void set_target(Request& request, std::string_view text) {
  Arena& arena = request.headers.arena();
  const std::size_t question = text.find('?');
  std::string_view path = text.substr(0, question);
  if (normalize_path(path, arena)) path = escape_path(path, arena);
  set_path(request, path);
  request.has_query = question != std::string_view::npos;
  if (!request.has_query) return;
  std::string
      query;  // what no request line can hold is escaped, everything else stays as it was written
  for (const char c : text.substr(question + 1)) {
    const auto byte = static_cast<unsigned char>(c);
    byte > 0x20 && byte < 0x7f ? query.push_back(c) : text::percent_encode({&c, 1}, "", query);
  }
  request.query = arena.copy(query);
}

void Page::ask(Exchange& parent) {
  const Request& from = parent.request();
  Request& request = fetch_.request();
  Arena& arena = parent.arena();
  std::string target = text::replace_all(rules_->query, "{status}", std::to_string(code_));
  target = text::replace_all(target, "{originalStatus}", std::to_string(status_));
  target = text::replace_all(target, "{url}", text::query_escaped(url_of(from)));
  if (!target.starts_with('/')) target.insert(0, "/");
  set_target(request, arena.copy(target));
  request.authority = from.authority;
  request.host = from.host;
  request.secure = from.secure;
  if (!rules_->request_headers) {
    request.headers.assign(from.headers);
    if (from.has_named_peer) request.headers.set(FieldId::x_forwarded_for, from.forwarded_for);
    if (from.has_named_peer && from.forwarded_for.empty())
      request.headers.drop(FieldId::x_forwarded_for);
  } else {
    for (const std::string& name : *rules_->request_headers) {
      for (const Field& field : from.headers) {
        if (!field.dropped && text::equals_ignore_case(field.name, name))
          request.headers.append(field.id, field.name, field.value);
      }
    }
  }
  for (const FieldId id : {FieldId::content_length, FieldId::transfer_encoding, FieldId::expect,
                           FieldId::upgrade, FieldId::connection})
    request.headers.drop(id);
}

void Page::make(Exchange& parent) noexcept {
  code_ = status_;
  for (const Rewrite& rewrite : rules_->rewrites) {
    if (!rewrite.from.contains(status_)) continue;
    code_ = rewrite.to;
    break;
  }
  ask(parent);
  parent.set_client_end(this);
  fetch_.start(rules_->service->service);
}

void Page::on_fetch_head(Fetch& fetch) noexcept {
  const Response& page = fetch.response();
  Response& response = parent_->response();
  response.clear();
  response.status = code_;
  response.origin = Origin::middleware;
  response.framing = page.framing;
  response.content_length = page.content_length;
  response.headers.assign(page.headers);
  parent_->response_head();
}

void Page::on_fetch_end(Fetch&) noexcept {
  parent_->response_end();
  parent_->set_client_end(nullptr);
  parent_->flush_response();
}

void Page::on_fetch_failed(Fetch&) noexcept {
  parent_->flush_response();
  if (parent_->client_end() != static_cast<ClientEnd*>(this)) return;
  parent_->set_client_end(nullptr);
  parent_->cut_response();
}

bool read_rewrites(const config::At<config::Node>& given, Build& build, std::vector<Rewrite>& out) {
  bool is_good = true;
  for (const config::Entry& entry : given.value.entries) {
    Rewrite rewrite;
    const auto to = parse_u64(config::scalar_text(entry.value));
    const Status added = rewrite.from.add(entry.key);
    if (added && to && *to >= 100 && *to <= 999) {
      rewrite.to = static_cast<std::uint16_t>(*to);
      out.push_back(std::move(rewrite));
      continue;
    }
    build.broken(entry.key_mark,
                 fmt::format(".statusRewrites: {}",
                             added ? "a status is a number of three digits" : added.error().what),
                 "write 500-599: 503");
    is_good = false;
  }
  return is_good;
}

MiddlewarePtr build(const ErrorsOptions& given, Build& build) {
  ErrorRules rules;
  bool is_good = read_rewrites(given.rewrites, build, rules.rewrites);
  for (const config::At<std::string>& item : given.status) {
    if (const Status added = rules.status.add(item.value); !added) {
      build.broken(item.mark, fmt::format(".status: {}", added.error().what),
                   "write 404 or 500-599");
      is_good = false;
    }
  }
  if (given.service.value.empty()) {
    build.broken(given.service.mark, ".service is empty", "name the service that has the pages");
    return nullptr;
  }
  rules.service = build.service(given.service);
  rules.query = given.query;
  rules.request_headers = given.request_headers;
  if (!is_good || rules.service == nullptr) return nullptr;
  return MiddlewarePtr(new Errors(std::move(rules)));
}

}  // namespace

const MiddlewareModule errors_middleware{
    .type = {"errors", "a page of another service in place of certain answers", &keys},
    .build = build_of<ErrorsOptions, build>};

}  // namespace pm
