// SPDX-License-Identifier: MIT
// check.h -- one health check: a request to a server, to wherever that leads, and what became of it.
//
//   in      a probe; the loop and the pools of the agent
//   out     one call of the user, unless it is cancelled first
//   own     an exchange for each request; frees itself at the end of the turn in which it is over
//   errors  no answer, a bad one, none in time: not good, with the reason
//   source  http-services.md section 5.1
#pragma once

#include "core/arena.h"
#include "http/exchange.h"
#include "net/delay.h"
#include "net/loop.h"
#include "upstream/probe.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pm::agent {

class CheckUser {
 public:
  virtual void on_checked(bool is_good, std::string_view reason) noexcept = 0;

 protected:
  ~CheckUser() = default;
};

class Check final : public net::Mortal,
                    private http::ServerEnd,
                    private net::Timer,
                    private net::Delay {
 public:
  struct Tools {
    net::Loop* loop = nullptr;
    upstream::PoolBook* pools = nullptr;
    std::shared_ptr<BlockPool>
        blocks;  // a check dies at the end of a turn, perhaps after whoever began it
  };
  // `probe` outlives it. It begins in a turn of its own.
  static Check* start(const upstream::Probe& probe, const Tools& tools, CheckUser& user);
  ~Check() override;
  void cancel() noexcept;  // no call follows

 private:
  struct Request;
  Check(const upstream::Probe& probe, const Tools& tools, CheckUser& user);
  void ask();
  void judge(http::Exchange& exchange) noexcept;
  void judge_grpc(http::Exchange& exchange) noexcept;
  bool is_led_on(const http::Response& response) const noexcept;
  void follow(std::string_view location) noexcept;
  void finish(bool is_good, std::string_view reason) noexcept;

  void on_delay() noexcept override { ask(); }
  void on_timer() noexcept override;
  void resume_request(http::Exchange& exchange) noexcept override;
  void hold_request(http::Exchange&) noexcept override {}
  void send_interim(http::Exchange&, std::uint16_t, const http::Headers&) noexcept override {}
  void send_head(http::Exchange&) noexcept override {}
  void send_chunk(http::Exchange&, const http::Chunk& chunk) noexcept override;
  void send_end(http::Exchange&) noexcept override {}
  Flow flush_response(http::Exchange& exchange) noexcept override;
  void cut(http::Exchange& exchange) noexcept override;

  const upstream::Probe* probe_;
  Tools tools_;
  CheckUser* user_;  // null: it is over
  std::string url_;
  std::string method_;
  std::string host_;                                // "": that of the URL
  std::vector<std::unique_ptr<Request>> requests_;  // the last one is under way
};

}  // namespace pm::agent
