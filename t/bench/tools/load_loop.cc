// SPDX-License-Identifier: MIT
#include "t/bench/tools/load_loop.h"

#include "t/bench/tools/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace pm::bench {
namespace {

constexpr std::uint64_t idle_batch = 200;
constexpr std::uint64_t most_errors = 20000;
constexpr auto idle_patience = std::chrono::seconds(60);

std::chrono::nanoseconds seconds(double count) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(count * 1e9));
}

int on_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<Client*>(SSL_get_app_data(ssl))->keep(session);
  return 1;
}

timespec to_timespec(std::chrono::nanoseconds time) {
  return {static_cast<time_t>(time.count() / 1000000000), time.count() % 1000000000};
}

}  // namespace

Load::Load(Options options)
    : options_(std::move(options)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      requests_(requests_of(options_)),
      message_(websocket_message(options_.message)) {
  if (options_.tls) make_context();
}

void Load::make_context() {
  context_ = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context_, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context_, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context_, "X25519");
  SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!options_.resume) return;
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, on_session);
}

std::string_view Load::request() {
  random_ = random_ * 1103515245u + 12345u;
  return requests_[(random_ >> 8) % requests_.size()];
}

std::optional<Clock::time_point> Load::next_due() {
  if (is_over_ || (options_.count && begun_ >= options_.count)) return std::nullopt;
  if (options_.rate > 0) {
    if (backlog_.empty()) return std::nullopt;
    const Clock::time_point due = backlog_.front();
    backlog_.pop_front();
    return due;
  }
  ++begun_;
  return Clock::now();
}

void Load::on_rest(Client& client) {
  resting_.push_back(&client);
}

void Load::on_handshake(bool is_resumed) {
  if (!is_measuring_ || is_over_) return;
  ++handshakes_;
  resumed_ += is_resumed;
}

void Load::on_bytes(std::size_t count) {
  if (is_measuring_ && !is_over_) bytes_ += count;
}

void Load::on_answer(bool is_good, Clock::time_point due) {
  if (options_.mode == Options::Mode::idle) ++settled_;
  if (!is_measuring_ || is_over_) return;
  ++(is_good ? good_ : bad_);
  if (is_good) times_.add(static_cast<std::uint64_t>((Clock::now() - due).count()));
}

// All at once; idle ones in batches, so that no queue of connections overflows.
void Load::open_some() {
  const bool in_batches = options_.mode == Options::Mode::idle;
  while (clients_.size() < options_.connections &&
         (!in_batches || clients_.size() < settled_ + idle_batch)) {
    clients_.push_back(new Client(*this));
    clients_.back()->dial();
  }
}

void Load::start_timer() {
  timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  period_ = seconds(1 / options_.rate);
  next_ = Clock::now() + std::chrono::milliseconds(50);
  itimerspec times{};
  times.it_value = to_timespec(next_.time_since_epoch());
  times.it_interval = to_timespec(period_);
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &times, nullptr);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = this;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &event);
}

// A request's clock starts when it was due: who is late with one is late with those that wait for it.
void Load::on_timer() {
  std::uint64_t expirations;
  if (read(timer_, &expirations, sizeof expirations) != sizeof expirations) return;
  for (const auto now = Clock::now(); next_ <= now; next_ += period_)
    backlog_.push_back(next_);
  while (!backlog_.empty() && !resting_.empty()) {
    Client& client = *resting_.back();
    resting_.pop_back();
    const Clock::time_point due = backlog_.front();
    backlog_.pop_front();
    if (!client.ask(due)) on_broken(client);
  }
}

void Load::on_broken(Client& client) {
  if (is_over_) return client.hang_up();
  ++errors_;
  std::erase(resting_, &client);
  if (options_.mode == Options::Mode::idle) {
    ++settled_;
    return client.hang_up();
  }
  // The request that broke with its connection is counted as an error and not made again.
  client.dial();
}

void Load::on_event(const epoll_event& event) {
  if (event.data.ptr == this) return on_timer();
  auto& client = *static_cast<Client*>(event.data.ptr);
  if (!client.advance()) on_broken(client);
}

void Load::open_window() {
  is_measuring_ = true;
  opened_ = Clock::now();
  bad_ = errors_ = 0;
  std::puts("GO");
  std::fflush(stdout);
}

bool Load::is_done() const {
  if (options_.mode == Options::Mode::idle) {
    return settled_ >= options_.connections || Clock::now() > opened_ + idle_patience;
  }
  if (options_.count) return good_ + bad_ + errors_ >= options_.count;
  return Clock::now() >= opened_ + seconds(options_.seconds);
}

void Load::report() const {
  const double took = std::chrono::duration<double>(Clock::now() - opened_).count();
  fmt::print(
      R"({{"requests":{},"bad":{},"errors":{},"bytes":{},"seconds":{:.4f},"handshakes":{},"resumed":{},)"
      R"("p50":{:.1f},"p99":{:.1f},"p999":{:.1f}}})"
      "\n",
      good_, bad_, errors_, bytes_, took, handshakes_, resumed_, times_.microseconds_at(0.5),
      times_.microseconds_at(0.99), times_.microseconds_at(0.999));
  std::fflush(stdout);
}

int Load::run() {
  open_some();
  if (options_.rate > 0) start_timer();
  const bool has_window = !options_.count && options_.mode != Options::Mode::idle;
  const auto start = Clock::now() + (has_window ? seconds(options_.warm) : seconds(0));
  epoll_event events[512];
  while (!is_measuring_ || !is_done()) {
    if (!is_measuring_ && Clock::now() >= start) open_window();
    const int count = epoll_wait(epoll_, events, 512, 20);
    for (int i = 0; i < count; ++i)
      on_event(events[i]);
    if (options_.mode == Options::Mode::idle) open_some();
    if (errors_ > most_errors) return 1;
  }
  is_over_ = true;
  report();
  char byte;
  while (options_.hold && read(STDIN_FILENO, &byte, 1) > 0)
    continue;
  return 0;
}

}  // namespace pm::bench
