// SPDX-License-Identifier: MIT
#include "os/usage.h"

#include "core/text.h"

#include <ctime>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace pm::os {
namespace {

std::uint64_t limit_of(int resource) noexcept {
  rlimit limit{};
  return ::getrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0 ? limit.rlim_cur : 0;
}

// The number that `text` begins with, which is taken off it with the blank behind.
std::uint64_t take_number(std::string_view& text) noexcept {
  std::uint64_t value = 0;
  while (!text.empty() && text::is_digit(text[0])) {
    value = value * 10 + static_cast<std::uint64_t>(text[0] - '0');
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return value;
}

}  // namespace

std::uint64_t open_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  std::uint64_t count = 0;
  while (const dirent* entry = ::readdir(folder))
    count += text::is_digit(entry->d_name[0]) ? 1 : 0;
  ::closedir(folder);
  return count == 0 ? 0 : count - 1;  // but the folder's own
}

std::uint64_t address_space_limit() {
  return limit_of(RLIMIT_AS);
}

UsageReader::UsageReader()
    : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)),
      descriptors_(open_descriptors()),
      most_(limit_of(RLIMIT_NOFILE)) {}

Usage UsageReader::read() const noexcept {
  Usage usage;
  timespec time{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0)
    usage.cpu_ns = static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                   static_cast<std::uint64_t>(time.tv_nsec);
  char room[128];
  const ssize_t size = statm_.is_open() ? ::pread(statm_.number(), room, sizeof room, 0) : -1;
  if (size <= 0) return usage;
  std::string_view text(room, static_cast<std::size_t>(size));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  usage.addresses = take_number(text) * page;
  usage.memory = take_number(text) * page;
  return usage;
}

}  // namespace pm::os
