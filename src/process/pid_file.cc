// SPDX-License-Identifier: MIT
#include "process/pid_file.h"

#include "core/number.h"
#include "core/text.h"
#include "os/fd.h"
#include "os/inspect.h"

#include <fmt/format.h>

#include <ctime>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::process {
namespace {

constexpr std::string_view status_suffix = ".status";
constexpr std::size_t max_line = 4096;

std::string content_of(const std::string& path) {
  Result<os::Fd> file = os::open_file(path, O_RDONLY | O_NONBLOCK);
  if (!file) return "";
  Result<std::string> text = os::read_all(file->number(), max_line);
  return text ? std::move(text).value() : "";
}

// A pid is used again after a crash or a boot: then its process is younger than the file. A second of slack, since
// both clocks are rounded.
bool started_after(pid_t pid, const timespec& written) {
  const auto ticks = os::start_time(pid);
  timespec since_boot{};
  timespec now{};
  if (!ticks || ::clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0) return false;
  ::clock_gettime(CLOCK_REALTIME, &now);
  const auto per_second = static_cast<std::int64_t>(::sysconf(_SC_CLK_TCK));
  const std::int64_t age = since_boot.tv_sec - static_cast<std::int64_t>(*ticks) / per_second;
  return now.tv_sec - age > written.tv_sec + 1;
}

}  // namespace

std::optional<pid_t> parse_pid(std::string_view text) noexcept {
  const auto number = parse_u64(text::trim(text));
  if (!number || *number == 0 || *number > INT32_MAX) return std::nullopt;
  return static_cast<pid_t>(*number);
}

std::optional<pid_t> running_pid(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  const auto pid = parse_pid(content_of(path));
  if (!pid || *pid == ::getpid()) return std::nullopt;
  if (!os::is_alive(*pid)) return std::nullopt;
  if (started_after(*pid, info.st_mtim)) return std::nullopt;
  return pid;
}

std::string format_status(const ActionStatus& status) {
  return fmt::format("{} {} {}{}{}\n", status.serial, status.action, status.ok ? "ok" : "failed",
                     status.reason.empty() ? "" : " ", text::replace_all(status.reason, "\n", " "));
}

std::optional<ActionStatus> parse_status(std::string_view line) {
  const auto words = text::split(text::trim(line), ' ');
  if (words.size() < 3) return std::nullopt;
  const auto serial = parse_u64(words[0]);
  if (!serial || (words[2] != "ok" && words[2] != "failed")) return std::nullopt;
  ActionStatus status{*serial, std::string(words[1]), words[2] == "ok", ""};
  if (words.size() > 3)
    status.reason = std::string(text::trim(line).substr(
        static_cast<std::size_t>(words[3].data() - text::trim(line).data())));
  return status;
}

std::optional<ActionStatus> read_status(const std::string& pid_path) {
  return parse_status(content_of(pid_path + std::string(status_suffix)));
}

Result<PidFile> PidFile::write(const std::string& path) {
  PM_TRY([[maybe_unused]] auto written,
         os::replace_file(path, fmt::format("{}\n", ::getpid()), 0644));
  return PidFile(path);
}

Status PidFile::rename(const std::string& path) {
  if (path_.empty() || path == path_) return success();
  if (::rename(path_.c_str(), path.c_str()) != 0)
    return os::system_error(text::quoted(path), errno);
  path_ = path;
  return success();
}

void PidFile::write_status(const std::string& path, const ActionStatus& status) const {
  if (path_.empty()) return;
  // Nobody but a waiting command line reads it: a full disk is not worth more than its time-out.
  [[maybe_unused]] const Status ignored =
      os::replace_file(path + std::string(status_suffix), format_status(status), 0644);
}

void PidFile::remove() noexcept {
  if (path_.empty()) return;
  if (parse_pid(content_of(path_)) == ::getpid()) {
    ::unlink(path_.c_str());
    ::unlink((path_ + std::string(status_suffix)).c_str());
  }
  path_.clear();
}

}  // namespace pm::process
