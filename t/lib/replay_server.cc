// SPDX-License-Identifier: MIT
// replay_server.cc -- the scripted server of a World, one connection of it.
#include "t/lib/replay_peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace pm::test {
namespace {

constexpr std::string_view junk = "HTTP/1.1 200 OK\r\nX-Id: junk\r\nContent-Length: 0\r\n\r\n";

}  // namespace

void ScriptedServer::fail(const std::string& what) {
  ground_->fail(
      fmt::format("server {}: {}{}", fd_, what, plan_ == nullptr ? "" : "; " + plan_->id()));
}

bool ScriptedServer::act(std::size_t most) {
  if (is_gone_) return false;
  if (socket().connecting) return meet();
  const bool received = receive(most);
  if (is_gone_) return true;
  const bool sent = send(most);
  const bool is_idle = plan_ == nullptr && !is_over_;
  if (is_idle && ground_->has_faults && ground_->choices.one_in(60)) {
    is_over_ = true;
    ground_->choices.one_in(2) ? ground_->kernel.finish(fd_) : ground_->kernel.reset_by_peer(fd_);
    return true;
  }
  return received || sent;
}

bool ScriptedServer::meet() {
  if (!socket().open) {
    is_gone_ = true;
  } else if (ground_->has_faults && ground_->choices.one_in(10)) {
    ground_->kernel.refuse_connect(fd_, ECONNREFUSED);
    is_over_ = true;
  } else {
    ground_->kernel.set_window(
        fd_, ground_->choices.between(ground_->window / 100 + 1, ground_->window));
    ground_->kernel.accept_connect(fd_);
  }
  return true;
}

// ---- from the daemon --------------------------------------------------------------------------------------------------

bool ScriptedServer::receive(std::size_t most) {
  const std::string bytes = ground_->kernel.take(fd_, ground_->choices.between(1, most));
  if (!is_over_ || reader_.state() == PeerReader::State::raw) take(bytes);
  if (socket().out.empty() && (!socket().open || (socket().fin_out && !is_over_))) {
    on_end();
    return true;
  }
  return !bytes.empty();
}

void ScriptedServer::take(std::string_view bytes) {
  while (!bytes.empty()) {
    if (reader_.is_done()) return fail("bytes behind the request");
    reader_.feed(bytes);
    if (!reader_.broken.empty()) return fail(reader_.broken);
    if (reader_.has_head() && plan_ == nullptr) on_head();
    if (plan_ == nullptr) continue;
    for (; checked_ < reader_.body.size(); ++checked_) {
      if (reader_.body[checked_] == plan_->byte(Plan::Direction::request, checked_)) continue;
      return fail(fmt::format("byte {} of the request is another one", checked_));
    }
    if (!reader_.is_done()) continue;
    if (reader_.body.size() != plan_->request_size && !plan_->upgrade)
      return fail("the request ends elsewhere");
    if (plan_->request == Plan::Framing::chunked && reader_.trailer("x-check") != plan_->id())
      return fail("trailers of a request are lost");
    if (!is_answering_) answer();
    next_if_done();
  }
}

void ScriptedServer::on_head() {
  unsigned client = 0;
  unsigned number = 0;
  char method[33] = {};
  if (std::sscanf(reader_.start.c_str(), "%32s /%u/%u HTTP/1.1", method, &client, &number) != 3)
    return fail("an odd request line: " + reader_.start);
  plan_ = ground_->find(client, number);
  if (plan_ == nullptr || plan_->method != method || reader_.field("x-id") != plan_->id())
    return fail("a request that nobody sent: " + reader_.start);
  ++plan_->heads_seen;
  const unsigned tries = plan_->sends + plan_->repeats;
  const unsigned most = tries * (plan_->is_repeatable() ? 3 : 1);
  if (plan_->heads_seen > most) return fail("sent too often");
  if (plan_->expects && plan_->says_continue) outgoing_ += "HTTP/1.1 100 Continue\r\n\r\n";
  if (plan_->is_early || plan_->opens_tunnel()) answer();
}

// The daemon has shut its side down, or closed.
void ScriptedServer::on_end() {
  reader_.feed_end();
  const bool is_whole = plan_ == nullptr || reader_.is_done();
  const bool was_dropped = plan_ != nullptr && plan_->repeats > 0;
  const bool may_be_cut =
      ground_->has_faults || was_dropped || (plan_ != nullptr && plan_->is_early && has_answered_);
  if (!is_whole && !may_be_cut) return fail("the request was cut");
  if (plan_ != nullptr && plan_->opens_tunnel()) {
    if (!ground_->has_faults && reader_.body.size() != plan_->request_size)
      return fail("bytes of a tunnel are lost");
  } else if (plan_ != nullptr && !has_answered_ && !ground_->has_faults && !was_dropped) {
    return fail("closed before the answer was out");
  }
  if (!socket().open) is_gone_ = true;
  if (is_gone_ || has_answered_) {
    is_over_ = true;
    if (!is_gone_) ground_->kernel.finish(fd_);
  }
}

// ---- to the daemon ----------------------------------------------------------------------------------------------------

void ScriptedServer::answer() {
  using Fault = Plan::Fault;
  is_answering_ = true;
  Message message = compose_answer(*plan_, ground_->choices);
  std::string text = message.head + message.body;
  const bool ends =
      plan_->server_closes || plan_->answer == Plan::Framing::until_close || plan_->status == 101;
  after_ = ends ? After::finish : After::keep;
  const std::size_t cut = message.head.size() + std::min(plan_->cut_at, message.body.size());
  switch (plan_->fault) {
    case Fault::none: break;
    case Fault::close_before: text.clear(), after_ = After::finish; break;
    case Fault::reset_before: text.resize(plan_->cut_at % 20), after_ = After::reset; break;
    case Fault::close_in_body: text.resize(cut), after_ = After::finish; break;
    case Fault::reset_in_body: text.resize(cut), after_ = After::reset; break;
    case Fault::bad_head: text = "HTTP/1.1 2x0 Odd\r\n\r\n", after_ = After::finish; break;
    case Fault::junk_behind: text += junk; break;
    case Fault::silence: text.clear(), after_ = After::keep; break;
  }
  if (plan_->opens_tunnel()) reader_.start_raw();
  outgoing_ += text;
  if (outgoing_.empty()) on_answered();
}

bool ScriptedServer::send(std::size_t most) {
  if (outgoing_.empty() || is_over_) return false;
  std::size_t count = std::min<std::size_t>(outgoing_.size(), ground_->choices.between(1, most));
  // Junk that comes a moment later would be the answer to the next request: nobody could tell. It is there with the last
  // byte of the right answer, and must be seen.
  const bool has_junk = plan_ != nullptr && plan_->fault == Plan::Fault::junk_behind;
  if (has_junk && outgoing_.size() - count <= junk.size()) count = outgoing_.size();
  ground_->kernel.deliver(fd_, std::string_view(outgoing_).substr(0, count));
  outgoing_.erase(0, count);
  if (outgoing_.empty() && is_answering_) on_answered();
  return true;
}

void ScriptedServer::on_answered() {
  if (plan_->fault == Plan::Fault::silence) return;  // until the daemon has had enough
  has_answered_ = true;
  if (after_ == After::finish) ground_->kernel.finish(fd_);
  if (after_ == After::reset) ground_->kernel.reset_by_peer(fd_);
  is_over_ = after_ != After::keep && reader_.state() != PeerReader::State::raw;
  next_if_done();
}

void ScriptedServer::next_if_done() {
  if (!reader_.is_done() || !has_answered_ || after_ != After::keep) return;
  plan_ = nullptr;
  checked_ = 0;
  is_answering_ = has_answered_ = false;
  reader_.next(false);
}

}  // namespace pm::test
