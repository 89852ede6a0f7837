// SPDX-License-Identifier: MIT
// Random courses of exchanges, dials and connections that carry several: nobody is forgotten, no limit is passed.
#include "t/lib/choices.h"
#include "t/lib/upstream_trial.h"
#include "upstream/forward.h"

#include <CppUTest/TestHarness.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <memory>
#include <string>

using pm::http::Outcome;
using pm::test::Choices;
using pm::test::PlayedClient;
using pm::test::PlayedMany;
using pm::test::UpstreamTrial;
using pm::upstream::LoadBalancer;
using pm::upstream::Target;
using pm::upstream::TransportSettings;

namespace {

class Course {
 public:
  explicit Course(std::uint64_t seed) : choices_(seed), trial_(draw()) {
    trial_.limit = static_cast<std::uint32_t>(choices_.between(1, 6));
    pm::upstream::Server server;
    server.target = &target();
    service_ =
        std::make_unique<LoadBalancer>(std::move(server), pm::upstream::LoadBalancerOptions{});
  }

  // "" when everything went as it must.
  std::string run() {
    for (int i = 0; i < 120 && fault_.empty(); ++i) {
      step();
      trial_.loop->turn();
      trial_.loop->turn();
      check();
    }
    for (int i = 0; i < 400 && fault_.empty() && !is_settled(); ++i)
      settle();
    if (fault_.empty() && !is_settled()) fault_ = "somebody waits for ever";
    clients_.clear();
    trial_.pool->close_idle();
    trial_.loop->turn();
    if (fault_.empty() && trial_.pool->open() != 0) fault_ = "a connection is left";
    if (fault_.empty() && trial_.kernel.open_sockets() != 0) fault_ = "a socket is left";
    return fault_;
  }

 private:
  TransportSettings draw() {
    TransportSettings settings;
    settings.max_per_host = static_cast<std::int64_t>(choices_.below(4));
    settings.max_idle_per_host = static_cast<std::int64_t>(choices_.below(4)) - 1;
    if (settings.max_idle_per_host == 0) settings.max_idle_per_host = 2;
    settings.max_idle = static_cast<std::int64_t>(choices_.below(3));
    settings.lifetime_ms = choices_.one_in(3) ? 2000 : 0;
    settings.dial_timeout_ms = choices_.one_in(2) ? 1000 : 0;
    settings.request_timeout_ms = choices_.one_in(4) ? 5000 : 0;
    return settings;
  }
  Target& target() { return trial_.h2c_target(); }
  std::vector<PlayedMany*> alive() {
    std::vector<PlayedMany*> standing;
    for (PlayedMany* connection : trial_.many) {
      if (connection != nullptr && connection->stream != nullptr) standing.push_back(connection);
    }
    return standing;
  }
  PlayedMany* any() {
    const std::vector<PlayedMany*> standing = alive();
    return standing.empty() ? nullptr : standing[choices_.below(standing.size())];
  }

  void step() {
    for (const int fd : trial_.kernel.connected())
      dials_.push_back(fd);
    switch (choices_.below(9)) {
      case 0:
      case 1: return begin(choices_.between(1, 8));
      case 2: return accept_or_refuse();
      case 3: return answer();
      case 4: return refuse();
      case 5: return leave();
      case 6: return trial_.pass(choices_.below(700));
      case 7: return change();
      case 8: return answer();
    }
  }
  void begin(std::uint64_t count) {
    for (; count > 0; --count)
      service_->serve(*clients_.emplace_back(trial_.blocks).exchange);
  }
  void accept_or_refuse() {
    if (dials_.empty()) return;
    const int fd = dials_.front();
    dials_.erase(dials_.begin());
    if (!trial_.kernel.socket(fd).open) return;
    if (choices_.one_in(4)) return trial_.kernel.refuse_connect(fd, ECONNREFUSED);
    trial_.kernel.accept_connect(fd);
  }
  void answer() {
    PlayedMany* connection = any();
    if (connection == nullptr || connection->carried.empty()) return;
    connection->answer(*connection->carried.front().first, 200);
  }
  void refuse() {
    PlayedMany* connection = any();
    if (connection == nullptr || connection->carried.empty()) return;
    if (choices_.one_in(3))
      return connection->break_off({.outcome = Outcome::reset, .reused = true});
    connection->fail(*connection->carried.front().first,
                     {.outcome = Outcome::reset, .unprocessed = true});
  }
  void leave() {
    if (clients_.empty()) return;
    clients_.erase(
        std::next(clients_.begin(), static_cast<std::ptrdiff_t>(choices_.below(clients_.size()))));
  }
  void change() {
    PlayedMany* connection = any();
    if (connection == nullptr || connection->is_draining) return;
    if (choices_.one_in(3)) return connection->drain();
    connection->allow(static_cast<std::uint32_t>(choices_.between(1, 6)));
  }

  // From here on every server is well.
  void settle() {
    for (const int fd : trial_.kernel.connected())
      dials_.push_back(fd);
    for (const int fd : std::exchange(dials_, {})) {
      if (trial_.kernel.socket(fd).open && trial_.kernel.socket(fd).connecting)
        trial_.kernel.accept_connect(fd);
    }
    trial_.loop->turn();
    for (PlayedMany* connection : alive()) {
      if (!connection->carried.empty()) connection->answer(*connection->carried.front().first, 200);
    }
    trial_.loop->turn();
    trial_.loop->turn();
    check();
  }
  bool is_settled() {
    return std::all_of(clients_.begin(), clients_.end(),
                       [](const PlayedClient& client) { return client.is_answered; });
  }
  void check() {
    const std::int64_t most = trial_.pool->settings().max_per_host;
    if (most != 0 && target().open > most) fault_ = "more connections than allowed";
    std::int64_t idle = 0;
    for (PlayedMany* connection : alive())
      idle += connection->is_parked ? 1 : 0;
    if (idle != target().idle_count) fault_ = "idle connections are miscounted";
    if (target().queue.empty() || target().queue.has_dials()) return;
    if (most == 0) fault_ = "somebody waits for nothing";
    if (target().open < most) fault_ = "somebody waits below the limit";
    if (!target().shared.empty()) fault_ = "somebody waits beside a connection with room";
  }

  Choices choices_;
  UpstreamTrial trial_;
  std::unique_ptr<LoadBalancer> service_;
  std::list<PlayedClient> clients_;
  std::vector<int> dials_;
  std::string fault_;
};

}  // namespace

TEST_GROUP(forward_shared_course){};

TEST(forward_shared_course, nobody_is_forgotten) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    const std::string fault = Course(seed).run();
    if (fault.empty()) continue;
    FAIL((fault + ", seed " + std::to_string(seed)).c_str());
  }
}
