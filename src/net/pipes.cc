// SPDX-License-Identifier: MIT
#include "net/pipes.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pm::net {
namespace {

Pipe open_pipe(std::size_t size) noexcept {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return {};
  Pipe pipe{os::Fd(ends[0]), os::Fd(ends[1]), 0};
  ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(size));  // refused past a quota: then as it is
  const int granted = ::fcntl(ends[1], F_GETPIPE_SZ);
  pipe.size = granted > 0 ? static_cast<std::size_t>(granted) : 0;
  return pipe;
}

// Some that look like Linux do not have the call, or not for sockets.
bool can_splice(const Pipe& pipe) noexcept {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return false;
  const os::Fd ours(ends[0]);
  const os::Fd peer(ends[1]);
  char byte = 1;
  return ::send(peer.number(), &byte, 1, MSG_NOSIGNAL) == 1 &&
         ::splice(ours.number(), nullptr, pipe.writing.number(), nullptr, 1, SPLICE_F_NONBLOCK) ==
             1 &&
         ::splice(pipe.reading.number(), nullptr, ours.number(), nullptr, 1, SPLICE_F_NONBLOCK) ==
             1;
}

}  // namespace

Pipes Pipes::make(const Wish& wish) noexcept {
  Pipes result;
  result.pipes_.reserve(wish.count);
  while (result.pipes_.size() < wish.count) {
    Pipe pipe = open_pipe(wish.size);
    if (pipe.size == 0 || pipe.size < wish.least_size) break;
    if (result.pipes_.empty() && !can_splice(pipe)) break;
    result.pipes_.push_back(std::move(pipe));
  }
  result.free_.reserve(result.pipes_.size());
  for (Pipe& pipe : result.pipes_)
    result.free_.push_back(&pipe);
  return result;
}

Pipe* Pipes::take() noexcept {
  if (free_.empty()) return nullptr;
  Pipe* const pipe = free_.back();
  free_.pop_back();
  return pipe;
}

}  // namespace pm::net
