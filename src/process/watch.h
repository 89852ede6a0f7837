// SPDX-License-Identifier: MIT
// watch.h -- the files that a configuration was read from: when it is worth reading them again.
//
//   in      paths of files and folders; inotify tells of the folders that they lie in
//   out     is_due(): something has changed, and whoever writes it has come to an end, or to a rest
//   shape   a file may come by rename, be written in place, or stand behind symbolic links of which any may be exchanged
//           (a mounted volume of Kubernetes), so every folder on the way is watched, by names
//   own     the inotify descriptor
//   errors  a folder that cannot be watched is left out: what() says so; the kernel's queue overflows: taken as a change
//   cost    two or three watches a file; nothing while nothing changes
//   source  static-config.md section 5, decision 8; inotify(7)
#pragma once

#include "os/fd.h"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pm::process {

class Watch {
 public:
  using Clock = std::chrono::steady_clock;
  using WallClock = std::chrono::system_clock;

  // Watches these and nothing else from now on. What has changed since they were read, before anybody watched, is due.
  // Sentences for the log, about what cannot be watched.
  std::vector<std::string> set(const std::vector<std::string>& paths, WallClock::time_point read);
  int number() const noexcept { return inotify_.number(); }  // -1: nothing is watched
  void read(Clock::time_point now);
  // When to load: none while nothing has changed. `last_load` and `throttle`: not sooner than that after it.
  std::optional<Clock::time_point> due(Clock::time_point last_load,
                                       std::chrono::milliseconds throttle) const noexcept;
  void look_again(Clock::time_point at) noexcept;
  void loaded() noexcept { due_.reset(); }  // what comes from now on is news

 private:
  struct Folder {
    bool takes_all = false;       // a folder of documents
    std::set<std::string> names;  // of entries
  };
  void add_path(const std::string& path);
  void add_stations(const std::string& folder);
  static bool has_changed(const std::string& path, WallClock::time_point since);
  void add_folder(const std::string& path, bool takes_all, const std::string& name);
  void note(Clock::time_point at) noexcept;

  os::Fd inotify_;
  std::map<int, Folder> folders_;  // by watch descriptor
  std::vector<std::string>
      stations_;  // every name that is watched: links, files, entries of folders
  std::vector<std::string> complaints_;
  std::optional<Clock::time_point> due_;
  Clock::time_point latest_;  // of due_, however much is written
};

}  // namespace pm::process
