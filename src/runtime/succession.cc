// SPDX-License-Identifier: MIT
#include "runtime/succession.h"

#include "config/codec.h"

#include <algorithm>
#include <utility>

namespace pm::runtime {
namespace {

constexpr std::uint64_t look_again_ms = 1000;

// What the thread works on, and what it brings.
struct Work {
  explicit Work(Bundle from) : bundle(std::move(from)) {}
  Bundle bundle;
  std::unique_ptr<Runtime> made;  // null: the Bundle cannot be read
};

}  // namespace

Succession::Succession(Options options) : options_(std::move(options)), thread_(*options_.loop) {}

Succession::~Succession() {
  options_.loop->disarm(*this);
  options_.present(nullptr);
}

void Succession::begin(config::Config config) {
  present_ = std::make_unique<Runtime>(std::move(config), *options_.modules, options_.runtime);
  options_.present(present_.get());
}

void Succession::replace(Bundle bundle, Done done) {
  if (next_) next_->done(false);
  next_.emplace(Request{std::move(bundle), std::move(done)});
  go_on();
}

// What is old goes first, so that two are in memory at most, beside those that exchanges hold.
void Succession::go_on() {
  if (thread_.is_running()) return;
  if (!garbage_.empty()) {
    auto garbage = std::make_shared<std::vector<std::unique_ptr<Runtime>>>(std::move(garbage_));
    garbage_.clear();
    return thread_.run([garbage] { garbage->clear(); }, [this] { go_on(); });
  }
  if (next_) build();
}

void Succession::build() {
  auto work = std::make_shared<Work>(std::move(next_->bundle));
  auto done = std::move(next_->done);
  next_.reset();
  thread_.run(
      [this, work] {
        auto config = config::decode(work->bundle.config());
        if (!config) return;
        work->made = std::make_unique<Runtime>(std::move(config).value(), *options_.modules,
                                               options_.runtime);
      },
      [this, work, done = std::move(done)] { take(std::move(work->made), done); });
}

void Succession::take(std::unique_ptr<Runtime> made, const Done& done) {
  if (made != nullptr) {
    made->inherit(*present_);
    options_.present(made.get());
    retire(std::exchange(present_, std::move(made)));
    done(true);
  } else {
    done(false);
  }
  go_on();
}

// At once, not when a timer comes: reloads that follow one another faster than it would pile up what nobody needs.
void Succession::retire(std::unique_ptr<Runtime> old) {
  held_.push_back(std::move(old));
  let_go();
  if (!is_armed()) options_.loop->arm(*this, options_.loop->now_ms() + look_again_ms);
}

void Succession::let_go() noexcept {
  const auto is_held = [](const auto& one) {
    return one->holders > 0;
  };
  const auto free = std::stable_partition(held_.begin(), held_.end(), is_held);
  for (auto at = free; at != held_.end(); ++at) {
    (*at)->part();
    garbage_.push_back(std::move(*at));
  }
  held_.erase(free, held_.end());
}

// Pools go once nobody's routes lead to them.
void Succession::on_timer() noexcept {
  let_go();
  const bool all_swept = options_.pools->sweep();
  const bool all_done = held_.empty() && garbage_.empty() && !thread_.is_running() && all_swept;
  go_on();
  if (!all_done) options_.loop->arm(*this, options_.loop->now_ms() + look_again_ms);
}

}  // namespace pm::runtime
