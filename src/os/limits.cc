// SPDX-License-Identifier: MIT
#include "os/limits.h"

#include "core/number.h"
#include "core/text.h"
#include "os/fd.h"

#include <algorithm>

#include <fcntl.h>
#include <sys/resource.h>

namespace pm::os {

std::uint64_t raise_open_files(std::uint64_t wanted, std::uint64_t useful) noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (wanted == 0) wanted = std::max<std::uint64_t>(limit.rlim_max, useful);
  // Only root may go over the hard limit; anybody else takes what there is.
  const rlimit raised{wanted, std::max<rlim_t>(wanted, limit.rlim_max)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) {
    limit.rlim_cur = std::min<rlim_t>(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::uint64_t open_files() noexcept {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

void limit_processor_time(unsigned seconds) noexcept {
  const rlimit limit{seconds, seconds + 1};
  ::setrlimit(RLIMIT_CPU, &limit);
}

void limit_address_space([[maybe_unused]] std::uint64_t bytes) noexcept {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_AS, &limit);
#endif
}

void set_priority(int nice) noexcept {
  if (nice != 0) ::setpriority(PRIO_PROCESS, 0, nice);
}

std::uint64_t accept_queue_bound() noexcept {
  Result<Fd> file = open_file("/proc/sys/net/core/somaxconn", O_RDONLY);
  if (!file) return 128;
  Result<std::string> text = read_all(file->number(), 64);
  return text ? parse_u64(text::trim(*text)).value_or(128) : 128;
}

}  // namespace pm::os
