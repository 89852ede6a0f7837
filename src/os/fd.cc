// SPDX-License-Identifier: MIT
#include "os/fd.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pm::os {
namespace {

Errc kind_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return Errc::not_found;
    case EACCES:
    case EPERM: return Errc::denied;
    case EADDRINUSE:
    case EEXIST: return Errc::conflict;
    default: return Errc::io;
  }
}

void close_range_of(unsigned first, unsigned last) noexcept {
  if (first > last) return;
  if (::syscall(SYS_close_range, first, last, 0u) == 0) return;
  // A kernel before 5.9, or a sandbox that does not know the call.
  const long bound = std::min<long>(::sysconf(_SC_OPEN_MAX), 65536);
  for (long fd = first; fd <= static_cast<long>(last) && fd < bound; ++fd) {
    ::close(static_cast<int>(fd));
  }
}

}  // namespace

void Fd::reset(int fd) noexcept {
  const int old = std::exchange(fd_, fd);
  if (old >= 0) ::close(old);
}

std::string reason(int error) {
  std::string words =
      ::strerrordesc_np(error) != nullptr ? ::strerrordesc_np(error) : "unknown error";
  if (words.size() > 1 && words[1] >= 'a') words[0] = text::lower(words[0]);
  return words;
}

Error system_error(std::string_view what, int error) {
  return Error{kind_of(error), "", fmt::format("{}: {}", what, reason(error))};
}

Result<Fd> open_file(const std::string& path, int flags, unsigned mode) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, mode);
  if (fd < 0) return system_error("cannot open " + text::quoted(path), errno);
  return Fd(fd);
}

Result<Fd> duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return system_error("cannot duplicate a descriptor", errno);
  return Fd(copy);
}

Result<std::string> read_all(int fd, std::size_t limit) {
  std::string content;
  char buffer[16384];
  while (true) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count == 0) return content;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("cannot read", errno);
    if (content.size() + static_cast<std::size_t>(count) > limit) {
      return Error{Errc::bad_value, "", fmt::format("larger than {} bytes", limit)};
    }
    content.append(buffer, static_cast<std::size_t>(count));
  }
}

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_error("cannot write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return success();
}

Status replace_file(const std::string& path, std::string_view content, unsigned mode) {
  const std::string fresh = fmt::format("{}.{}.new", path, ::getpid());
  ::unlink(fresh.c_str());
  PM_TRY(Fd file, open_file(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  const Status written = write_all(file.number(), content);
  if (!written || ::rename(fresh.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return written ? system_error("cannot rename to " + text::quoted(path), error) : written;
  }
  return success();
}

Fd unnamed_file(const std::string& folder) noexcept {
  Fd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.is_open() || (errno != EOPNOTSUPP && errno != EISDIR)) return file;
  std::string name = folder + "/pointsman-XXXXXX";  // a file system that knows no such files
  file.reset(::mkostemp(name.data(), O_CLOEXEC));
  if (file.is_open()) ::unlink(name.c_str());
  return file;
}

void close_all_but(std::span<const int> keep) noexcept {
  std::vector<int> kept(keep.begin(), keep.end());
  std::sort(kept.begin(), kept.end());
  unsigned next = 3;
  for (int fd : kept) {
    if (fd < static_cast<int>(next)) continue;
    close_range_of(next, static_cast<unsigned>(fd) - 1);
    next = static_cast<unsigned>(fd) + 1;
  }
  close_range_of(next, ~0u);
}

}  // namespace pm::os
