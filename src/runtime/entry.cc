// SPDX-License-Identifier: MIT
#include "runtime/entry.h"

#include "core/text.h"
#include "http/grpc_errors.h"
#include "http/reply.h"
#include "observe/access_log.h"
#include "observe/request_labels.h"
#include "os/inspect.h"
#include "runtime/internal.h"
#include "runtime/memory_trim.h"
#include "runtime/prelude.h"
#include "runtime/service_meter.h"
#include "runtime/tls_front.h"
#include "tls/server_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace pm::runtime {
namespace {

// Traefik refuses a head 4 KiB behind its limit (static-config.md, maxHeaderBytes).
constexpr std::int64_t head_slack = 4096;
constexpr std::int64_t default_streams = 250;  // of a connection
constexpr std::size_t least_connection_window = 65535;
constexpr std::size_t most_connection_window = 16 << 20;

std::uint32_t bounded(std::int64_t value, std::int64_t most) noexcept {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 1, most));
}

h1::ServerSettings settings_of(const config::EntryPoint& source) {
  const config::Transport& transport = source.transport;
  h1::ServerSettings settings;
  settings.limits.max_bytes = bounded(source.http.max_header_bytes, 1 << 30) + head_slack;
  settings.limits.max_line = bounded(source.http.max_request_line_bytes, 1 << 30);
  settings.limits.max_fields = bounded(source.http.max_header_fields, 1 << 20);
  settings.head_timeout_ms = whole_milliseconds(source.http.header_timeout);
  settings.read_timeout_ms = whole_milliseconds(transport.responding_timeouts.read);
  settings.write_timeout_ms = whole_milliseconds(transport.responding_timeouts.write);
  settings.idle_timeout_ms = whole_milliseconds(transport.responding_timeouts.idle);
  settings.stall_timeout_ms = whole_milliseconds(transport.send_stall_timeout);
  settings.linger_timeout_ms = whole_milliseconds(transport.lingering_timeout);
  settings.max_age_ms = whole_milliseconds(transport.keep_alive_max_time);
  settings.takes_http2 = true;
  settings.min_body_rate = static_cast<std::uint64_t>(transport.min_body_rate);
  settings.max_requests =
      static_cast<std::uint64_t>(std::max<std::int64_t>(transport.keep_alive_max_requests, 0));
  return settings;
}

h2::ServerSettings http2_settings_of(const config::EntryPoint& source,
                                     const h1::ServerSettings& http1) {
  h2::ServerSettings settings;
  settings.limits = {.max_bytes = http1.limits.max_bytes,
                     .max_line = http1.limits.max_line,
                     .max_fields = http1.limits.max_fields};
  settings.session.memory = static_cast<std::size_t>(source.http.max_connection_memory);
  const std::size_t half = settings.session.memory / 2;
  settings.session.glitch_burst = static_cast<std::uint64_t>(source.http2.glitch_burst);
  settings.session.glitch_rate = static_cast<std::uint64_t>(source.http2.glitch_rate);
  settings.session.decoder_table =
      static_cast<std::uint32_t>(source.http2.max_decoder_header_table_size);
  settings.session.encoder_table =
      static_cast<std::uint32_t>(source.http2.max_encoder_header_table_size);
  settings.session.connection_window = static_cast<std::uint32_t>(
      std::clamp<std::size_t>(half, least_connection_window, most_connection_window));
  settings.session.linger_ms = http1.linger_timeout_ms;
  const std::int64_t streams = source.http2.max_concurrent_streams;
  settings.max_streams = static_cast<std::uint32_t>(streams == 0 ? default_streams : streams);
  settings.head_timeout_ms = http1.head_timeout_ms;
  settings.read_timeout_ms = http1.read_timeout_ms;
  settings.write_timeout_ms = http1.write_timeout_ms;
  settings.idle_timeout_ms = http1.idle_timeout_ms;
  settings.stall_timeout_ms = http1.stall_timeout_ms;
  settings.max_age_ms = http1.max_age_ms;
  settings.max_requests = http1.max_requests;
  settings.min_body_rate = http1.min_body_rate;
  return settings;
}

http::Underscores underscores_of(config::UnderscoreStrategy strategy) noexcept {
  switch (strategy) {
    case config::UnderscoreStrategy::keep: return http::Underscores::keep;
    case config::UnderscoreStrategy::remove: return http::Underscores::remove;
    case config::UnderscoreStrategy::reject: return http::Underscores::reject;
  }
  return http::Underscores::keep;
}

CidrSet addresses_of(const config::MarkedList& list) {
  std::vector<Cidr> blocks;
  for (const config::At<std::string>& text : list) {
    if (const auto block = Cidr::parse(text.value))
      blocks.push_back(*block);  // what is none was refused by the loader
  }
  return CidrSet(blocks);
}

http::ForwardedRules forwarded_of(const config::EntryPoint& source) {
  http::ForwardedRules rules;
  rules.trust_all = source.forwarded_headers.insecure;
  rules.trusted = addresses_of(source.forwarded_headers.trusted_ips);
  for (const std::string& name : source.forwarded_headers.connection) {
    rules.connection_keep.push_back(text::to_lower(name));
  }
  rules.append_for = !source.forwarded_headers.not_append_x_forwarded_for;
  rules.add_scheme_headers = source.forwarded_headers.add_x_forwarded_scheme_headers;
  rules.underscores = underscores_of(source.http.underscore_headers_strategy);
  rules.server_name = os::host_name();
  return rules;
}

[[gnu::noinline]] void count_retries(observe::Meters& meters, const Route& route,
                                     std::uint32_t retries) {
  shm::Cell* cell =
      meters.book().cells({.kind = observe::kind::retries, .name = route.service_name}, 1);
  if (cell != nullptr) shm::add(*cell, retries);
}

}  // namespace

Entry::Entry(const config::EntryPoint& source, std::uint32_t index, WorkerState& worker,
             EntryOwner& owner)
    : name_(source.name),
      index_(index),
      worker_(&worker),
      owner_(&owner),
      http1_{.context = &worker.codecs,
             .handler = this,
             .owner = this,
             .settings = settings_of(source)},
      http2_(http2_settings_of(source, http1_.settings)),
      forwarded_(forwarded_of(source)),
      path_{source.http.sanitize_path, source.http.encode_query_semicolons},
      denied_methods_(source.http.deny_methods),
      allowed_upgrades_(source.http.allowed_upgrades),
      websockets_(source.name, source.http.websocket.enabled,
                  source.http.websocket.max_connections),
      clients_(source.name, source.transport.max_connections_per_ip),
      takes_proxy_header_(source.proxy_protocol.has_value()),
      handshake_timeout_ms_(whole_milliseconds(source.transport.handshake_timeout)),
      grace_ms_(whole_milliseconds(source.transport.life_cycle.grace_timeout)),
      accept_grace_ms_(
          whole_milliseconds(source.transport.life_cycle.request_accept_grace_timeout)),
      grpc_errors_(source.http.grpc_errors),
      logged_(source.observability.access_logs),
      counted_(source.observability.metrics) {
  if (worker.meters != nullptr) open_meters();
  if (!source.proxy_protocol) return;
  trusts_every_proxy_ = source.proxy_protocol->insecure;
  trusted_proxies_ = addresses_of(source.proxy_protocol->trusted_ips);
}

Entry::~Entry() {
  close_all();
}

// ---- connections ------------------------------------------------------------------------------------------------------

bool Entry::listen(int fd) noexcept {
  auto* listener = new net::Listener(*worker_->codecs.loop, fd, *this);
  if (!listener->start()) {
    delete listener;
    return false;
  }
  listeners_.push_back(listener);
  return true;
}

void Entry::go_on() noexcept {
  for (net::Listener* listener : listeners_)
    listener->go_on();
}

void Entry::stop_listening() noexcept {
  for (net::Listener* listener : listeners_)
    listener->stop();
  listeners_.clear();
}

// Short of memory, a worker without a connection takes one all the same: nothing that goes could make room for it.
bool Entry::may_accept() noexcept {
  if (worker_->is_short_of_memory && worker_->connections > 0) return false;
  return worker_->connections < worker_->max_connections;
}

bool Entry::admit(const Address& client) noexcept {
  if (clients_.enter(worker_->tools, client)) return true;
  if (client_complaint_.may_say(worker_->codecs.loop->now_ms()))
    worker_->log->warn(fmt::format("{} has as many connections as transport.maxConnectionsPerIP "
                                   "allows; its next ones are closed",
                                   client.to_string()),
                       {{"entryPointName", name_}});
  return false;
}

h1::Server::Options Entry::options_for(const Endpoint& client) noexcept {
  return {
      .entry = &http1_, .client = client, .number = worker_->next_connection++, .secure = nullptr};
}

// Behind a PROXY header the client is known later: serve() counts it then.
void Entry::on_accept(int fd, const Endpoint& peer) noexcept {
  if (!takes_proxy_header_ && !admit(peer.address)) {
    worker_->codecs.loop->kernel().close(fd);
    return;
  }
  if (takes_proxy_header_ || takes_tls()) {
    Prelude* prelude =
        Prelude::open(*this, *worker_->codecs.loop, fd,
                      {.peer = peer,
                       .takes_proxy_header = takes_proxy_header_,
                       .is_trusted = trusts_every_proxy_ || trusted_proxies_.contains(peer.address),
                       .read_timeout_ms = http1_.settings.read_timeout_ms});
    if (prelude == nullptr) return forget_client(peer.address);
    count_connection();
    preludes_.push_back(*prelude);
    return;
  }
  h1::Server* server = h1::Server::open(fd, options_for(peer));
  if (server == nullptr) return clients_.leave(worker_->tools, peer.address);
  count_connection();
  connections_.push_back(*server);
}

void Entry::count_connection() noexcept {
  ++worker_->connections;
  note_connections(1);
  worker_->trim->note();
}

void Entry::note_connections(int more) noexcept {
  open_connections_ += static_cast<std::uint64_t>(more);
  if (open_cell_ != nullptr) shm::put(*open_cell_, open_connections_);
}

void Entry::open_meters() {
  observe::Meters& meters = *worker_->meters;
  if (meters.settings().entry_points) meter_.emplace(observe::Family::entry_point, name_);
  open_cell_ =
      meters.book().cells({.kind = observe::kind::connections, .name = name_, .extra = "TCP"}, 1);
  websockets_.open_meter(meters);
}

void Entry::count_handshake(std::string_view result) noexcept {
  if (worker_->meters == nullptr) return;
  worker_->meters->count({.kind = observe::kind::handshakes, .name = name_, .extra = result});
}

void Entry::serve(net::Stream* stream, const Endpoint& client, std::string_view early,
                  std::unique_ptr<http::SecureFacts> secure, Protocol protocol) noexcept {
  if (secure != nullptr) count_handshake(secure->resumed ? "resumed" : "full");
  if (takes_proxy_header_ && !admit(client.address)) {
    stream->close();
    return uncount_connection();
  }
  if (protocol == Protocol::http2)
    return serve_http2(
        stream, early,
        {.client = client, .number = worker_->next_connection++, .secure = std::move(secure)});
  h1::Server::Options options = options_for(client);
  options.secure = std::move(secure);
  connections_.push_back(*h1::Server::adopt(stream, std::move(options), early));
}

void Entry::serve_http2(net::Stream* stream, std::string_view early,
                        h2::Server::Options options) noexcept {
  options.context = worker_->http2.get();
  options.settings = &http2_;
  options.handler = this;
  options.owner = this;
  const Address client = options.client.address;
  h2::Server* session = h2::Server::open(stream, std::move(options));
  if (session == nullptr) {
    clients_.leave(worker_->tools, client);
    return uncount_connection();
  }
  sessions_.push_back(*session);
  session->start(early);
}

// Prior knowledge, on a plain connection.
void Entry::on_http2(h1::Server& server, net::Stream* stream, std::string_view early) noexcept {
  serve_http2(stream, early,
              {.client = server.client(), .number = server.number(), .secure = nullptr});
}

void Entry::on_closed(h2::Server& server) noexcept {
  worker_->trim->note(server.most_streams());
  clients_.leave(worker_->tools, server.client().address);
  uncount_connection();
}

std::shared_ptr<tls::ServerContext> Entry::choose_tls(std::string_view server_name) noexcept {
  const Runtime& runtime = *worker_->runtime;
  if (runtime.tls() == nullptr) return nullptr;
  return {runtime.tls(), runtime.tls()->choose(runtime.tls_hosts(index_), server_name)};
}

void Entry::note_failed_handshake(const Endpoint& client, std::string_view why) noexcept {
  count_handshake("failed");
  if (!worker_->log->is_on(Level::debug)) return;
  worker_->log->debug(fmt::format("no TLS with {}: {}", client.to_string(), why),
                      {{"entryPointName", name_}});
}

void Entry::forget_prelude(const Address& client) noexcept {
  forget_client(client);
  uncount_connection();
}

void Entry::forget_client(const Address& client) noexcept {
  if (!takes_proxy_header_) clients_.leave(worker_->tools, client);
}

void Entry::uncount_connection() noexcept {
  --worker_->connections;
  note_connections(-1);
  owner_->on_connection_closed();
}

void Entry::on_accept_failed(int error) noexcept {
  if (!accept_complaint_.may_say(worker_->codecs.loop->now_ms())) return;
  worker_->log->warn(
      fmt::format("cannot accept connections: {}; trying again", std::strerror(error)),
      {{"entryPointName", name_}});
}

void Entry::on_closed(h1::Server& server) noexcept {
  clients_.leave(worker_->tools, server.client().address);
  uncount_connection();
}

void Entry::drain() noexcept {
  sessions_.for_each([](h2::Server& session) { session.drain(); });
}

void Entry::close_idle() noexcept {
  connections_.for_each([](h1::Server& server) { server.close_if_idle(); });
  sessions_.for_each([](h2::Server& session) { session.close_if_idle(); });
  if (preludes_.empty()) return;
  preludes_.for_each([](Prelude& prelude) { prelude.close(); });
}

void Entry::close_all() noexcept {
  while (!connections_.empty())
    connections_.front().close();
  while (!sessions_.empty())
    sessions_.front().close();
  while (!preludes_.empty())
    preludes_.front().close();
}

// ---- requests ---------------------------------------------------------------------------------------------------------

// A connection was opened for one name and its TLS options, the request is for a name with others: what those demand (a
// client's certificate, say) was never asked for.
bool Entry::is_misdirected(const http::Request& request) const noexcept {
  const http::SecureFacts* secure = request.secure;
  if (secure == nullptr || request.host == secure->server_name) return false;
  const Runtime& runtime = *worker_->runtime;
  if (runtime.tls() == nullptr) return true;
  const auto* context = runtime.tls()->choose(runtime.tls_hosts(index_), request.host);
  return context == nullptr || context->id() != secure->options;
}

bool Entry::is_denied(std::string_view method) const noexcept {
  return std::find(denied_methods_.begin(), denied_methods_.end(), method) != denied_methods_.end();
}

// The connection ends with such an answer: whoever writes requests like that may mean something else by the next bytes.
void Entry::refuse(http::Exchange& exchange, std::uint16_t status, std::string_view body) noexcept {
  exchange.request().keep_alive = false;
  http::reply(exchange, status, body, body.empty() ? http::BodyType::none : http::BodyType::plain);
}

void Entry::on_request(http::Exchange& exchange) noexcept {
  http::Request& request = exchange.request();
  exchange.on_end = this;
  exchange.forwarded = &forwarded_;
  exchange.tools = &worker_->tools;
  exchange.trace().is_logged = logged_;
  exchange.trace().is_counted = counted_;
  if (grpc_errors_ && http::is_grpc(request)) http::answer_as_grpc(exchange);
  if (!denied_methods_.empty() && is_denied(request.method))
    return refuse(exchange, 405, "Method Not Allowed\n");
  if (!http::apply_underscores(request, forwarded_.underscores))
    return refuse(exchange, 400, "Bad Request");
  if (const http::TargetFault fault = http::resolve_target(request, path_))
    return refuse(exchange, fault.status, {});
  if (request.path == "*") return http::reply(exchange, 200, {}, http::BodyType::none);
  if (request.wants_upgrade && !may_upgrade(request)) {
    // A server may ignore Upgrade (RFC 9110 section 7.8), so we may for it; what asks by CONNECT can only be refused.
    if (request.version == http::Version::http2)
      return http::reply(exchange, 403, "Forbidden\n", http::BodyType::plain);
    request.wants_upgrade = false;
  }
  http::apply_forwarded(request, forwarded_);
  if (worker_->access_log != nullptr)
    exchange.trace().forwarded_for = request.headers.get(http::FieldId::x_forwarded_for);
  const bool websocket =
      request.wants_upgrade &&
      text::equals_ignore_case(request.headers.get(http::FieldId::upgrade), "websocket");
  if (websocket && !admit_websocket(exchange)) return;
  route(exchange);
}

// The name of the protocol decides, not its version.
bool Entry::may_upgrade(const http::Request& request) const noexcept {
  if (allowed_upgrades_.empty()) return true;
  const std::string_view wish = request.headers.get(http::FieldId::upgrade);
  const std::string_view name = wish.substr(0, wish.find('/'));
  return std::any_of(
      allowed_upgrades_.begin(), allowed_upgrades_.end(),
      [name](const std::string& allowed) { return text::equals_ignore_case(name, allowed); });
}

bool Entry::admit_websocket(http::Exchange& exchange) noexcept {
  const std::uint16_t refusal = websockets_.enter(exchange);
  if (refusal == 0) return true;
  http::reply(exchange, refusal, refusal == 403 ? "Forbidden\n" : "Service Unavailable\n",
              http::BodyType::plain);
  return false;
}

void Entry::route(http::Exchange& exchange) noexcept {
  const http::Request& request = exchange.request();
  const Route* found = worker_->runtime->find(index_, request);
  if (found == nullptr)
    return http::reply(exchange, 404, "404 page not found\n", http::BodyType::plain);
  hold(exchange, *found);
  exchange.trace().is_logged = found->access_log;
  exchange.trace().is_counted = found->metrics;
  if (found->grpc_errors && !grpc_errors_ && http::is_grpc(request)) http::answer_as_grpc(exchange);
  if (is_misdirected(request))
    return http::reply(exchange, 421, "Misdirected Request\n", http::BodyType::plain);
  if (found->forbidden != 0 && http::has_encoded(request.path, found->forbidden))
    return refuse(exchange, 400, {});
  enter(exchange, *found);
}

// Until the exchange ends: its route, and with layers of routers the whole Runtime, since who comes next is not known yet.
void Entry::hold(http::Exchange& exchange, const Route& route) noexcept {
  exchange.route = &route;
  if (route.children == nullptr) {
    ++route.holders;
    return;
  }
  exchange.configuration = worker_->runtime;
  ++worker_->runtime->holders;
}

void Entry::let_go(http::Exchange& exchange) noexcept {
  if (exchange.configuration != nullptr) {
    --static_cast<const Runtime*>(exchange.configuration)->holders;
    return;
  }
  if (exchange.route == nullptr) return;
  auto* route = const_cast<Route*>(static_cast<const Route*>(exchange.route));
  // What it leads to may be at work further up the stack.
  if (--route->holders == 0) worker_->codecs.loop->reactor().retire(route);
}

void Entry::enter(http::Exchange& exchange, const Route& route) noexcept {
  if (route.chain) return route.chain->run(exchange, *this);
  serve(exchange);
}

// Behind the chain of a router: its children are asked, by the request as the chain has left it, or it is answered.
void Entry::serve(http::Exchange& exchange) noexcept {
  const Route& route = *static_cast<const Route*>(exchange.route);
  if (route.children == nullptr) return answer(exchange, route);
  const auto& runtime = *static_cast<const Runtime*>(exchange.configuration);
  const Route* child = runtime.find_child(route, exchange.request());
  if (child == nullptr)
    return http::reply(exchange, 404, "404 page not found\n", http::BodyType::plain);
  exchange.route = child;
  if (child->is_internal_service) {
    exchange.trace().is_logged = child->access_log;
    exchange.trace().is_counted = child->metrics;
  }
  enter(exchange, *child);
}

void Entry::answer(http::Exchange& exchange, const Route& route) noexcept {
  if (route.redirect) return answer_redirect(exchange, *route.redirect);
  switch (route.internal) {
    case routing::Internal::none:
    case routing::Internal::agent: break;
    case routing::Internal::noop: return answer_noop(exchange);
    case routing::Internal::ping: return answer_ping(exchange, worker_->terminating);
    case routing::Internal::whoami: return answer_whoami(exchange, name_);
  }
  route.service->serve(exchange);
}

void Entry::on_exchange_end(http::Exchange& exchange) noexcept {
  const http::Trace& trace = exchange.trace();
  websockets_.leave(exchange);
  if (worker_->meters != nullptr) count(exchange);
  if (worker_->access_log != nullptr && trace.is_logged) log(exchange);
  let_go(exchange);
}

void Entry::count(http::Exchange& exchange) noexcept {
  const http::Trace& trace = exchange.trace();
  if (worker_->requests != nullptr) shm::add(*worker_->requests, 1);
  if (!trace.is_counted) return;
  observe::Meters& meters = *worker_->meters;
  observe::Observation seen{
      .labels = observe::labels_of(exchange, trace.status),
      .time_ns = worker_->codecs.loop->now_ns() - trace.started_ns,
      .request_bytes = trace.request_bytes,
      .response_bytes = trace.response_bytes,
  };
  if (has_more(exchange, meters)) [[unlikely]]
    return count_more(exchange, seen);
  count(exchange, seen);
}

void Entry::count_more(const http::Exchange& exchange, observe::Observation& seen) {
  const observe::ObservedMore more = more_of(exchange, *worker_->meters);
  seen.more = &more;
  count(exchange, seen);
}

void Entry::count(const http::Exchange& exchange, const observe::Observation& seen) {
  observe::Meters& meters = *worker_->meters;
  if (meter_) meter_->count(meters, seen);
  const Route* route = static_cast<const Route*>(exchange.route);
  if (route == nullptr) return;
  if (route->meter) route->meter->count(meters, seen);
  const std::uint32_t repeats = exchange.trace().repeats;
  if (repeats != 0 && meters.settings().services) count_retries(meters, *route, repeats);
}

void Entry::log(const http::Exchange& exchange) noexcept {
  const http::Trace& trace = exchange.trace();
  const auto now = worker_->codecs.loop->now_ns();
  const Route* route = static_cast<const Route*>(exchange.route);
  observe::AccessRecord record;
  record.request = &exchange.request();
  record.response = &exchange.response();
  if (trace.origin_status != 0) record.origin_headers = &exchange.response().headers;
  record.duration = Duration(now - trace.started_ns);
  record.start = std::chrono::system_clock::now() -
                 std::chrono::duration_cast<std::chrono::system_clock::duration>(record.duration);
  if (trace.origin_head_ns != 0)
    record.origin_duration = Duration(trace.origin_head_ns - trace.sent_ns);
  record.entry_point = name_;
  if (route != nullptr) {
    record.router = route->name;
    record.service = route->service_name;
  }
  record.server_url = trace.server_url;
  record.forwarded_for = trace.forwarded_for;
  record.termination = trace.termination;
  record.request_bytes = trace.request_bytes;
  record.response_bytes = trace.response_bytes;
  record.origin_bytes = trace.origin_bytes;
  record.status = trace.status;
  record.origin_status = trace.origin_status;
  record.retries = std::max(trace.attempts > 1 ? trace.attempts - 1 : 0, trace.repeats);
  record.client_username = trace.user;
  record.worker = worker_->worker;
  record.connection = trace.connection;
  worker_->access_log->record(record);
}

}  // namespace pm::runtime
