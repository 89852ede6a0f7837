// SPDX-License-Identifier: MIT
// replay.h -- a small deterministic world: scripted clients, the real proxy core, middlewares that change nothing, scripted
// servers, a scripted kernel.
//
//   in      choices: how many bytes come, whose turn it is, the order of events, windows, time, faults
//   out     run(): "" or the first thing that was wrong. In a world without faults each request gets its whole answer; in
//           one with faults what comes is that, a prefix of it, or an error of ours
//   own     everything; nothing is left behind: no socket, no exchange, no block, no byte between turns
//   source  security.md section 3, performance-notes.md section 3
#pragma once

#include "h1/server.h"
#include "http/hop.h"
#include "http/tools.h"
#include "t/lib/replay_links.h"
#include "t/lib/replay_peers.h"
#include "upstream/load_balancer.h"

#include <memory>
#include <vector>

namespace pm::test {

enum class Weather : std::uint8_t { clear, rough };

class World final : private Ground,
                    private http::RequestHandler,
                    private h1::ServerOwner,
                    private http::ExchangeEnd,
                    private http::Service,
                    private upstream::Connector {
 public:
  World(Choices drawn, Weather weather);
  ~World() override;
  std::string run();

 private:
  // Ground
  void accept(int fd) override;
  Plan* find(unsigned client, unsigned number) override;
  void fail(const std::string& what) override;
  // the daemon's
  void on_request(http::Exchange& exchange) noexcept override;
  void on_closed(h1::Server&) noexcept override {}
  void on_exchange_end(http::Exchange&) noexcept override { ++ended_; }
  void serve(http::Exchange& exchange) noexcept override;  // behind the chain
  http::ClientConnection* adopt(net::Stream* stream, http::ConnectionOwner& owner,
                                const upstream::TransportSettings& settings,
                                upstream::Protocol protocol) noexcept override;

  void draw_settings();
  void draw_clients();
  void make_pool();
  void step();
  void turn(std::uint64_t ms);
  void settle();
  bool everyone_acts();
  void close_down();
  void check_turn();
  void check_end();

  std::string failure_;
  std::unique_ptr<net::Loop> loop_;
  http::CodecContext context_;
  h1::ServerEntry entry_{.context = &context_, .handler = this, .owner = this, .settings = {}};
  http::ForwardedRules forwarded_;
  http::WorkerTools tools_;
  Links links_;
  http::Chain chain_;
  std::unique_ptr<upstream::Pool> pool_;
  std::unique_ptr<upstream::LoadBalancer> service_;
  List<h1::Server> connections_;
  std::vector<ScriptedClient> clients_;
  std::vector<ScriptedServer> servers_;
  std::size_t grain_ = 0;  // most bytes that move at once
  std::uint64_t begun_ = 0;
  std::uint64_t ended_ = 0;
};

}  // namespace pm::test
