// SPDX-License-Identifier: MIT
#include "process/log_files.h"

#include "core/text.h"
#include "process/build_paths.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::process {
namespace {

constexpr unsigned log_mode = 0640;
constexpr unsigned folder_mode = 0755;
constexpr std::string_view standard_error = "stderr";

// A link in a folder that tenants may write could lead root's appending anywhere.
bool is_foreign_link(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0 || !S_ISLNK(info.st_mode)) return false;
  return info.st_uid != 0 && info.st_uid != ::geteuid();
}

// Folders above a log are made as they are needed (observability.md section 3.2); open() says what cannot be.
void make_folders_above(const std::string& path) {
  for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
    ::mkdir(path.substr(0, at).c_str(), folder_mode);
  }
}

Result<os::Fd> open_log(const std::string& path) {
  if (path.empty()) return os::duplicate(STDOUT_FILENO);
  if (path == standard_error) return os::duplicate(STDERR_FILENO);
  if (is_foreign_link(path)) {
    return Error{Errc::denied, "", text::quoted(path) + " is a symbolic link of another user"};
  }
  make_folders_above(path);
  // A named pipe without a reader must not stop the start.
  return os::open_file(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, log_mode);
}

}  // namespace

LogFiles::Names LogFiles::names(const runtime::Plan& plan, const std::string& given, Mode mode) {
  Names names;
  names.has_access = plan.access_log != 0;
  names.error = std::string(plan.log.path.view());
  names.access = std::string(plan.access_log_path.view());
  if (names.error.empty()) names.error = given;
  if (mode == Mode::daemon) {
    if (names.error.empty()) names.error = std::string(paths::error_log);
    if (names.access.empty()) names.access = std::string(paths::access_log);
  }
  return names;
}

Status LogFiles::open(Names names) {
  PM_TRY(os::Fd error, open_log(names.error));
  os::Fd access;
  if (names.has_access) {
    PM_TRY(access, open_log(names.access));
  }
  error_ = std::move(error);
  access_ = std::move(access);
  names_ = std::move(names);
  return success();
}

}  // namespace pm::process
