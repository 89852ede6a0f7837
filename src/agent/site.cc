// SPDX-License-Identifier: MIT
#include "agent/site.h"

#include "http/reply.h"
#include "http/url.h"
#include "os/local_socket.h"

#include <fmt/format.h>

#include <cstring>

#include <unistd.h>

namespace pm::agent {
namespace {

bool is_ours(int fd) {
  const auto uid = os::peer_uid(fd);
  return uid && (*uid == 0 || *uid == ::geteuid());
}

void send(http::Exchange& exchange, const Reply& answer) noexcept {
  Arena& arena = exchange.arena();
  http::prepare_reply(exchange, answer.status, arena.copy(answer.body), http::BodyType::none);
  http::Headers& headers = exchange.response().headers;
  if (!answer.body.empty()) {
    headers.append(http::FieldId::content_type, arena.copy(answer.type));
    headers.append("X-Content-Type-Options", "nosniff");
  }
  for (const auto& [name, value] : answer.fields)
    headers.append(arena.copy(name), arena.copy(value));
  http::send_reply(exchange);
}

}  // namespace

Site::Site(net::Loop& loop, Log& log) : loop_(loop), log_(log) {
  context_.loop = &loop;
}

Site::~Site() {
  stop();
}

void Site::answer(std::string service, Responder responder) {
  responders_[std::move(service)] = std::move(responder);
}

bool Site::listen(int fd) {
  listener_ = new net::Listener(loop_, fd, *this);
  if (listener_->start()) return true;
  delete listener_;
  listener_ = nullptr;
  return false;
}

void Site::drain(std::uint64_t silent_ms, std::uint64_t limit_ms,
                 std::function<void()> done) noexcept {
  if (on_drained_ != nullptr) return;
  stop_listening();
  context_.draining = true;
  on_drained_ = std::move(done);
  silence_ends_ms_ = loop_.now_ms() + silent_ms;
  ends_ms_ = loop_.now_ms() + limit_ms;
  loop_.arm(*this, loop_.now_ms() + net::Wheel::tick_ms);
}

void Site::on_timer() noexcept {
  const std::uint64_t now = loop_.now_ms();
  if (now >= silence_ends_ms_)
    connections_.for_each([](h1::Server& server) { server.close_if_idle(); });
  if (now >= ends_ms_) close_all();
  if (!connections_.empty()) return loop_.arm(*this, now + net::Wheel::tick_ms);
  on_drained_();
}

void Site::stop_listening() noexcept {
  if (listener_ != nullptr) listener_->stop();
  listener_ = nullptr;
}

void Site::stop() noexcept {
  loop_.disarm(*this);
  stop_listening();
  close_all();
}

void Site::close_all() noexcept {
  while (!connections_.empty())
    connections_.front().close();
}

void Site::on_accept(int fd, const Endpoint& peer) noexcept {
  if (!is_ours(fd)) {
    loop_.kernel().close(fd);
    if (!has_refused_) log_.warn("a process of another user asks the agent; it is not answered");
    has_refused_ = true;
    return;
  }
  h1::Server* server = h1::Server::open(
      fd, {.entry = &entry_, .client = peer, .number = next_connection_++, .secure = nullptr});
  if (server != nullptr) connections_.push_back(*server);
}

void Site::on_accept_failed(int error) noexcept {
  log_.warn(
      fmt::format("the agent cannot accept connections: {}; trying again", std::strerror(error)));
}

void Site::on_request(http::Exchange& exchange) noexcept {
  http::Request& request = exchange.request();
  if (http::resolve_target(request, {.sanitize = false}))
    return http::reply(exchange, 400, {}, http::BodyType::none);
  if (request.method != "GET" && request.method != "HEAD") {
    http::prepare_reply(exchange, 405, "Method Not Allowed\n", http::BodyType::plain);
    exchange.response().headers.append("Allow", "GET, HEAD");
    return http::send_reply(exchange);
  }
  send(exchange, ask(request));
}

Reply Site::ask(const http::Request& request) const {
  const std::string_view path = request.path.substr(1);
  const std::size_t slash = path.find('/');
  const auto found = responders_.find(path.substr(0, slash));
  if (found == responders_.end()) return Reply::not_found();
  return found->second({.service = found->first,
                        .path = slash == std::string_view::npos ? "/" : path.substr(slash),
                        .query = request.query,
                        .request = &request});
}

}  // namespace pm::agent
