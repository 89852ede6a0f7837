// SPDX-License-Identifier: MIT
// pid_file.h -- the file that says which process is the master, and how to tell a stale one.
//
//   shape   the pid and "\n"; beside it "<path>.status", one line "SERIAL ACTION ok|failed [REASON]\n" about the last action
//   own     a PidFile removes its file when it goes, if the file still names this process
//   errors  a living process under that pid that started before the file was written: already running
//   source  operations.md section 3, decision 19
#pragma once

#include "core/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace pm::process {

inline constexpr const char* old_pid_suffix =
    ".oldbin";  // of the program before, during an upgrade

std::optional<pid_t> parse_pid(
    std::string_view text) noexcept;  // a positive number and nothing but a line end
// The process that wrote the file, when it is still there.
std::optional<pid_t> running_pid(const std::string& path);

struct ActionStatus {
  std::uint64_t serial = 0;
  std::string action;  // "reopen"
  bool ok = true;
  std::string reason;
};
std::string format_status(const ActionStatus& status);
std::optional<ActionStatus> parse_status(std::string_view line);
std::optional<ActionStatus> read_status(const std::string& pid_path);

class PidFile {
 public:
  PidFile() = default;
  PidFile(PidFile&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  PidFile& operator=(PidFile&& other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  ~PidFile() { remove(); }
  static Result<PidFile> write(const std::string& path);

  bool is_written() const noexcept { return !path_.empty(); }
  const std::string& path() const noexcept { return path_; }  // "": none
  Status rename(const std::string& path);
  // Beside `path`, where command lines look, whatever this file is called by now.
  void write_status(const std::string& path, const ActionStatus& status) const;
  void remove() noexcept;

 private:
  explicit PidFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace pm::process
