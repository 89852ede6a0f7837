// SPDX-License-Identifier: MIT
#include "agent/probe_runner.h"

#include "agent/check.h"
#include "http/absolute_url.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace pm::agent {
namespace {

using shm::ServerState;

// A URL as it may be shown: without a user and his password.
std::string shown(const std::string& url) {
  const auto parts = http::split_url(url);
  if (!parts) return url;
  const std::string_view host = parts->authority.substr(parts->authority.rfind('@') + 1);
  return std::string(parts->scheme) + "://" + std::string(host);
}

}  // namespace

struct ProbeRunner::Verdict {
  bool is_good;
  std::string_view reason;
};

// One server and its schedule.
class ProbeRunner::Watched final : private CheckUser, private net::Timer {
 public:
  Watched(ProbeRunner& runner, upstream::Probe what)
      : probe(std::move(what)),
        key(runner.options_.health->key(probe.service, probe.server)),
        state(runner.options_.health->state(key)),
        runner_(runner) {}
  ~Watched() override {
    if (check_ == nullptr) return;
    check_->cancel();
    --runner_.running_;
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void start() {
    began_ms_ = loop().now_ms();
    check_ = Check::start(
        probe,
        {.loop = runner_.options_.loop, .pools = runner_.options_.pools, .blocks = runner_.blocks_},
        *this);
  }
  // From the beginning of the last one, so that slow answers do not stretch the interval.
  void plan_next() noexcept {
    const std::uint64_t interval =
        state == ServerState::down ? probe.unhealthy_interval_ms : probe.interval_ms;
    loop().arm(*this, std::max(began_ms_ + interval, loop().now_ms() + 1));
  }

  // New, or waiting for a place when the configuration changed.
  bool is_idle() const noexcept { return check_ == nullptr && !Timer::is_armed(); }

  upstream::Probe probe;
  std::uint64_t key;
  ServerState state;

 private:
  void on_timer() noexcept override { runner_.begin(*this); }
  void on_checked(bool is_good, std::string_view reason) noexcept override {
    check_ = nullptr;
    runner_.on_verdict(*this, {is_good, reason});
  }
  net::Loop& loop() noexcept { return *runner_.options_.loop; }

  ProbeRunner& runner_;
  Check* check_ = nullptr;  // under way; frees itself
  std::uint64_t began_ms_ = 0;
};

ProbeRunner::ProbeRunner(const Options& options) : options_(options) {}

ProbeRunner::~ProbeRunner() = default;

void ProbeRunner::set_probes(std::vector<upstream::Probe> probes) {
  using Name = std::pair<std::string, std::string>;
  std::map<Name, std::unique_ptr<Watched>> before;
  for (auto& watched : watched_) {
    Name name(watched->probe.service, watched->probe.server);
    before[std::move(name)] = std::move(watched);
  }
  watched_.clear();
  waiting_.clear();
  std::sort(probes.begin(), probes.end(), [](const auto& a, const auto& b) {
    return std::tie(a.service, a.server) < std::tie(b.service, b.server);
  });
  std::vector<std::uint64_t> keys;
  for (upstream::Probe& probe : probes) {
    std::unique_ptr<Watched>& old = before[{probe.service, probe.server}];
    if (old != nullptr && asks_the_same(old->probe, probe)) {
      watched_.push_back(std::move(old));
    } else {
      watched_.push_back(std::make_unique<Watched>(*this, std::move(probe)));
    }
    keys.push_back(watched_.back()->key);
  }
  before.clear();
  std::sort(keys.begin(), keys.end());
  options_.health->keep_only(keys);
  for (const auto& watched : watched_) {
    if (watched->is_idle()) begin(*watched);
  }
}

void ProbeRunner::for_each(const Visit& visit) const {
  for (const auto& watched : watched_)
    visit(watched->probe, watched->state);
}

void ProbeRunner::begin(Watched& watched) {
  if (running_ >= options_.parallel) return waiting_.push_back(&watched);
  ++running_;
  watched.start();
}

void ProbeRunner::on_verdict(Watched& watched, const Verdict& verdict) {
  --running_;
  const ServerState before = watched.state;
  watched.state = verdict.is_good ? ServerState::up : ServerState::down;
  // Of two agents (a reload, an upgrade) the younger one speaks.
  if (options_.health->is_writer()) {
    if (!options_.health->set(watched.key, watched.state) && !is_full_) {
      is_full_ = true;
      options_.log->error("the table of server states is full; who is not in it counts as up");
    }
    if (watched.state != before) say(watched, verdict, before);
  }
  watched.plan_next();
  if (waiting_.empty()) return;
  Watched* next = waiting_.front();
  waiting_.pop_front();
  begin(*next);
}

void ProbeRunner::say(const Watched& watched, const Verdict& verdict, ServerState before) {
  const std::string url = shown(watched.probe.server);
  const std::initializer_list<LogField> fields{
      {"service", watched.probe.service}, {"server", url}, {"reason", verdict.reason}};
  if (!verdict.is_good) return options_.log->warn("server is down", fields);
  if (before == ServerState::down) return options_.log->notice("server is up again", fields);
  options_.log->debug("server is up", fields);
}

}  // namespace pm::agent
