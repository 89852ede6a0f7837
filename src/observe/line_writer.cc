// SPDX-License-Identifier: MIT
#include "observe/line_writer.h"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::observe {
namespace {

constexpr int patience_ms =
    100;  // how long a full pipe is waited for before may_wait is asked again

}  // namespace

void LineWriter::use(int fd) noexcept {
  struct stat info {};
  fd_ = fd;
  is_file_ = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  is_torn_ = false;
}

void LineWriter::close() noexcept {
  if (fd_ > STDERR_FILENO) ::close(fd_);
  fd_ = -1;
}

// A write of at most PIPE_BUF bytes to a pipe that poll() calls writable neither blocks nor is cut.
std::string_view LineWriter::piece_of(std::string_view lines) const noexcept {
  if (is_file_ || lines.size() <= PIPE_BUF) return lines;
  const std::size_t end = lines.rfind('\n', PIPE_BUF - 1);
  return lines.substr(0, end == std::string_view::npos ? std::size_t{PIPE_BUF} : end + 1);
}

bool LineWriter::has_room(MayWait may_wait, void* context) const noexcept {
  if (is_file_) return true;
  while (true) {
    pollfd wanted{fd_, POLLOUT, 0};
    const int ready = poll(&wanted, 1, patience_ms);
    if (ready > 0) return true;  // or an error, which write() tells
    if (ready < 0 && errno != EINTR) return false;
    if (!may_wait(context)) return false;
  }
}

// Cuts off what was written.
bool LineWriter::write_all(std::string_view& lines, MayWait may_wait, void* context) noexcept {
  while (!lines.empty()) {
    if (!has_room(may_wait, context)) return false;
    const std::string_view piece = piece_of(lines);
    const ssize_t written = ::write(fd_, piece.data(), piece.size());
    if (written < 0 && (errno == EINTR || (errno == EAGAIN && !is_file_))) continue;
    if (written <= 0) return false;
    lines.remove_prefix(static_cast<std::size_t>(written));
    is_torn_ = piece[static_cast<std::size_t>(written) - 1] != '\n';
  }
  return true;
}

std::uint64_t LineWriter::write(std::string_view lines, MayWait may_wait, void* context) noexcept {
  std::string_view end = "\n";
  if ((!is_torn_ || write_all(end, may_wait, context)) && write_all(lines, may_wait, context))
    return 0;
  return static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

}  // namespace pm::observe
