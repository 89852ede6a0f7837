// SPDX-License-Identifier: MIT
#include "os/rights.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <string>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::os {
namespace {

std::vector<gid_t> groups_of(std::uint32_t uid) {
  std::vector<char> buffer(16384);
  passwd record{};
  passwd* found = nullptr;
  ::getpwuid_r(uid, &record, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return {};
  std::vector<gid_t> groups(64);
  int count = static_cast<int>(groups.size());
  if (::getgrouplist(found->pw_name, found->pw_gid, groups.data(), &count) < 0)
    return {found->pw_gid};
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

// `bit` as for others: 4 to read, 1 to search. The first class that fits decides, as in the kernel.
bool has_right(std::uint32_t uid, const std::vector<gid_t>& groups, const struct stat& info,
               unsigned bit) {
  if (info.st_uid == uid) return (info.st_mode & (bit << 6)) != 0;
  if (std::find(groups.begin(), groups.end(), info.st_gid) != groups.end())
    return (info.st_mode & (bit << 3)) != 0;
  return (info.st_mode & bit) != 0;
}

}  // namespace

bool may_read(std::uint32_t uid, int fd) noexcept {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return false;
  const std::vector<gid_t> groups = groups_of(uid);
  if (!has_right(uid, groups, info, 4)) return false;
  if (S_ISFIFO(info.st_mode)) return true;
  char path[PATH_MAX];
  const ssize_t size = ::readlink(fmt::format("/proc/self/fd/{}", fd).c_str(), path, sizeof path);
  if (size <= 0 || size == sizeof path || path[0] != '/') return false;
  std::string folder(path, static_cast<std::size_t>(size));
  while (folder.size() > 1) {
    folder.resize(std::max<std::size_t>(folder.rfind('/'), 1));
    if (::stat(folder.c_str(), &info) != 0 || !has_right(uid, groups, info, 1)) return false;
  }
  return true;
}

}  // namespace pm::os
