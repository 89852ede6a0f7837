// SPDX-License-Identifier: MIT
#include "process/disk_reader.h"

#include "os/fd.h"
#include "os/rights.h"

#include <cerrno>
#include <chrono>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

namespace pm::process {
namespace {

Error plain_error(int error) {
  Error made = os::system_error("", error);
  made.what = os::reason(error);
  return made;
}

}  // namespace

Result<std::string> DiskReader::read(const std::string& path) {
  PM_TRY(config::NamedFile file, read_as(path, std::nullopt));
  return std::move(file.bytes);
}

// Judged by the file that was opened, not by its name: the name may lead elsewhere a moment later.
Result<config::NamedFile> DiskReader::read_as(const std::string& path,
                                              std::optional<std::uint32_t> reader) {
  const os::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.is_open()) return plain_error(errno);
  struct stat info {};
  if (::fstat(file.number(), &info) != 0) return plain_error(errno);
  if (S_ISDIR(info.st_mode)) return Error{Errc::bad_value, "", "is a directory"};
  if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) {
    return Error{Errc::bad_value, "", "is not a plain file"};
  }
  const bool world_writable = S_ISREG(info.st_mode) && (info.st_mode & S_IWOTH) != 0;
  if (trust_ == Trust::not_world_writable && world_writable) {
    return Error{Errc::denied, "", "everybody may write it, so root does not read it; chmod o-w"};
  }
  if (reader && !os::may_read(*reader, file.number())) {
    return Error{Errc::denied, "", "the owner of the document that names it may not read it"};
  }
  PM_TRY(std::string bytes, os::read_all(file.number(), config::max_file_size));
  return config::NamedFile{std::move(bytes), info.st_uid, info.st_mode & 07777};
}

Result<std::vector<std::string>> DiskReader::list(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), ::closedir);
  if (!folder) return plain_error(errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(std::move(name));
  }
  return names;
}

std::optional<config::FileInfo> DiskReader::info(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return std::nullopt;
  config::FileInfo info;
  info.owner = found.st_uid;
  info.modified = std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::seconds(found.st_mtim.tv_sec) +
          std::chrono::nanoseconds(found.st_mtim.tv_nsec)));
  info.kind = config::FileKind::other;
  if (S_ISREG(found.st_mode)) info.kind = config::FileKind::file;
  if (S_ISDIR(found.st_mode)) info.kind = config::FileKind::directory;
  return info;
}

bool DiskReader::is_link(const std::string& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 && S_ISLNK(found.st_mode);
}

}  // namespace pm::process
