// SPDX-License-Identifier: MIT
// played_many.h -- a connection to a server that carries many exchanges at once, without a codec: the test answers, refuses,
// drains or breaks it.
//
//   in      exchanges; what the test says of each and of the connection
//   out     to the owner what a codec of HTTP/2 would say
//   own     frees itself at the end of the turn in which it closes; its place in the list of all is null then
#pragma once

#include "http/client.h"
#include "net/stream.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace pm::test {

class PlayedMany final : public http::ClientConnection, public http::ClientEnd, public net::Mortal {
 public:
  PlayedMany(net::Stream* socket, http::ConnectionOwner& keeper, std::uint32_t limit,
             std::vector<PlayedMany*>& all)
      : stream(socket), owner(&keeper), opened(socket->loop().now_ms()), limit_(limit), all_(&all) {
    all.push_back(this);
  }
  ~PlayedMany() override {
    std::replace(all_->begin(), all_->end(), this, static_cast<PlayedMany*>(nullptr));
  }

  void begin(http::Exchange& what, http::Attempt& who,
             const http::ForwardOptions&) noexcept override {
    carried.emplace_back(&what, &who);
    ++begun;
    what.set_client_end(this);
  }
  bool is_usable() const noexcept override { return room() > 0; }
  std::uint32_t room() const noexcept override {
    const auto used = static_cast<std::uint32_t>(carried.size());
    return is_draining || used >= limit_ ? 0 : limit_ - used;
  }
  void expect_room(std::uint32_t room) noexcept override { expected = room; }
  void close() noexcept override {
    if (stream == nullptr) return;
    net::Loop& loop = stream->loop();
    stream->close();
    stream = nullptr;
    owner->on_gone(*this);
    loop.reactor().retire(static_cast<net::Mortal*>(this));
  }
  std::uint64_t opened_ms() const noexcept override { return opened; }
  void set_idle_deadline(std::uint64_t at) noexcept override { idle_deadline = at; }
  void request_chunk(http::Exchange&, const http::Chunk&) noexcept override {}
  void request_end(http::Exchange&) noexcept override {}
  Flow flush_request(http::Exchange&) noexcept override { return Flow::more; }
  void resume_response(http::Exchange&) noexcept override {}
  void cancel(http::Exchange& what) noexcept override {
    take_out(what);
    tell();
  }

  // The test's side.
  void answer(http::Exchange& what, std::uint16_t status) {
    take_out(what);
    what.response().status = status;
    what.set_client_end(nullptr);
    what.response_head();
    what.response_end();
    what.flush_response();
    tell();
  }
  void answer_all(std::uint16_t status) {
    while (!carried.empty())
      answer(*carried.front().first, status);
  }
  // Of one exchange: the connection goes on.
  void fail(http::Exchange& what, http::Attempt::Failure failure) {
    http::Attempt* attempt = take_out(what);
    what.set_client_end(nullptr);
    failure.on = this;
    attempt->on_failed(what, failure);
    tell();
  }
  void allow(std::uint32_t limit) {
    limit_ = limit;
    owner->on_room(*this);
  }
  void drain() {
    is_draining = true;
    owner->on_draining(*this);
    if (carried.empty()) close();
  }
  // With everything that it carries.
  void break_off(http::Attempt::Failure failure) {
    const auto lost = std::exchange(carried, {});
    close();
    for (const auto& [what, attempt] : lost) {
      what->set_client_end(nullptr);
      attempt->on_failed(*what, failure);
    }
  }

  net::Stream* stream;
  http::ConnectionOwner* owner;
  std::vector<std::pair<http::Exchange*, http::Attempt*>> carried;
  std::uint64_t opened;
  std::uint64_t idle_deadline = 0;
  int begun = 0;
  std::uint32_t expected = 0;
  bool is_draining = false;

 private:
  http::Attempt* take_out(http::Exchange& what) {
    const auto found = std::find_if(carried.begin(), carried.end(),
                                    [&what](const auto& one) { return one.first == &what; });
    http::Attempt* attempt = found->second;
    carried.erase(found);
    return attempt;
  }
  void tell() {
    if (!carried.empty()) return owner->on_room(*this);
    if (is_draining) return close();
    owner->on_idle(*this);
  }

  std::uint32_t limit_;
  std::vector<PlayedMany*>* all_;
};

}  // namespace pm::test
