// SPDX-License-Identifier: MIT
// replay_client.cc -- the scripted client of a World.
#include "t/lib/replay_peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pm::test {

void ScriptedClient::fail(const std::string& what) {
  ground_->fail(fmt::format("client {}: {}; {}", name_, what, describe()));
}

std::string ScriptedClient::describe() const {
  std::string text =
      fmt::format("{} of {} answered, {} composed", answered_, plans.size(), composed_);
  if (answered_ < plans.size()) {
    const Plan& plan = plans[answered_];
    text += fmt::format(", now {} {} ({} bytes out, {} expected, {} came, state {}, start \"{}\")",
                        plan.method, plan.target(), plan.request_size, plan.answer_size,
                        reader_.body.size(), static_cast<int>(reader_.state()), reader_.start);
  }
  return text;
}

bool ScriptedClient::act(std::size_t most) {
  if (fd_ < 0) return answered_ < plans.size() && connect();
  if (ground_->has_faults && ground_->choices.one_in(150)) {
    leave();
    return true;
  }
  const bool received = receive(most);
  if (fd_ < 0) return true;
  if (answered_ == plans.size() && !is_over_) {
    ground_->kernel.finish(fd_);
    forget_connection();
    return true;
  }
  const bool sent = send(most);
  return received || sent;
}

bool ScriptedClient::connect() {
  fd_ = ground_->kernel.add();
  ground_->kernel.set_window(fd_,
                             ground_->choices.between(ground_->window / 100 + 1, ground_->window));
  ground_->accept(fd_);
  return true;
}

// ---- to the daemon ----------------------------------------------------------------------------------------------------

// What must not be followed by another request before it was answered.
bool ScriptedClient::may_compose() const {
  if (composed_ == plans.size() || is_over_ || is_tunnel_) return false;
  if (composed_ == answered_) return true;
  const Plan& last = plans[composed_ - 1];
  return composed_ - answered_ < 4 && !last.upgrade && !last.expects && !last.client_closes;
}

void ScriptedClient::compose() {
  Plan& plan = plans[composed_++];
  ++plan.sends;
  Message message = compose_request(plan, ground_->choices);
  outgoing_ = std::move(message.head);
  if (plan.expects) {
    held_ = std::move(message.body);
  } else {
    outgoing_ += message.body;
  }
}

bool ScriptedClient::is_asked() const {
  return std::find(reader_.interims.begin(), reader_.interims.end(), 100) != reader_.interims.end();
}

bool ScriptedClient::send(std::size_t most) {
  if (outgoing_.empty() && !held_.empty() && (is_asked() || ground_->choices.one_in(200))) {
    outgoing_ = std::exchange(held_, {});
  }
  if (outgoing_.empty() && held_.empty() && may_compose()) compose();
  if (outgoing_.empty()) {
    if (!is_tunnel_ || has_finished_) return false;
    has_finished_ = true;
    ground_->kernel.finish(fd_);
    return true;
  }
  const std::size_t count =
      std::min<std::size_t>(outgoing_.size(), ground_->choices.between(1, most));
  ground_->kernel.deliver(fd_, std::string_view(outgoing_).substr(0, count));
  outgoing_.erase(0, count);
  return true;
}

// ---- from the daemon --------------------------------------------------------------------------------------------------

bool ScriptedClient::receive(std::size_t most) {
  const std::string bytes = ground_->kernel.take(fd_, ground_->choices.between(1, most));
  if (!bytes.empty()) take(bytes);
  if (fd_ < 0) return true;
  const FakeKernel::Socket& socket = ground_->kernel.socket(fd_);
  const bool ended = socket.out.empty() && (socket.fin_out || !socket.open);
  const bool waits_for_us = socket.open && is_tunnel_ && !has_finished_;
  if (!ended || waits_for_us) return !bytes.empty();
  on_end();
  return true;
}

void ScriptedClient::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (answered_ == composed_ || is_over_) return fail("bytes that nobody asked for");
    const Plan& plan = plans[answered_];
    reader_.expect_head_answer(plan.method == "HEAD");
    reader_.feed(bytes);
    if (!reader_.broken.empty()) return fail(reader_.broken);
    if (reader_.has_head() && reader_.field("x-id") == plan.id()) {
      for (; checked_ < reader_.body.size(); ++checked_) {
        if (reader_.body[checked_] == plan.byte(Plan::Direction::answer, checked_)) continue;
        return fail(fmt::format("byte {} of the answer is another one", checked_));
      }
    }
    if (reader_.state() == PeerReader::State::raw && !is_tunnel_) {
      if (!plan.opens_tunnel()) return fail("a tunnel that nobody opened");
      is_tunnel_ = true;
      outgoing_ += plan.bytes(Plan::Direction::request, plan.request_size);
    }
    if (reader_.is_done()) judge();
  }
}

void ScriptedClient::judge() {
  const Plan& plan = plans[answered_];
  const std::string_view id = reader_.field("x-id");
  const int status = reader_.status();
  if (id.empty()) {
    const bool is_of_server = ground_->has_faults && status >= 502 && status <= 504;
    const bool may_fail = is_of_server || (plan.breaks_chunk && status == 400);
    if (!may_fail) return fail("an answer that no server gave");
  } else {
    if (id != plan.id()) return fail("the answer to another request");
    if (status != static_cast<int>(plan.status)) return fail("another status");
    judge_size(plan);
  }
  const std::string_view connection = reader_.field("connection");
  is_over_ = is_tunnel_ || connection == "close" || plan.client_closes ||
             (plan.old_client && connection != "keep-alive");
  const bool is_last = answered_ + 1 == composed_;
  if (!is_over_ && is_last && !held_.empty()) {
    if (!is_asked()) return fail("kept, although the body was never asked for");
    outgoing_ = std::exchange(held_, {});  // the answer has overtaken it
  }
  ++answered_;
  checked_ = 0;
  reader_.next(false);
}

void ScriptedClient::judge_size(const Plan& plan) {
  const bool ends_with_stream = plan.answer == Plan::Framing::until_close || plan.status == 101;
  const bool was_cut = plan.fault == Plan::Fault::close_in_body && ends_with_stream;
  if (plan.method == "HEAD") {
    if (plan.answer == Plan::Framing::length && plan.status == 200 &&
        reader_.field("content-length") != std::to_string(plan.answer_size))
      fail("HEAD says another length");
    return;
  }
  if (reader_.body.size() != plan.answer_size && !was_cut && !(is_tunnel_ && ground_->has_faults))
    return fail("the answer ends elsewhere");
  const bool has_trailers = plan.answer == Plan::Framing::chunked && !plan.old_client &&
                            plan.status == 200 && !plan.is_local;
  if (has_trailers && reader_.trailer("x-check") != plan.id()) return fail("trailers are lost");
  if (!ground_->has_faults && !plan.old_client && !plan.is_quiet) {
    const auto hints = std::count(reader_.interims.begin(), reader_.interims.end(), 103);
    if (hints != static_cast<long>(plan.hints)) fail("hints are lost");
  }
}

// The daemon says no more.
void ScriptedClient::on_end() {
  const bool was_reset = ground_->kernel.socket(fd_).was_reset;
  if (!was_reset) reader_.feed_end();
  if (reader_.is_done()) judge();
  if (!reader_.is_fresh() || !reader_.interims.empty()) {
    if (!ground_->has_faults) return fail("the answer was cut");
    ++answered_;
  } else if (composed_ > answered_ && !is_over_) {
    if (!ground_->has_faults) return fail("closed without a word");
    if (plans[answered_].sends > 2) ++answered_;
  }
  if (ground_->kernel.socket(fd_).open) ground_->kernel.finish(fd_);
  forget_connection();
}

void ScriptedClient::leave() {
  if (ground_->choices.one_in(2)) {
    ground_->kernel.reset_by_peer(fd_);
  } else {
    ground_->kernel.finish(fd_);
  }
  if (composed_ > answered_) ++answered_;
  forget_connection();
}

void ScriptedClient::forget_connection() {
  ground_->kernel.abandon(fd_);
  fd_ = -1;
  composed_ = answered_;
  checked_ = 0;
  outgoing_.clear();
  held_.clear();
  is_over_ = is_tunnel_ = has_finished_ = false;
  reader_.next(false);
}

}  // namespace pm::test
