// SPDX-License-Identifier: MIT
#include "process/watch.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>
#include <utility>

#include <dirent.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::process {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds rest_of_writer{100};         // in place, and then silence
constexpr milliseconds patience_with_writer{2000};  // that holds its file open
constexpr milliseconds longest_delay{10000};
constexpr std::uint32_t events = IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_DELETE |
                                 IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF |
                                 IN_MOVE_SELF | IN_ONLYDIR;
constexpr int most_links = 16;

// In a folder of documents: a document, or one of the links by which a mounted volume changes ("..data").
bool may_matter(std::string_view name) {
  const std::string lower = text::to_lower(name);
  return lower.ends_with(".yaml") || lower.ends_with(".yml") || lower.starts_with("..");
}

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Where a symbolic link leads; "" when it is none.
std::string target_of(const std::string& path) {
  std::array<char, PATH_MAX> text;
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  if (size <= 0) return {};
  const std::string to(text.data(), static_cast<std::size_t>(size));
  return to.starts_with('/') ? to : folder_of(path) + "/" + to;
}

}  // namespace

std::vector<std::string> Watch::set(const std::vector<std::string>& paths,
                                    WallClock::time_point read) {
  const std::map<int, Folder> before = std::exchange(folders_, {});
  complaints_.clear();
  stations_.clear();
  if (paths.empty()) {
    inotify_.reset();
    return {};
  }
  if (!inotify_.is_open()) inotify_ = os::Fd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify_.is_open()) {
    return {fmt::format("files cannot be watched: {}; reload by signal", os::reason(errno))};
  }
  for (const std::string& path : paths)
    add_path(path);
  for (const auto& [watch, folder] : before) {
    if (folders_.count(watch) == 0) ::inotify_rm_watch(inotify_.number(), watch);
  }
  const bool is_new = std::any_of(folders_.begin(), folders_.end(), [&before](const auto& entry) {
    return before.count(entry.first) == 0;
  });
  const auto has_news = [read](const std::string& path) {
    return has_changed(path, read);
  };
  if (is_new && std::any_of(stations_.begin(), stations_.end(), has_news))
    note(Clock::now() + rest_of_writer);
  return std::move(complaints_);
}

// A moment is left for the kernel's coarse clock.
bool Watch::has_changed(const std::string& path, WallClock::time_point since) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return false;
  const auto changed = WallClock::time_point(std::chrono::duration_cast<WallClock::duration>(
      std::chrono::seconds(info.st_ctim.tv_sec) + std::chrono::nanoseconds(info.st_ctim.tv_nsec)));
  return changed + milliseconds(20) >= since;
}

// Every entry of a folder of documents counts.
void Watch::add_stations(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> opened(::opendir(folder.c_str()), ::closedir);
  while (const dirent* entry = opened ? ::readdir(opened.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") stations_.push_back(folder + "/" + entry->d_name);
  }
}

// The path itself, and what each symbolic link on the way to it stands on.
void Watch::add_path(const std::string& path) {
  if (is_folder(path)) {
    add_folder(path, true, "");
    add_stations(path);
  }
  std::string whole = path;
  for (int links = 0; links < most_links; ++links) {
    // The first component that is a link decides; without one the path is as good as it can be.
    std::string next;
    for (std::size_t end = whole.find('/', 1);; end = whole.find('/', end + 1)) {
      const std::string part = whole.substr(0, end);
      const std::string to = target_of(part);
      if (!to.empty()) {
        add_folder(folder_of(part), false, name_of(part));
        next = to + (end == std::string::npos ? "" : whole.substr(end));
        break;
      }
      if (end == std::string::npos) break;
    }
    if (next.empty()) break;
    whole = next;
  }
  add_folder(folder_of(whole), false, name_of(whole));
}

void Watch::add_folder(const std::string& path, bool takes_all, const std::string& name) {
  const int watch = ::inotify_add_watch(inotify_.number(), path.c_str(), events);
  if (watch < 0) {
    complaints_.push_back(
        fmt::format("{} cannot be watched: {}; reload by signal", path, os::reason(errno)));
    return;
  }
  Folder& folder = folders_[watch];
  folder.takes_all = folder.takes_all || takes_all;
  if (name.empty()) return;
  folder.names.insert(name);
  stations_.push_back(path + "/" + name);
}

// A later event moves the moment: whoever writes has not come to an end. One who never does is not waited for.
void Watch::note(Clock::time_point at) noexcept {
  if (!due_) latest_ = at + longest_delay;
  due_ = std::min(at, latest_);
}

void Watch::look_again(Clock::time_point at) noexcept {
  if (!due_) due_ = at;
}

void Watch::read(Clock::time_point now) {
  alignas(inotify_event) std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t size = ::read(inotify_.number(), buffer.data(), buffer.size());
    if (size <= 0) return;
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      inotify_event event;
      std::memcpy(&event, at, sizeof event);
      const std::string_view name = event.len > 0 ? at + sizeof event : "";
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        note(now + rest_of_writer);
        continue;
      }
      const auto folder = folders_.find(event.wd);
      if (folder == folders_.end()) continue;
      const bool concerns_it = (event.mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0;
      const bool is_document =
          folder->second.takes_all && ((event.mask & IN_ISDIR) != 0 || may_matter(name));
      if (!is_document && !concerns_it && folder->second.names.count(std::string(name)) == 0)
        continue;
      // What was renamed is whole at once. What is being written is whole when it is closed, or not touched any more.
      if ((event.mask & (IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)) != 0) {
        note(now);
      } else if ((event.mask & IN_MODIFY) != 0) {
        note(now + patience_with_writer);
      } else {
        note(now + rest_of_writer);
      }
    }
  }
}

std::optional<Watch::Clock::time_point> Watch::due(Clock::time_point last_load,
                                                   milliseconds throttle) const noexcept {
  if (!due_) return std::nullopt;
  return std::max(*due_, last_load + throttle);
}

}  // namespace pm::process
