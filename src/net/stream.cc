// SPDX-License-Identifier: MIT
#include "net/stream.h"

#include <cerrno>

#include <sys/uio.h>

namespace pm::net {
namespace {

// Fits the queue's small block; a copy of more would cost what lateness saves.
constexpr std::size_t late_limit = 4000;

}  // namespace

Stream* Stream::open(Loop& loop, int fd, StreamUser& user, State state) noexcept {
  auto* stream = new Stream(loop, fd, user);
  if (state == State::connecting) {
    stream->writable_ = false;
    stream->owes_drained_ = true;
  }
  if (loop.kernel().watch(fd, stream) >= 0) return stream;
  loop.kernel().close(fd);
  delete stream;
  return nullptr;
}

void Stream::on_event(const Event& event) noexcept {
  if (event.readable) readable_ = true;
  if (event.writable) writable_ = true;
  if (event.hangup) hangup_ = true;
  if (event.broken) broken_ = true;
  const bool cares =
      (event.readable && reading_) || (event.writable && owes_drained_) || event.hangup;
  if (cares) loop_->reactor().queue(*this);
}

void Stream::on_turn() noexcept {
  if (writable_ && owes_drained_) {
    send_queue();
    if (queue_.empty() && owes_drained_) {
      owes_drained_ = false;
      user_->on_drained();
      if (fd_ < 0) return;
    }
  }
  if ((readable_ || pending_ || poked_) && reading_) {
    poked_ = false;
    user_->on_readable();
    if (fd_ < 0) return;
    if ((readable_ || pending_) && reading_) return loop_->reactor().queue(*this);
  }
  if (reading_) return;
  // Nobody reads, so no read would tell the user.
  if (broken_ && !told_broken_) {
    told_broken_ = told_hangup_ = true;
    user_->on_broken();
  } else if (hangup_ && !told_hangup_) {
    told_hangup_ = true;
    user_->on_hangup();
  }
}

Got Stream::receive(char* to, std::size_t room) noexcept {
  const long count = loop_->kernel().receive(fd_, to, room);
  // A short read means drained, unless the peer has hung up: then only a read of 0 says so.
  const bool is_short = count > 0 && static_cast<std::size_t>(count) < room;
  if (is_short && !hangup_) readable_ = false;
  return judge(count);
}

// Here a short count says nothing: small pieces fill a pipe with few bytes. Only one more call finds the socket drained.
Got Stream::receive(const Pipe& pipe, std::size_t most) noexcept {
  return judge(loop_->kernel().splice_in(fd_, pipe, most));
}

Got Stream::judge(long count) noexcept {
  if (count > 0) return {Io::ok, static_cast<std::size_t>(count)};
  if (count == 0) {
    readable_ = false;
    told_hangup_ = true;
    return {Io::end, 0};
  }
  // A write that failed for another reason than the peer's (no memory) leaves a socket that has nothing to tell.
  if (count == -EINTR || (count == -EAGAIN && !broken_)) {
    readable_ = count == -EINTR;
    return {Io::again, 0};
  }
  readable_ = false;
  broken_ = told_broken_ = true;
  return {Io::failed, 0};
}

bool Stream::at_end() noexcept {
  if (layer_ != nullptr) return layer_->at_end();
  char byte = 0;
  const long count = loop_->kernel().peek(fd_, &byte, 1);
  return count == 0 || (count < 0 && count != -EAGAIN && count != -EINTR);
}

Flow Stream::write(Gather& gather) noexcept {
  if (gather.empty()) return is_blocked() ? Flow::hold : Flow::more;
  const Flow flow = layer_ == nullptr ? send(gather.pieces(), gather.count(), gather.size())
                                      : layer_->write(gather.pieces(), gather.count());
  gather.clear();
  return flow;
}

Flow Stream::write(std::string_view bytes) noexcept {
  const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  return layer_ == nullptr ? send(&piece, 1, bytes.size()) : layer_->write(&piece, 1);
}

Flow Stream::send(const iovec* pieces, int count, std::size_t size) noexcept {
  if (may_be_late(size)) {
    keep(pieces, count, 0);
    if (!late_) loop_->reactor().at_pass_end(*this);
    late_ = true;
    return Flow::more;
  }
  if (late_) send_late();
  std::size_t sent = 0;
  if (!broken_ && writable_ && queue_.empty()) {
    const long result = loop_->kernel().send(fd_, pieces, count);
    if (result >= 0) {
      sent = static_cast<std::size_t>(result);
      if (sent > 0) moved_ = true;
      if (sent < size) writable_ = false;
    } else if (result == -EAGAIN || result == -EINTR) {
      writable_ = result == -EINTR;
    } else {
      fail();
    }
  }
  if (broken_)
    return Flow::
        more;  // what is sent to a dead peer is gone; the user hears of it in a turn of its own
  if (sent < size) keep(pieces, count, sent);
  if (queue_.empty()) return Flow::more;
  owes_drained_ = true;
  if (writable_) loop_->reactor().queue(*this);
  return Flow::hold;
}

std::size_t Stream::send(const Pipe& pipe, std::size_t size) noexcept {
  if (late_) send_late();
  std::size_t sent = 0;
  while (sent < size && writable_ && !broken_ && queue_.empty()) {
    const long result = loop_->kernel().splice_out(pipe, fd_, size - sent);
    if (result > 0) {
      sent += static_cast<std::size_t>(result);
    } else if (result == -EAGAIN) {
      writable_ = false;
    } else if (result != -EINTR) {
      fail();
    }
  }
  if (sent > 0) moved_ = true;
  if (sent < size && !broken_) owes_drained_ = true;
  return sent;
}

void Stream::keep(const iovec* pieces, int count, std::size_t sent) noexcept {
  for (int i = 0; i < count; ++i) {
    const iovec& piece = pieces[i];
    if (sent >= piece.iov_len) {
      sent -= piece.iov_len;
      continue;
    }
    queue_.append(loop_->pools(),
                  {static_cast<const char*>(piece.iov_base) + sent, piece.iov_len - sent});
    sent = 0;
  }
}

bool Stream::may_be_late(std::size_t size) const noexcept {
  return loop_->reactor().is_busy() && writable_ && !broken_ && !owes_drained_ &&
         (late_ || queue_.empty()) && size > 0 && queue_.size() + size <= late_limit;
}

void Stream::on_pass_end() noexcept {
  if (!late_) return;
  send_late();
  if (owes_drained_) user_->on_blocked();
}

void Stream::send_late() noexcept {
  late_ = false;
  send_queue();
  if (!queue_.empty()) owes_drained_ = true;
}

void Stream::send_queue() noexcept {
  while (!queue_.empty() && writable_ && !broken_) {
    iovec pieces[16];
    const int count = queue_.front(pieces, 16);
    std::size_t offered = 0;
    for (int i = 0; i < count; ++i)
      offered += pieces[i].iov_len;
    const long sent = loop_->kernel().send(fd_, pieces, count);
    if (sent < 0) {
      if (sent == -EINTR) continue;
      if (sent != -EAGAIN) return fail();
      writable_ = false;
      return;
    }
    if (sent > 0) moved_ = true;
    queue_.consume(loop_->pools(), static_cast<std::size_t>(sent));
    if (static_cast<std::size_t>(sent) < offered) writable_ = false;
  }
  if (queue_.empty() && shut_ && !shut_sent_) {
    shut_sent_ = true;
    loop_->kernel().shutdown_write(fd_);
  }
}

// The user hears of it in a turn of its own, never inside its own write: by a read that fails once what the peer had sent
// before is read, or by on_broken().
void Stream::fail() noexcept {
  broken_ = readable_ = true;
  told_broken_ = late_ = false;
  queue_.clear(loop_->pools());
  owes_drained_ = false;
  loop_->reactor().queue(*this);
}

void Stream::shutdown_write() noexcept {
  if (layer_ != nullptr && !shut_) layer_->finish();
  shut_ = true;
  if (late_) send_late();
  if (queue_.empty()) {
    if (!shut_sent_ && !broken_) loop_->kernel().shutdown_write(fd_);
    shut_sent_ = true;
    return;
  }
  owes_drained_ = true;
}

void Stream::close(Close how) noexcept {
  if (fd_ < 0) return;
  if (layer_ != nullptr && !shut_ && how == Close::orderly && queued() == 0) layer_->finish();
  if (late_) send_late();
  layer_.reset();
  queue_.clear(loop_->pools());
  if (how == Close::reset) {
    loop_->kernel().reset(fd_);
  } else {
    loop_->kernel().close(fd_);
  }
  fd_ = -1;
  loop_->reactor().retire(this);
}

}  // namespace pm::net
