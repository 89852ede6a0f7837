// SPDX-License-Identifier: MIT
#include "t/lib/replay_links.h"

#include "core/check.h"

#include <algorithm>

namespace pm::test {
namespace {

using namespace http;

// What has come of a body and has not gone on: a copy, in the exchange's arena.
struct Kept {
  char* bytes;
  std::size_t size;
  std::size_t room;

  void take(Link link, BodyPart& part) {
    if (size + part.size > room) {
      room = std::max(2 * room, size + part.size);
      auto* const more = static_cast<char*>(link.arena().allocate(room, 1));
      std::copy_n(bytes, size, more);
      bytes = more;
    }
    for (const std::string_view slice : part.slices)
      size += slice.copy(bytes + size, slice.size());
    part.swallow();
  }
  // In front of what comes now.
  void give(Link link, BodyPart& part) {
    if (size == 0) return;
    auto* const joined = link.arena().array<std::string_view>(part.slices.size() + 1);
    joined[0] = {static_cast<char*>(link.arena().allocate(size, 1)), size};
    std::copy_n(bytes, size, const_cast<char*>(joined[0].data()));
    std::copy(part.slices.begin(), part.slices.end(), joined + 1);
    part.slices = {joined, part.slices.size() + 1};
    part.size += size;
    size = 0;
  }
};

class Passing final : public Middleware {
 public:
  Hooks hooks() const noexcept override {
    return Hook::request_headers | Hook::response_headers | Hook::response_body | Hook::done;
  }
  std::size_t state_size() const noexcept override { return sizeof(bool); }
  Verdict on_request_headers(Link link) const noexcept override {
    PM_CHECK(!link.state<bool>(), "the state of a link is zero when it is entered");
    link.state<bool>() = true;
    return Verdict::next;
  }
  void on_done(Link link) const noexcept override {
    PM_CHECK(link.state<bool>(), "a link that was entered hears of the end, once");
    link.state<bool>() = false;
  }
};

class Waiting final : public Middleware {
 public:
  Waiting(Ground& ground, std::vector<Resumer>& waiting) : ground_(&ground), waiting_(&waiting) {}
  Hooks hooks() const noexcept override { return Hook::request_headers | Hook::waits; }
  std::size_t state_size() const noexcept override { return sizeof(bool); }
  Verdict on_request_headers(Link link) const noexcept override {
    if (link.state<bool>()) return Verdict::next;
    link.state<bool>() = true;
    if (ground_->choices.one_in(2)) {
      link.resume_after(ground_->choices.below(300), Verdict::again);
    } else {
      waiting_->push_back(link.suspend());
    }
    return Verdict::wait;
  }

 private:
  Ground* ground_;
  std::vector<Resumer>* waiting_;
};

// Keeps the head until so much of the body is there, or all of it.
class Holding final : public Middleware {
 public:
  explicit Holding(std::size_t least) : least_(least) {}
  Hooks hooks() const noexcept override { return Hook::response_headers | Hook::response_body; }
  std::size_t state_size() const noexcept override { return sizeof(Kept); }
  Verdict on_response_headers(Link link) const noexcept override {
    link.state<Kept>() = {};
    return Verdict::wait;
  }
  Verdict on_response_body(Link link, BodyPart& part) const noexcept override {
    if (!link.holds_head()) return Verdict::next;
    Kept& kept = link.state<Kept>();
    if (!part.last && kept.size + part.size < least_) {
      kept.take(link, part);
      return Verdict::wait;
    }
    kept.give(link, part);
    return Verdict::next;
  }

 private:
  std::size_t least_;
};

// Lets the head go and the body only when it has to leave.
class Lagging final : public Middleware {
 public:
  Hooks hooks() const noexcept override { return Hook::response_body; }
  std::size_t state_size() const noexcept override { return sizeof(Kept); }
  Verdict on_response_body(Link link, BodyPart& part) const noexcept override {
    Kept& kept = link.state<Kept>();
    part.flush || part.last ? kept.give(link, part) : kept.take(link, part);
    return Verdict::next;
  }
};

class Repeating final : public Middleware {
 public:
  explicit Repeating(Ground& ground) : ground_(&ground) {}
  Hooks hooks() const noexcept override { return Hook::request_headers | Hook::response_headers; }
  std::size_t state_size() const noexcept override { return sizeof(unsigned); }
  Verdict on_request_headers(Link link) const noexcept override {
    if (Plan* plan = ground_->plan_of(link.request().target)) plan->is_quiet = true;
    link.keep_request();
    return Verdict::next;
  }
  Verdict on_response_headers(Link link) const noexcept override {
    unsigned& tries = link.state<unsigned>();
    Plan* const plan = ground_->plan_of(link.request().target);
    const bool repeats = plan != nullptr && tries < 2 && link.may_repeat() &&
                         !link.exchange().is_tunnel() && ground_->choices.one_in(2);
    if (!repeats) return Verdict::next;
    ++tries;
    ++plan->repeats;
    if (ground_->choices.one_in(2)) link.resume_after(ground_->choices.below(300), Verdict::next);
    return Verdict::again;
  }

 private:
  Ground* ground_;
};

}  // namespace

http::Chain Links::draw() {
  std::vector<const Middleware*> chain;
  for (std::uint64_t left = ground_->choices.below(5); left > 0; --left) {
    switch (ground_->choices.below(5)) {
      case 0: links_.emplace_back(new Passing); break;
      case 1: links_.emplace_back(new Waiting(*ground_, waiting_)); break;
      case 2: links_.emplace_back(new Holding(ground_->choices.below(3000))); break;
      case 3: links_.emplace_back(new Lagging); break;
      default: links_.emplace_back(new Repeating(*ground_)); break;
    }
    chain.push_back(links_.back().get());
  }
  return Chain(std::move(chain));
}

void Links::wake() {
  if (waiting_.empty()) return;
  const auto at = static_cast<std::ptrdiff_t>(ground_->choices.below(waiting_.size()));
  const Resumer resumer = waiting_[static_cast<std::size_t>(at)];
  waiting_.erase(waiting_.begin() + at);
  resumer.resume(Verdict::again);
}

}  // namespace pm::test
