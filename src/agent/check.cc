// SPDX-License-Identifier: MIT
#include "agent/check.h"

#include "core/text.h"
#include "http/absolute_url.h"
#include "upstream/load_balancer.h"
#include "upstream/server_url.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace pm::agent {
namespace {

// A message of gRPC: not compressed, its length, the bytes. A HealthCheckRequest that names no service has none; the answer that
// is good says SERVING (1) in its first field.
constexpr std::string_view grpc_request("\0\0\0\0\0", 5);
constexpr std::string_view grpc_serving("\0\0\0\0\2\x08\1", 7);
constexpr std::size_t longest_answer = 64;

}  // namespace

// What one request needs; the exchange uses the service, so it goes first.
struct Check::Request {
  Request(BlockPool& blocks, http::ServerEnd& end) : exchange(blocks, end) {}
  std::optional<upstream::LoadBalancer> service;
  http::Exchange exchange;
  std::string answer;  // of a check of gRPC
  bool is_judged = false;
};

Check* Check::start(const upstream::Probe& probe, const Tools& tools, CheckUser& user) {
  auto* check = new Check(probe, tools, user);
  tools.loop->arm(*check, tools.loop->now_ms() + probe.timeout_ms);
  tools.loop->set(*check, 0);
  return check;
}

Check::Check(const upstream::Probe& probe, const Tools& tools, CheckUser& user)
    : probe_(&probe),
      tools_(tools),
      user_(&user),
      url_(probe.url),
      method_(probe.method),
      host_(probe.host) {}

Check::~Check() = default;

void Check::ask() {
  const auto url = upstream::parse_server_url(url_);
  const auto parts = http::split_url(url_);
  const auto scheme = upstream::scheme_named(url ? url->scheme : "");
  if (!scheme || !parts) return finish(false, "it leads to a URL that cannot be asked");
  Request& asked = *requests_.emplace_back(
      std::make_unique<Request>(*tools_.blocks, static_cast<http::ServerEnd&>(*this)));
  Arena& arena = asked.exchange.arena();
  http::Request& request = asked.exchange.request();
  request.method = arena.copy(method_);
  request.path = parts->path.empty() ? std::string_view("/") : arena.copy(parts->path);
  request.has_query = parts->has_query;
  request.query = arena.copy(parts->query);
  request.authority = arena.copy(host_.empty() ? url->authority : host_);
  request.names_peer = false;
  for (const auto& [name, value] : probe_->headers) {
    if (!text::equals_ignore_case(name, "host")) request.headers.append(name, value);
  }
  if (probe_->is_grpc) {
    request.framing = http::Framing::length;
    request.content_length = grpc_request.size();
    request.headers.append(http::FieldId::content_type, "application/grpc");
    request.headers.append(http::FieldId::te, "trailers");
  } else {
    asked.exchange.note_empty_request();
  }
  upstream::Server server;
  server.place = upstream::Place{url->host, url->port, *scheme};
  server.url = url_;
  server.host = std::string(request.authority);
  asked.service.emplace(std::move(server), upstream::LoadBalancerOptions{.name = probe_->service,
                                                                         .pass_host_header = false,
                                                                         .pools = tools_.pools,
                                                                         .plan = probe_->pool});
  asked.service->serve(asked.exchange);
}

// Behind the head; what is left of the answer nobody reads.
Flow Check::flush_response(http::Exchange& exchange) noexcept {
  const bool is_enough = probe_->is_grpc ? exchange.answer_ended() : exchange.answer_begun();
  if (user_ != nullptr && is_enough && !requests_.back()->is_judged) {
    requests_.back()->is_judged = true;
    probe_->is_grpc ? judge_grpc(exchange) : judge(exchange);
    if (!exchange.answer_ended()) exchange.drop_client_end();
  }
  return Flow::more;
}

void Check::judge(http::Exchange& exchange) noexcept {
  const http::Response& response = exchange.response();
  if (response.origin != http::Origin::server) return finish(false, exchange.trace().termination);
  if (is_led_on(response)) return follow(response.headers.get(http::FieldId::location));
  finish(probe_->is_good(response.status), fmt::format("status {}", response.status));
}

void Check::resume_request(http::Exchange& exchange) noexcept {
  if (!probe_->is_grpc || exchange.request_ended()) return;
  exchange.request_chunk({{&grpc_request, 1}, grpc_request.size()});
  exchange.request_end();
  exchange.flush_request();
}

void Check::send_chunk(http::Exchange&, const http::Chunk& chunk) noexcept {
  std::string& answer = requests_.back()->answer;
  for (const std::string_view slice : chunk.slices)
    answer.append(slice.substr(0, longest_answer - std::min(answer.size(), longest_answer)));
}

void Check::judge_grpc(http::Exchange& exchange) noexcept {
  const http::Response& response = exchange.response();
  if (response.origin != http::Origin::server) return finish(false, exchange.trace().termination);
  if (response.status != 200) return finish(false, fmt::format("status {}", response.status));
  std::string_view status = response.trailers.get("grpc-status");
  if (status.empty()) status = response.headers.get("grpc-status");
  if (status != "0") return finish(false, fmt::format("grpc-status {}", status));
  finish(requests_.back()->answer == grpc_serving, "its answer is another one than SERVING");
}

bool Check::is_led_on(const http::Response& response) const noexcept {
  switch (response.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return probe_->follow_redirects && !response.headers.get(http::FieldId::location).empty();
    default: return false;
  }
}

void Check::follow(std::string_view location) noexcept {
  if (requests_.size() > static_cast<std::size_t>(upstream::Probe::most_redirects))
    return finish(false, "it leads from one URL to the next without end");
  const auto parts = http::split_url(location);
  auto next = http::resolve_url(url_, location);
  if (!parts || !next) return finish(false, "it leads to a URL that is none");
  if (parts->has_authority) host_.clear();
  const std::uint16_t status = requests_.back()->exchange.response().status;
  if (status < 307 && method_ != "HEAD") method_ = "GET";
  url_ = std::move(*next);
  tools_.loop->set(*this, 0);
}

void Check::cut(http::Exchange& exchange) noexcept {
  if (user_ != nullptr && !requests_.back()->is_judged) finish(false, exchange.trace().termination);
}

void Check::on_timer() noexcept {
  if (!requests_.empty()) requests_.back()->exchange.cancel_client_end();
  finish(false, fmt::format("no answer within {} ms", probe_->timeout_ms));
}

void Check::finish(bool is_good, std::string_view reason) noexcept {
  CheckUser* const user = user_;
  const std::string why(reason);
  user_ = nullptr;
  tools_.loop->disarm(*this);
  Delay::stop();
  tools_.loop->reactor().retire(static_cast<net::Mortal*>(this));
  user->on_checked(is_good, why);
}

void Check::cancel() noexcept {
  user_ = nullptr;
  for (const auto& request : requests_)
    request->exchange.cancel_client_end();
  tools_.loop->disarm(*this);
  Delay::stop();
  tools_.loop->reactor().retire(static_cast<net::Mortal*>(this));
}

}  // namespace pm::agent
