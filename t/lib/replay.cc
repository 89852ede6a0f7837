// SPDX-License-Identifier: MIT
#include "t/lib/replay.h"

#include "h1/client.h"
#include "upstream/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace pm::test {
namespace {

constexpr std::uint64_t most_silence_ms = 120000;  // longer than any time-out of the world
constexpr std::uint64_t most_calls_a_turn = 100000;

class TurnByTurn final : public upstream::Balancer {
 public:
  std::optional<std::uint32_t> pick(const upstream::PickInput&) noexcept override {
    return schedule_.next({});
  }

 private:
  static constexpr std::int64_t weights[] = {2, 1};
  upstream::Schedule schedule_{weights, 0};
};

}  // namespace

Plan* Ground::plan_of(std::string_view target) {
  unsigned client = 0;
  unsigned number = 0;
  const bool is_one = std::sscanf(std::string(target).c_str(), "/%u/%u", &client, &number) == 2;
  return is_one ? find(client, number) : nullptr;
}

World::World(Choices drawn, Weather weather)
    : Ground(drawn), links_(static_cast<Ground&>(*this)), chain_(links_.draw()) {
  has_faults = weather == Weather::rough;
  loop_ = net::Loop::create_for_test(kernel);
  context_.loop = loop_.get();
  tools_.loop = loop_.get();
  kernel.pick = [this](std::size_t count) {
    return static_cast<std::size_t>(choices.below(count));
  };
  draw_settings();
  make_pool();
  draw_clients();
}

World::~World() {
  while (!connections_.empty())
    connections_.front().close();
  service_.reset();
  pool_.reset();
  loop_->turn();
}

void World::draw_settings() {
  constexpr std::size_t grains[] = {3, 3, 60, 60, 1500, 1500, 20000, 300000};
  grain_ = grains[choices.below(8)];
  window = std::max<std::size_t>(grain_ / 2, 2) * (choices.one_in(2) ? 1 : 8);
  entry_.settings.max_requests = choices.one_in(4) ? choices.between(1, 4) : 0;
  entry_.settings.head_timeout_ms = has_faults ? 5000 : 0;
  entry_.settings.read_timeout_ms = has_faults ? 20000 : 0;
  entry_.settings.idle_timeout_ms = has_faults ? 10000 : 0;
  entry_.settings.stall_timeout_ms = has_faults ? 10000 : 0;
  entry_.settings.linger_timeout_ms = has_faults ? 1000 : 30000;
}

void World::make_pool() {
  upstream::TransportSettings transport;
  transport.max_per_host = static_cast<std::int64_t>(choices.below(4));
  transport.max_idle = static_cast<std::int64_t>(choices.below(3));
  transport.max_idle_per_host = static_cast<std::int64_t>(choices.below(4)) - 1;
  transport.lifetime_ms = choices.one_in(3) ? 500 : 0;
  transport.head_timeout_ms = has_faults ? 4000 : 0;
  transport.request_timeout_ms = has_faults && choices.one_in(2) ? 15000 : 0;
  upstream::Connector& connector = *this;
  pool_ = std::make_unique<upstream::Pool>(*loop_, nullptr, connector, transport);
  std::vector<upstream::Server> servers;
  for (const char* host : {"10.0.0.1", "10.0.0.2"}) {
    servers.push_back(
        {.target = &pool_->target(host, 80), .url = host, .host = host, .path_prefix = {}});
  }
  service_ = std::make_unique<upstream::LoadBalancer>(
      std::move(servers), std::make_unique<TurnByTurn>(),
      upstream::LoadBalancerOptions{.name = "replay", .pass_host_header = true});
}

void World::draw_clients() {
  constexpr std::pair<std::size_t, std::size_t> sizes[] = {
      {3, 60}, {60, 900}, {1500, 20000}, {20000, 150000}, {300000, 200000}};
  PlanLimits limits;
  limits.has_faults = has_faults;
  for (const auto& [grain, most] : sizes) {
    if (grain == grain_) limits.most_bytes = most;
  }
  Ground& ground = *this;
  const auto clients = static_cast<unsigned>(choices.between(1, 4));
  for (unsigned c = 0; c < clients; ++c) {
    ScriptedClient& client = clients_.emplace_back(ground, c);
    const auto requests = static_cast<unsigned>(choices.between(1, 5));
    for (unsigned r = 0; r < requests; ++r)
      client.plans.push_back(draw_plan(choices, limits, c, r));
  }
}

// ---- the daemon's side ------------------------------------------------------------------------------------------------

void World::accept(int fd) {
  h1::Server* server = h1::Server::open(fd, {.entry = &entry_,
                                             .client = {Address::v4(0x7f000001), 40000},
                                             .number = 0,
                                             .secure = nullptr});
  connections_.push_back(*server);
}

http::ClientConnection* World::adopt(net::Stream* stream, http::ConnectionOwner& owner,
                                     const upstream::TransportSettings&,
                                     upstream::Protocol) noexcept {
  return h1::Client::adopt(stream, owner, {.max_bytes = 262144, .max_line = 65536});
}

void World::on_request(http::Exchange& exchange) noexcept {
  http::Request& request = exchange.request();
  ++begun_;
  exchange.on_end = this;
  exchange.forwarded = &forwarded_;
  exchange.tools = &tools_;
  request.path = request.target;
  if (plan_of(request.target) == nullptr) return fail("a request that nobody sent");
  chain_.run(exchange, *this);
}

void World::serve(http::Exchange& exchange) noexcept {
  const Plan* plan = plan_of(exchange.request().target);
  if (!plan->is_local) return service_->serve(exchange);
  http::Response& response = exchange.response();
  response.status = static_cast<std::uint16_t>(plan->status);
  response.framing = http::Framing::length;
  response.content_length = plan->answer_size;
  response.headers.append("X-Id", exchange.arena().copy(plan->id()));
  const std::string_view body =
      exchange.arena().copy(plan->bytes(Plan::Direction::answer, plan->answer_size));
  exchange.response_head();
  if (!body.empty()) exchange.response_chunk({{&body, 1}, body.size()});
  exchange.response_end();
  exchange.flush_response();
}

// ---- the course of things ---------------------------------------------------------------------------------------------

Plan* World::find(unsigned client, unsigned number) {
  if (client >= clients_.size() || number >= clients_[client].plans.size()) return nullptr;
  return &clients_[client].plans[number];
}

void World::fail(const std::string& what) {
  if (failure_.empty()) failure_ = what;
}

std::string World::run() {
  for (std::uint64_t left = choices.between(20, 400); left > 0 && failure_.empty(); --left)
    step();
  settle();
  if (failure_.empty()) close_down();
  return failure_;
}

void World::step() {
  const std::uint64_t actors = clients_.size() + servers_.size();
  const std::uint64_t who = choices.below(actors + actors / 2 + 1);
  if (who < clients_.size()) {
    clients_[who].act(grain_);
  } else if (who < actors) {
    servers_[who - clients_.size()].act(grain_);
  } else {
    turn(choices.one_in(10) ? choices.below(300) : 0);
  }
}

void World::turn(std::uint64_t ms) {
  if (choices.one_in(4)) links_.wake();
  kernel.begin_turn(choices.one_in(2));
  if (ms > 0) {
    kernel.pass(ms);
    loop_->tick();
  }
  const std::uint64_t calls = kernel.calls();
  loop_->turn();
  Ground& ground = *this;
  for (const int fd : kernel.connected())
    servers_.emplace_back(ground, fd);
  std::erase_if(servers_, [](const ScriptedServer& server) { return server.is_gone(); });
  if (kernel.calls() - calls > most_calls_a_turn) fail("a turn without end");
  check_turn();
}

void World::check_turn() {
  if (!loop_->gather().empty()) fail("bytes are left in the gather between turns");
  if (context_.exchanges.lent() != begun_ - ended_)
    fail("an exchange has ended without being freed");
}

bool World::everyone_acts() {
  bool moved = false;
  for (ScriptedClient& client : clients_)
    moved = client.act(grain_) || moved;
  for (std::size_t i = 0; i < servers_.size(); ++i)
    moved = servers_[i].act(grain_) || moved;
  return moved;
}

// Everybody goes on in turns until all is said; time passes when nobody has anything to say.
void World::settle() {
  const auto is_done = [](const ScriptedClient& client) {
    return client.is_done();
  };
  std::uint64_t silence_ms = 0;
  while (failure_.empty() && !std::all_of(clients_.begin(), clients_.end(), is_done)) {
    const bool moved = everyone_acts();
    silence_ms = moved ? 0 : silence_ms + 100;
    turn(moved ? 1 : 100);
    if (silence_ms < most_silence_ms) continue;
    for (const ScriptedClient& client : clients_) {
      if (!client.is_done()) fail("nobody goes on: " + client.describe());
    }
  }
}

void World::close_down() {
  for (std::uint64_t silence_ms = 0; silence_ms < most_silence_ms && failure_.empty();) {
    const bool moved = everyone_acts();
    silence_ms = moved ? 0 : silence_ms + 1000;
    turn(moved ? 1 : 1000);
  }
  pool_->close_idle();
  turn(0);
  check_end();
}

void World::check_end() {
  if (begun_ != ended_) return fail("an exchange has not ended");
  if (!connections_.empty()) return fail("a client's connection is left");
  if (kernel.open_sockets() != 0) {
    return fail(fmt::format("{} sockets are left open", kernel.open_sockets()));
  }
  if (context_.exchanges.lent() + context_.blocks.lent() != 0) return fail("blocks are not back");
  const BytePools& bytes = loop_->pools();
  if (bytes.small.lent() + bytes.large.lent() != 0) return fail("buffers are not back");
}

}  // namespace pm::test
