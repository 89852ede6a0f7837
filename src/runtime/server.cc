// SPDX-License-Identifier: MIT
// server.cc -- the worker's data plane: Runtime, entry points and the order in which they start and end.
#include "runtime/server.h"

#include "core/number.h"
#include "core/random.h"
#include "core/seldom.h"
#include "net/timer.h"
#include "observe/access_log.h"
#include "runtime/connector.h"
#include "runtime/entry.h"
#include "runtime/memory_guard.h"
#include "runtime/memory_trim.h"
#include "runtime/runtime.h"
#include "runtime/self_report.h"
#include "runtime/succession.h"
#include "shm/zones.h"
#include "tls/gate.h"
#include "tls/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace pm::runtime {
namespace {

constexpr std::uint64_t silent_ms =
    1000;  // a request that is on its way arrives by then; behind it, silence is the end
constexpr std::uint64_t check_ms = 100;  // while draining

class DataPlane final : public Server,
                        private EntryOwner,
                        private net::Timer,
                        private net::TurnEnd {
 public:
  explicit DataPlane(ServerOptions options) : options_(std::move(options)) {}
  ~DataPlane() override { stop(); }

  Status open(uv_loop_s* loop);
  void begin(config::Config config);
  Status start() override;
  net::Loop& loop() noexcept override { return *loop_; }
  void drain(const Drain& how) override;
  void replace(Bundle bundle, std::function<void(bool)> done) override {
    succession_->replace(std::move(bundle), std::move(done));
  }
  void set_terminating() override { state_.terminating = state_.terminating_status; }
  void stop() override;
  std::size_t connections() const noexcept override { return state_.connections; }

 private:
  void on_connection_closed() noexcept override;
  void on_timer() noexcept override;
  void on_turn_end() noexcept override;
  void watch_drain() noexcept;
  void open_meters(const config::Static& fixed);
  void guard_memory(const config::Static& fixed);
  void on_memory(MemoryGuard::Level level) noexcept;
  void let_in() noexcept;
  void present(const Runtime* runtime);

  ServerOptions options_;
  std::unique_ptr<net::Loop> loop_;
  std::unique_ptr<net::SpillFile> spill_;
  tls::Wire wire_;
  std::unique_ptr<tls::Gate> gate_;
  std::unique_ptr<MemoryTrim> trim_;
  std::unique_ptr<Connector> connector_;
  std::unique_ptr<observe::Meters> meters_;  // null: nothing is counted
  WorkerState state_;
  std::unique_ptr<upstream::PoolBook> pools_;
  std::unique_ptr<SelfReport> report_;         // null: as there are no meters
  std::unique_ptr<MemoryGuard> memory_guard_;  // null: no limit
  std::unique_ptr<Succession> succession_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::uint64_t drain_began_ms_ = 0;  // 0: not draining
  std::uint64_t drain_ends_ms_ = 0;
  std::uint64_t silence_ends_ms_ = 0;
  std::uint64_t grace_ms_ = 0;
  bool stopped_ = false;
  std::uint64_t lost_lines_ = 0;  // of the access log, when that was last said
  Seldom loss_complaint_;
  Seldom memory_complaint_;
  std::unique_ptr<net::Jobs> jobs_;  // the last: ends before whatever its jobs work on or report to
};

Status DataPlane::open(uv_loop_s* loop) {
  PM_TRY(loop_, net::Loop::create(loop));
  loop_->set_pipes(std::move(options_.pipes));
  config::Config& config = options_.config;
  gate_ = std::make_unique<tls::Gate>(*loop_);
  state_.wire = &wire_;
  state_.gate = gate_.get();
  state_.codecs.loop = loop_.get();
  state_.http2 = std::make_unique<h2::ServerContext>(state_.codecs, *loop_);
  trim_ = std::make_unique<MemoryTrim>(state_.codecs, *state_.http2->flusher.memory());
  state_.trim = trim_.get();
  connector_ = std::make_unique<Connector>(state_.http2->flusher);
  jobs_ = std::make_unique<net::Jobs>(*loop_);
  spill_ = std::make_unique<net::SpillFile>(*jobs_, options_.spill,
                                            static_cast<std::uint64_t>(config.fixed.spill_size));
  state_.tools.loop = loop_.get();
  state_.tools.jobs = jobs_.get();
  state_.tools.spill = spill_.get();
  if (options_.zones != nullptr) {
    state_.tools.buckets = &options_.zones->buckets();
    state_.tools.counts = &options_.zones->counts();
    state_.tools.slot = options_.slot;
  }
  state_.log = options_.log;
  state_.access_log = options_.access_log;
  state_.worker = options_.worker;
  state_.max_connections =
      static_cast<std::uint64_t>(std::max<std::int64_t>(config.fixed.worker_connections, 1));
  if (config.fixed.ping) {
    state_.terminating_status =
        static_cast<std::uint16_t>(config.fixed.ping->terminating_status_code);
  }
  open_meters(config.fixed);
  for (std::uint32_t i = 0; i < config.fixed.entry_points.size(); ++i) {
    entries_.push_back(std::make_unique<Entry>(config.fixed.entry_points[i], i, state_,
                                               static_cast<EntryOwner&>(*this)));
    grace_ms_ = std::max(grace_ms_, entries_.back()->grace_ms());
  }
  guard_memory(config.fixed);
  begin(std::move(config));
  if (options_.access_log != nullptr) loop_->at_turn_end(*this);
  return success();
}

void DataPlane::open_meters(const config::Static& fixed) {
  if (!fixed.metrics.prometheus || options_.zones == nullptr) return;
  meters_ = std::make_unique<observe::Meters>(options_.zones->slabs().slab(options_.slot),
                                              observe::settings_of(*fixed.metrics.prometheus));
  state_.meters = meters_.get();
  shm::Cell* cells = meters_->book().cells(
      {.kind = observe::kind::worker, .name = fmt::format("{}", options_.worker)},
      observe::cell::worker_cells);
  if (cells != nullptr) state_.requests = cells + observe::cell::worker_requests;
}

void DataPlane::guard_memory(const config::Static& fixed) {
  const std::uint64_t limit = parse_size(fixed.worker_memory_limit).value_or(0);
  if (limit == 0 || options_.usage == nullptr) return;
  memory_guard_ = std::make_unique<MemoryGuard>(
      *loop_, *options_.usage, limit, [this](MemoryGuard::Level level) { on_memory(level); });
}

void DataPlane::on_memory(MemoryGuard::Level level) noexcept {
  const bool was_short = state_.is_short_of_memory;
  state_.is_short_of_memory = level != MemoryGuard::Level::plenty;
  if (!was_short && state_.is_short_of_memory && memory_complaint_.may_say(loop_->now_ms()))
    options_.log->warn("memory is short: no further connections are taken");
  if (level == MemoryGuard::Level::very_short) {
    for (auto& entry : entries_)
      entry->close_idle();
  }
  if (was_short && !state_.is_short_of_memory) let_in();
}

void DataPlane::let_in() noexcept {
  for (auto& entry : entries_)
    entry->go_on();
}

void DataPlane::present(const Runtime* runtime) {
  state_.runtime = runtime;
  if (meters_ == nullptr || runtime == nullptr) return;
  meters_->book().set_known([this](observe::Family family, std::string_view name) {
    return state_.runtime == nullptr || state_.runtime->knows(family, name);
  });
}

void DataPlane::begin(config::Config config) {
  pools_ = std::make_unique<upstream::PoolBook>(
      upstream::PoolBook::Options{.loop = loop_.get(),
                                  .names = options_.names,
                                  .connector = connector_.get(),
                                  .wire = &wire_,
                                  .gate = gate_.get(),
                                  .log = options_.log});
  succession_ = std::make_unique<Succession>(Succession::Options{
      .loop = loop_.get(),
      .modules = options_.modules,
      .runtime = {.pools = pools_.get(),
                  .seed = Random().next(),
                  .cursors = options_.zones != nullptr ? &options_.zones->cursors() : nullptr,
                  .ticket_keys = options_.ticket_keys,
                  .health = options_.health,
                  .agent_socket = options_.agent_socket,
                  .meters = meters_.get()},
      .pools = pools_.get(),
      .present = [this](const Runtime* runtime) {
        present(runtime);
      }});
  succession_->begin(std::move(config));
  if (meters_ != nullptr && options_.usage != nullptr)
    report_ = std::make_unique<SelfReport>(state_, *pools_, *options_.usage);
}

Status DataPlane::start() {
  for (const ListeningSocket& socket : options_.listeners) {
    if (!entries_[socket.entry_point]->listen(socket.fd))
      return Error{Errc::io, "", "the kernel refuses to watch a listening socket"};
  }
  loop_->turn();
  return success();
}

void DataPlane::on_turn_end() noexcept {
  options_.access_log->end_of_turn();
  const std::uint64_t lost = options_.access_log->dropped();
  if (lost == lost_lines_ || !loss_complaint_.may_say(loop_->now_ms())) return;
  lost_lines_ = lost;
  options_.log->error(
      fmt::format("the access log does not take what is written: {} {} lost so far; look after its "
                  "disk, or after who reads it",
                  lost, lost == 1 ? "line is" : "lines are"));
}

void DataPlane::on_connection_closed() noexcept {
  trim_->note();
  const bool was_full = state_.connections + 1 == state_.max_connections;
  const bool is_last = state_.is_short_of_memory && state_.connections == 0;
  if (was_full || is_last) let_in();
  if (drain_began_ms_ != 0 && state_.connections == 0) loop_->arm(*this, loop_->now_ms());
}

void DataPlane::drain(const Drain& how) {
  if (stopped_) return;
  const std::uint64_t now = std::max<std::uint64_t>(loop_->now_ms(), 1);
  const std::uint64_t ends = now + (how.limit_ms != 0 ? how.limit_ms : grace_ms_);
  const std::uint64_t silence = how.silent_ms != 0 ? how.silent_ms : silent_ms;
  const std::uint64_t silence_ends = now + std::min(silence, (ends - now) / 2);
  const bool is_first = drain_began_ms_ == 0;
  drain_ends_ms_ = is_first ? ends : std::min(drain_ends_ms_, ends);
  silence_ends_ms_ = is_first ? silence_ends : std::min(silence_ends_ms_, silence_ends);
  if (!is_first) return;
  drain_began_ms_ = now;
  if (report_ != nullptr) report_->set_draining();
  state_.codecs.draining = true;
  for (auto& entry : entries_) {
    entry->stop_listening();
    entry->drain();
  }
  loop_->turn();
  watch_drain();
}

void DataPlane::on_timer() noexcept {
  watch_drain();
}

// Kept connections end with their next answer; those that say nothing for a while, and in the end all others, are closed.
void DataPlane::watch_drain() noexcept {
  if (stopped_ || drain_began_ms_ == 0) return;
  const std::uint64_t now = loop_->now_ms();
  if (now >= silence_ends_ms_) {
    for (auto& entry : entries_)
      entry->close_idle();
  }
  if (now >= drain_ends_ms_) {
    for (auto& entry : entries_)
      entry->close_all();
  }
  if (state_.connections > 0) return loop_->arm(*this, loop_->now_ms() + check_ms);
  if (options_.on_drained) {
    const auto done = std::move(options_.on_drained);
    options_.on_drained = nullptr;
    done();
  }
}

void DataPlane::stop() {
  if (stopped_ || loop_ == nullptr) return;
  stopped_ = true;
  loop_->disarm(*this);
  memory_guard_.reset();
  if (report_ != nullptr) report_->report();
  report_.reset();
  for (auto& entry : entries_)
    entry->stop_listening();
  for (auto& entry : entries_)
    entry->close_all();
  if (pools_ != nullptr) pools_->close_idle();
  options_.log->debug(fmt::format("longest turn {} us, longest step of a handshake {} us",
                                  loop_->longest_turn_ns() / 1000, gate_->longest_ns() / 1000));
  loop_->turn();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::create(uv_loop_s* loop, ServerOptions options) {
  auto plane = std::make_unique<DataPlane>(std::move(options));
  const Status opened = plane->open(loop);
  if (!opened) return opened.error();
  return std::unique_ptr<Server>(std::move(plane));
}

void check(const config::Config& config, const Modules& modules, config::Findings& findings) {
  draw(config, modules, findings);
}

}  // namespace pm::runtime
