// SPDX-License-Identifier: MIT
#include "t/lib/fake_kernel.h"

#include "core/check.h"
#include "net/pipes.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/uio.h>

namespace pm::test {

int FakeKernel::add() {
  const int fd = next_fd_++;
  Socket& s = sockets_[fd];
  s.edge_out = true;
  return fd;
}

void FakeKernel::deliver(int fd, std::string_view bytes) {
  Socket& s = socket(fd);
  if (!s.open || s.fin_in || bytes.empty()) return;
  s.in += bytes;
  s.edge_in = true;
}

void FakeKernel::finish(int fd) {
  Socket& s = socket(fd);
  if (!s.open || s.fin_in) return;
  s.fin_in = s.edge_in = s.edge_hup = true;
}

void FakeKernel::reset_by_peer(int fd) {
  Socket& s = socket(fd);
  if (!s.open) return;
  s.error = ECONNRESET;
  s.edge_in = s.edge_out = s.edge_hup = s.edge_err = true;
}

std::string FakeKernel::take(int fd, std::size_t most) {
  Socket& s = socket(fd);
  const bool was_full = s.out.size() >= s.window;
  std::string taken = s.out.substr(0, most);
  s.out.erase(0, taken.size());
  if (was_full && s.out.size() < s.window) s.edge_out = true;
  return taken;
}

void FakeKernel::set_window(int fd, std::size_t bytes) {
  Socket& s = socket(fd);
  const bool was_full = s.out.size() >= s.window;
  s.window = bytes;
  if (was_full && s.out.size() < s.window) s.edge_out = true;
}

void FakeKernel::accept_connect(int fd) {
  Socket& s = socket(fd);
  s.connecting = false;
  s.edge_out = true;
}

void FakeKernel::refuse_connect(int fd, int error) {
  Socket& s = socket(fd);
  s.connecting = false;
  s.connect_error = error;
  s.error = error;
  s.edge_in = s.edge_out = s.edge_hup = s.edge_err = true;
}

std::vector<int> FakeKernel::connected() {
  return std::exchange(connected_, {});
}

std::size_t FakeKernel::open_sockets() const noexcept {
  return static_cast<std::size_t>(std::count_if(
      sockets_.begin(), sockets_.end(), [](const auto& entry) { return entry.second.open; }));
}

int FakeKernel::watch(int fd, net::Watch* watch) noexcept {
  if (refuse_watches_) return -ENOSPC;
  socket(fd).watch = watch;
  return 0;
}

void FakeKernel::unwatch(int fd) noexcept {
  socket(fd).watch = nullptr;
}

int FakeKernel::wait(std::span<net::Event> events, int) noexcept {
  std::vector<int> due;
  for (auto& [fd, s] : sockets_) {
    const auto queued = accepts_.find(fd);
    const bool has_queued = queued != accepts_.end() && !queued->second.empty();
    const bool has_edge = s.edge_in || s.edge_out || s.edge_hup || s.edge_err;
    if (s.open && s.watch != nullptr && (has_edge || has_queued)) due.push_back(fd);
  }
  std::size_t count = 0;
  for (net::Watch* dead : stale_) {
    if (tells_stale_ && count < events.size()) events[count++] = {dead, true, true, true, true};
  }
  while (!due.empty() && count < events.size()) {
    const std::size_t at = pick(due.size()) % due.size();
    Socket& s = socket(due[at]);
    due.erase(due.begin() + static_cast<std::ptrdiff_t>(at));
    // As epoll does: an edge brings the whole present state with it.
    const bool dead = s.error != 0;
    events[count++] = {.watch = s.watch,
                       .readable = !s.in.empty() || s.fin_in || dead,
                       .writable = (!s.connecting && s.out.size() < s.window) || dead,
                       .hangup = s.fin_in || dead,
                       .broken = dead};
    s.edge_in = s.edge_out = s.edge_hup = s.edge_err = false;
  }
  return static_cast<int>(count);
}

long FakeKernel::receive(int fd, char* to, std::size_t room) noexcept {
  Socket& s = socket(fd);
  PM_CHECK(s.open, "a closed descriptor is not read");
  const long count = peek(fd, to, room);
  if (count > 0) s.in.erase(0, static_cast<std::size_t>(count));
  return count;
}

long FakeKernel::peek(int fd, char* to, std::size_t room) noexcept {
  ++calls_;
  Socket& s = socket(fd);
  PM_CHECK(s.open, "a closed descriptor is not looked at");
  if (s.in.empty()) {
    if (s.error != 0) return -s.error;
    return s.fin_in ? 0 : -EAGAIN;
  }
  const std::size_t count = std::min(room, s.in.size());
  std::memcpy(to, s.in.data(), count);
  return static_cast<long>(count);
}

long FakeKernel::send(int fd, const iovec* pieces, int count) noexcept {
  ++calls_;
  Socket& s = socket(fd);
  PM_CHECK(s.open, "a closed descriptor is not written");
  PM_CHECK(!s.fin_out, "nothing is written behind a FIN");
  if (s.error != 0) return -EPIPE;
  if (s.send_error != 0) return -s.send_error;
  if (s.connecting) return -EAGAIN;
  std::size_t sent = 0;
  for (int i = 0; i < count && s.out.size() < s.window; ++i) {
    const std::size_t size = std::min(pieces[i].iov_len, s.window - s.out.size());
    s.out.append(static_cast<const char*>(pieces[i].iov_base), size);
    sent += size;
  }
  if (s.is_abandoned) s.out.clear();
  return sent == 0 ? -EAGAIN : static_cast<long>(sent);
}

long FakeKernel::splice_in(int fd, const net::Pipe& pipe, std::size_t most) noexcept {
  std::string& bytes = pipes_[&pipe];
  PM_CHECK(bytes.empty(), "only into an empty pipe");
  std::string room(std::min({pipe.size, splice_limit_, most}), 0);
  const long count = receive(fd, room.data(), room.size());
  if (count > 0) bytes = room.substr(0, static_cast<std::size_t>(count));
  spliced_ += bytes.size();
  return count;
}

long FakeKernel::splice_out(const net::Pipe& pipe, int fd, std::size_t size) noexcept {
  std::string& bytes = pipes_[&pipe];
  PM_CHECK(size > 0 && size == bytes.size(), "who moves bytes knows how many there are");
  const iovec piece{bytes.data(), std::min(size, splice_limit_)};
  const long count = send(fd, &piece, 1);
  if (count > 0) bytes.erase(0, static_cast<std::size_t>(count));
  return count;
}

void FakeKernel::empty_pipe(const net::Pipe& pipe, std::size_t size) noexcept {
  PM_CHECK(size == pipes_[&pipe].size(), "who empties a pipe knows how much is in it");
  pipes_[&pipe].clear();
}

std::size_t FakeKernel::in_pipes() const noexcept {
  std::size_t sum = 0;
  for (const auto& [pipe, bytes] : pipes_)
    sum += bytes.size();
  return sum;
}

int FakeKernel::accept(int fd, Endpoint& peer) noexcept {
  std::deque<int>& queue = accepts_[fd];
  if (queue.empty()) return -EAGAIN;
  const int result = queue.front();
  queue.pop_front();
  peer = {Address::v4(0x7f000001), 40000};
  return result;
}

int FakeKernel::connect(const Endpoint& to) noexcept {
  if (connect_failure_ != 0) return -connect_failure_;
  const int fd = next_fd_++;
  Socket& s = sockets_[fd];
  s.connecting = true;
  s.to = to;
  connected_.push_back(fd);
  return fd;
}

int FakeKernel::connect_local(std::string_view) noexcept {
  return connect({});
}

int FakeKernel::connect_error(int fd) noexcept {
  Socket& s = socket(fd);
  return s.connecting ? -EINPROGRESS : -s.connect_error;
}

void FakeKernel::shutdown_write(int fd) noexcept {
  socket(fd).fin_out = true;
}

void FakeKernel::close(int fd) noexcept {
  Socket& s = socket(fd);
  PM_CHECK(s.open, "a descriptor is closed once");
  s.open = false;
  s.fin_out = true;
  if (s.watch != nullptr) stale_.push_back(s.watch);
  s.watch = nullptr;
}

void FakeKernel::reset(int fd) noexcept {
  socket(fd).was_reset = true;
  close(fd);
}

}  // namespace pm::test
