// SPDX-License-Identifier: MIT
#include "os/affinity.h"

#include "core/number.h"
#include "core/text.h"
#include "os/fd.h"

#include <algorithm>
#include <vector>

#include <fcntl.h>
#include <sched.h>

namespace pm::os {
namespace {

std::string content_of(const std::string& path) {
  Result<Fd> file = open_file(path, O_RDONLY);
  if (!file) return "";
  Result<std::string> text = read_all(file->number(), 1 << 20);
  return text ? std::move(text).value() : "";
}

std::optional<unsigned> cores_of(std::int64_t quota, std::int64_t period) {
  if (quota <= 0 || period <= 0) return std::nullopt;
  const std::int64_t cores = std::min<std::int64_t>((quota - 1) / period + 1, 4096);
  return static_cast<unsigned>(cores);
}

bool names_controller(std::string_view list, std::string_view controller) {
  bool found = false;
  text::for_each_part(list, ',',
                      [&](std::string_view part) { found = found || part == controller; });
  return found;
}

// Where a hierarchy is mounted and which part of it: a line of mountinfo is
// "id parent dev ROOT MOUNT options ... - TYPE source SUPER".
struct Mount {
  std::string root;
  std::string point;
};

std::optional<Mount> find_mount(const std::string& mountinfo, std::string_view type,
                                std::string_view controller) {
  for (std::string_view line : text::split(mountinfo, '\n')) {
    const std::vector<std::string_view> words = text::split(line, ' ');
    const auto dash = std::find(words.begin(), words.end(), "-");
    if (words.size() < 6 || words.end() - dash < 4 || dash[1] != type) continue;
    if (!controller.empty() && !names_controller(dash[3], controller)) continue;
    return Mount{std::string(words[3]), std::string(words[4])};
  }
  return std::nullopt;
}

// The path of our group: a line of /proc/self/cgroup is "id:controllers:PATH"; version 2 has no controllers.
std::optional<std::string> find_group(const std::string& cgroup, std::string_view controller) {
  for (std::string_view line : text::split(cgroup, '\n')) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool ours =
        controller.empty() ? controllers.empty() : names_controller(controllers, controller);
    if (ours) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// In a container the mount shows only the part below its root.
std::string below_mount(const Mount& mount, std::string path) {
  if (mount.root != "/" && path.starts_with(mount.root)) path.erase(0, mount.root.size());
  if (path.find("/..") != std::string::npos) path.clear();
  return path == "/" ? "" : path;
}

std::optional<unsigned> smaller(std::optional<unsigned> a, std::optional<unsigned> b) {
  if (!a) return b;
  return b ? std::min(*a, *b) : a;
}

// A limit of an ancestor binds as well: the smallest on the way up counts.
template <class F>
std::optional<unsigned> smallest_on_the_way_up(std::string path, F&& limit_at) {
  std::optional<unsigned> cores;
  while (true) {
    cores = smaller(cores, limit_at(path));
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return cores;
    path.erase(slash);
  }
}

std::optional<unsigned> quota_v2(const std::string& root, const std::string& cgroup,
                                 const std::string& mountinfo) {
  const auto mount = find_mount(mountinfo, "cgroup2", "");
  const auto group = find_group(cgroup, "");
  if (!mount || !group) return std::nullopt;
  return smallest_on_the_way_up(below_mount(*mount, *group), [&](const std::string& path) {
    return parse_cpu_max(content_of(root + mount->point + path + "/cpu.max"));
  });
}

std::optional<unsigned> quota_v1(const std::string& root, const std::string& cgroup,
                                 const std::string& mountinfo) {
  const auto mount = find_mount(mountinfo, "cgroup", "cpu");
  const auto group = find_group(cgroup, "cpu");
  if (!mount || !group) return std::nullopt;
  return smallest_on_the_way_up(below_mount(*mount, *group), [&](const std::string& path) {
    const std::string folder = root + mount->point + path;
    const auto quota = parse_i64(text::trim(content_of(folder + "/cpu.cfs_quota_us")));
    const auto period = parse_i64(text::trim(content_of(folder + "/cpu.cfs_period_us")));
    return cores_of(quota.value_or(-1), period.value_or(0));
  });
}

}  // namespace

std::optional<unsigned> parse_cpu_max(std::string_view text) noexcept {
  text = text::trim(text);
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto quota = parse_i64(text.substr(0, space));
  const auto period = parse_i64(text.substr(space + 1));
  return quota && period ? cores_of(*quota, *period) : std::nullopt;
}

std::optional<unsigned> quota_cores(const std::string& root) {
  const std::string cgroup = content_of(root + "/proc/self/cgroup");
  const std::string mountinfo = content_of(root + "/proc/self/mountinfo");
  return smaller(quota_v2(root, cgroup, mountinfo), quota_v1(root, cgroup, mountinfo));
}

unsigned usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // A box with more than 1024 cores does not fit the set: one worker per core of the first 1024 is plenty.
  const int allowed = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  const unsigned cores = static_cast<unsigned>(std::max(allowed, 1));
  return std::max(1u, std::min(cores, quota_cores().value_or(cores)));
}

void pin_to_cores(std::uint64_t mask) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (unsigned core = 0; core < 64; ++core) {
    if ((mask >> core & 1) != 0) CPU_SET(core, &set);
  }
  ::sched_setaffinity(0, sizeof set, &set);
}

void pin_to_nth_usable_core(unsigned index) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) == 0) return;
  unsigned left = index % static_cast<unsigned>(CPU_COUNT(&set));
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &set) || left-- > 0) continue;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ::sched_setaffinity(0, sizeof set, &set);
    return;
  }
}

}  // namespace pm::os
