// SPDX-License-Identifier: MIT
#include "http/run.h"

#include "core/check.h"
#include "http/tools.h"

#include <cstring>
#include <utility>

namespace pm::http {

// A request as it was when a link let it go on.
struct Run::Kept {
  Kept(Arena& arena, std::uint16_t at, Kept* outside) noexcept
      : head(arena), place(at), next(outside) {}
  Request head;
  std::uint16_t filters = 0;  // that were there
  std::uint16_t place;
  Kept* next;
};

Run::Run(Exchange& exchange, const Chain& chain, Service& then) noexcept
    : Passage(exchange),
      links_(chain.links_.data()),
      next_(chain.next_.data()),
      then_(&then),
      outer_(&exchange.server_end()),
      outer_run_(exchange.run),
      route_(exchange.route),
      states_(chain.state_size_ == 0
                  ? nullptr
                  : static_cast<char*>(exchange.arena().allocate(chain.state_size_))),
      count_(static_cast<std::uint16_t>(chain.links_.size())) {}

Run::~Run() {
  if (suspended_at_ != UINT32_MAX) exchange_->tools->suspended.remove(suspended_at_);
}

void Run::start(bool has_done) noexcept {
  exchange_->set_server_end(*this);
  exchange_->run = this;
  if (has_done) {
    before_ = exchange_->on_end;
    exchange_->on_end = this;
  }
  walk();
}

// ---- the request --------------------------------------------------------------------------------------------------------

void Run::walk() noexcept {
  while ((reached_ = next(reached_).entering) < count_) {
    const Chain::Place& at = link(reached_++);
    if (at.state_size > 0) std::memset(states_ + at.state_at, 0, at.state_size);
    if (!at.hooks.has(Hook::request_headers)) continue;
    const Verdict verdict = ask();
    if (verdict != Verdict::next) return halt(verdict);
  }
  entered_ = reached_;
  exchange_->route = route_;  // a chain within this one may have gone on to a child's
  then_->serve(*exchange_);
}

// The request stays at the link that was reached last: held by it, or answered; the exchange may be gone then.
void Run::halt(Verdict verdict) noexcept {
  entered_ = reached_ - 1;
  waiting_ = verdict == Verdict::wait;
  if (waiting_) return;
  PM_CHECK(verdict == Verdict::respond, "nothing was answered that could be asked for again");
  send_reply(*exchange_);
}

void Run::resume(Verdict verdict) noexcept {
  PM_CHECK(waiting_, "only what waits can be resumed");
  waiting_ = false;
  if (suspended_at_ != UINT32_MAX) exchange_->tools->suspended.remove(suspended_at_);
  suspended_at_ = UINT32_MAX;
  switch (verdict) {
    case Verdict::next: return walk();
    case Verdict::again:  // the same link is asked once more
      verdict = ask();
      return verdict == Verdict::next ? walk() : halt(verdict);
    case Verdict::respond:
    case Verdict::wait: return halt(verdict);
  }
}

void Run::on_delay() noexcept {
  if (turn_ == Verdict::again) {
    turn_ = Verdict::next;
    return walk();
  }
  resume(delay_verdict_);
}

// ---- the answer ---------------------------------------------------------------------------------------------------------

// A try whose answer may be dropped says nothing to the client before it is certain.
void Run::send_interim(Exchange&, std::uint16_t status, const Headers& headers) noexcept {
  if (!is_quiet_) outer_->send_interim(*exchange_, status, headers);
}

void Run::send_head(Exchange&) noexcept {
  if (turn_ != Verdict::next) return;
  head_at_ = entered_;
  holds_head_ = ended_ = end_passed_ = false;
  pass_head();
}

// From the innermost link that has not seen the head outwards, until one holds or turns it.
void Run::pass_head() noexcept {
  while ((head_at_ = next(head_at_).head) > 0) {
    const std::uint16_t place = --head_at_;
    const Verdict verdict = link(place).middleware->on_response_headers(Link(*this, place));
    if (verdict == Verdict::next || exchange_->is_tunnel()) continue;
    if (verdict != Verdict::wait) return turn(verdict, place);
    PM_CHECK(link(place).hooks.has(Hook::response_body), "who holds a head looks at what follows");
    holds_head_ = true;
    return;
  }
  // Nothing more to do here: what follows goes straight to the client's end.
  if (&exchange_->server_end() == this && !has_body_hooks()) exchange_->set_server_end(*outer_);
  exchange_->head_to(*outer_);
}

void Run::turn(Verdict verdict, std::uint16_t place) noexcept {
  turn_ = verdict;
  turn_at_ = place;
}

void Run::send_chunk(Exchange&, const Chunk& chunk) noexcept {
  if (turn_ != Verdict::next) return;
  if (!has_body_hooks() || exchange_->is_tunnel()) return outer_->send_chunk(*exchange_, chunk);
  BodyPart part{chunk.slices, chunk.size};
  pass_part(part);
}

void Run::pass_part(BodyPart& part) noexcept {
  // A link makes the next part where it made the last one, which the client's end may only have borrowed so far.
  if (std::exchange(lent_, false)) outer_->flush_response(*exchange_);
  const std::string_view* const given = part.slices.data();
  for (std::uint16_t behind = entered_; (behind = next(behind).body) > 0;) {
    const std::uint16_t place = --behind;
    const bool is_holder = holds_head_ && place == head_at_;
    if (part.is_empty() && !part.flush && !part.last) return;
    const Verdict verdict = link(place).middleware->on_response_body(Link(*this, place), part);
    if (verdict == Verdict::wait) {
      PM_CHECK(is_holder, "only the link that holds the head holds a body");
      source_held_ = source_held_ || part.hold;
      return;
    }
    if (verdict != Verdict::next) return turn(verdict, place);
    if (!is_holder) continue;
    holds_head_ = false;
    pass_head();
    if (turn_ != Verdict::next) return;
  }
  if (!part.is_empty()) outer_->send_chunk(*exchange_, {part.slices, part.size});
  lent_ = !part.is_empty() && part.slices.data() != given;
  if (part.last) {
    end_passed_ = true;
    exchange_->end_to(*outer_);
  }
}

// The last part goes with the flush that follows: a verdict about it may begin another answer.
void Run::send_end(Exchange&) noexcept {
  if (turn_ != Verdict::next) return;
  ended_ = true;
  if (has_body_hooks() && !exchange_->is_tunnel()) return;
  end_passed_ = true;
  exchange_->end_to(*outer_);
}

Flow Run::flush_response(Exchange&) noexcept {
  // A maker flushes before there is a head, too: what it has read may be a part of one.
  const bool has_begun = exchange_->answer_begun() && !end_passed_ && !exchange_->is_tunnel();
  if (turn_ == Verdict::next && has_begun && has_body_hooks()) {
    BodyPart part;
    part.flush = true;
    part.last = ended_;
    pass_part(part);
  }
  if (turn_ != Verdict::next) {
    settle();
    return Flow::more;
  }
  if (holds_head_) return std::exchange(source_held_, false) ? Flow::hold : Flow::more;
  lent_ = false;
  return outer_->flush_response(*exchange_);
}

// The answer cannot be finished. Nothing of it has left: the client may be told in words.
void Run::cut(Exchange&) noexcept {
  if (!holds_head_ || exchange_->response_started()) return outer_->cut(*exchange_);
  entered_ = head_at_;
  prepare_reply(*exchange_, 502, reason_phrase(502), BodyType::none);
  unwind(entered_);
  send_reply(*exchange_);
}

// ---- turning round ------------------------------------------------------------------------------------------------------

// Whoever made the answer has handed over what it had; if that was not all, it is told that nobody wants the rest.
void Run::settle() noexcept {
  const Verdict verdict = turn_;
  exchange_->drop_client_end();
  if (verdict == Verdict::again) return repeat_from(turn_at_);
  turn_ = Verdict::next;
  unwind(turn_at_);
  entered_ = turn_at_;
  exchange_->response().trailers.clear();  // of the answer that was dropped
  send_reply(*exchange_);
}

// Runs inside this one end, and so do the links of this one behind the first `keep`.
void Run::unwind(std::uint16_t keep) noexcept {
  while (exchange_->run != this) {
    Run& inner = *exchange_->run;
    inner.leave(0);
    inner.stop();
    if (inner.before_ != nullptr) exchange_->on_end = inner.before_;
    exchange_->run = inner.outer_run_;
  }
  exchange_->set_server_end(*this);
  leave(keep);
}

void Run::leave(std::uint16_t keep) noexcept {
  while (reached_ > keep) {
    const std::uint16_t place = --reached_;
    if (link(place).hooks.has(Hook::done)) link(place).middleware->on_done(Link(*this, place));
  }
}

Run::Kept* Run::kept_by(std::uint16_t place) const noexcept {
  Kept* kept = kept_;
  while (kept != nullptr && kept->place != place)
    kept = kept->next;
  return kept;
}

void Run::repeat_from(std::uint16_t place) noexcept {
  Kept* const kept = kept_by(place);
  PM_CHECK(kept != nullptr, "a request is repeated by who has kept it");
  unwind(place + 1);
  entered_ = place + 1;
  kept_ = kept;  // those of links further inside are taken anew
  copy_head(kept->head, exchange_->request());
  exchange_->filters().go_back(kept->filters);
  exchange_->hold_request();  // who was asked before may have wanted the body by then
  exchange_->begin_anew();
  ++exchange_->trace().repeats;
  // In a turn of its own, so that a server that refuses at once does not pile try upon try. turn_ stays until then.
  if (!is_set()) exchange_->tools->loop->set(*this, 0);
}

void Run::on_exchange_end(Exchange&) noexcept {
  ExchangeEnd* const before = before_;
  leave(0);
  if (before != nullptr) before->on_exchange_end(*exchange_);
}

// ---- links --------------------------------------------------------------------------------------------------------------

// Whoever asks for one of these says by its hooks, or its state_size(), that its chain has a Run.
Run& Link::run() const noexcept {
  return static_cast<Run&>(*passage_);
}

void* Link::state_bytes() const noexcept {
  return run().states_ + run().link(place_).state_at;
}

Resumer Link::suspend() const noexcept {
  Suspended& suspended = tools().suspended;
  std::uint32_t& at = run().suspended_at_;
  if (at == UINT32_MAX) at = suspended.add(run());
  return {&tools(), at, suspended.generation(at)};
}

// Also on the way out, before Verdict::again: how long to wait until the next try begins.
void Link::resume_after(std::uint64_t after_ms, Verdict verdict) const noexcept {
  run().resume_after(after_ms, verdict);
}

void Run::resume_after(std::uint64_t after_ms, Verdict verdict) noexcept {
  delay_verdict_ = verdict;
  exchange_->tools->loop->set(*this, after_ms);
}

void Link::keep_request() const noexcept {
  Run& run = this->run();
  run.kept_ = arena().make<Run::Kept>(arena(), place_, run.kept_);
  copy_head(request(), run.kept_->head);
  run.kept_->filters = exchange().filters().entered();
  run.is_quiet_ = true;
}

void Link::last_try() const noexcept {
  run().is_quiet_ = false;
}

bool Link::may_repeat() const noexcept {
  return run().kept_by(place_) != nullptr && !exchange().request_taken();
}

bool Link::holds_head() const noexcept {
  return run().holds_head_ && run().head_at_ == place_;
}

// ---- who waits ----------------------------------------------------------------------------------------------------------

void Resumer::resume(Verdict verdict) const noexcept {
  if (Run* run = tools->suspended.find(place, generation)) run->resume(verdict);
}

void Resumer::resume_soon(Verdict verdict) const noexcept {
  if (Run* run = tools->suspended.find(place, generation)) run->resume_after(0, verdict);
}

Exchange* Resumer::exchange() const noexcept {
  Run* run = tools->suspended.find(place, generation);
  return run == nullptr ? nullptr : &run->exchange();
}

std::uint32_t Suspended::add(Run& run) {
  if (free_.empty()) {
    slots_.push_back({&run, 0});
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const std::uint32_t place = free_.back();
  free_.pop_back();
  slots_[place].run = &run;
  return place;
}

void Suspended::remove(std::uint32_t place) noexcept {
  slots_[place].run = nullptr;
  ++slots_[place].generation;
  free_.push_back(place);
}

}  // namespace pm::http
