// SPDX-License-Identifier: MIT
#include "process/agent_socket.h"

#include "os/local_socket.h"

#include <cerrno>
#include <cstdlib>

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::process {
namespace {

constexpr std::string_view prefix = "pointsman-";
constexpr std::size_t suffix = 6;  // of mkdtemp
constexpr std::string_view name = "/agent.sock";

// Every folder on the way lets anybody pass: cheap to ask, and true of those that are meant for such things.
bool may_be_reached(const std::string& folder, const os::Identity* owner) {
  if (owner == nullptr) return true;
  for (std::size_t end = 1; end != std::string::npos;) {
    end = folder.find('/', end + 1);
    struct stat facts {};
    if (::stat(folder.substr(0, end).c_str(), &facts) != 0) return false;
    const bool is_own = facts.st_uid == owner->uid && (facts.st_mode & S_IXUSR) != 0;
    if (!is_own && (facts.st_mode & S_IXOTH) == 0) return false;
  }
  return true;
}

void remove_socket(const std::string& path) noexcept {
  ::unlink(path.c_str());
  ::rmdir(path.substr(0, path.rfind('/')).c_str());
}

// What is ours, and nobody listens in it any more.
void sweep(const std::string& folder, const os::Identity* owner) {
  DIR* open = ::opendir(folder.c_str());
  if (open == nullptr) return;
  const uid_t uid = owner != nullptr ? owner->uid : ::geteuid();
  while (const dirent* entry = ::readdir(open)) {
    const std::string_view found = entry->d_name;
    if (!found.starts_with(prefix) || found.size() != prefix.size() + suffix) continue;
    std::string path = folder;
    path.append("/").append(found);
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode) || facts.st_uid != uid)
      continue;
    path += name;
    if (os::is_abandoned(path)) remove_socket(path);
  }
  ::closedir(open);
}

}  // namespace

Result<AgentSocket> AgentSocket::open_in(const std::string& folder, const os::Identity* owner) {
  if (!may_be_reached(folder, owner))
    return Error{Errc::denied, folder, "not everybody may pass through this folder"};
  sweep(folder, owner);
  std::string own = folder;
  own.append("/").append(prefix).append(suffix, 'X');
  if (::mkdtemp(own.data()) == nullptr) return os::system_error(folder, errno);
  AgentSocket made({}, own.append(name));
  PM_TRY(made.fd_, os::listen_local(made.path_));
  ::chmod(made.path_.c_str(), 0600);
  if (owner == nullptr) return made;
  // The socket first: the folder is still closed to its new owner then.
  const std::string around = made.path_.substr(0, made.path_.rfind('/'));
  if (::chown(made.path_.c_str(), owner->uid, owner->gid) != 0 ||
      ::chown(around.c_str(), owner->uid, owner->gid) != 0)
    return os::system_error(made.path_, errno);
  return made;
}

Result<AgentSocket> AgentSocket::open(const Wish& wish) {
  Error last{Errc::not_found, "", "there is no folder for it"};
  for (const std::string& folder : wish.folders) {
    if (folder.empty()) continue;
    Result<AgentSocket> made = open_in(folder, wish.owner);
    if (made) return made;
    last = made.error();
  }
  return last;
}

AgentSocket AgentSocket::adopt(os::Fd fd, std::string path) {
  return {std::move(fd), std::move(path)};
}

bool AgentSocket::is_for(const os::Identity* owner) const noexcept {
  struct stat facts {};
  return !path_.empty() && ::stat(path_.c_str(), &facts) == 0 &&
         facts.st_uid == (owner != nullptr ? owner->uid : ::geteuid());
}

void AgentSocket::remove() noexcept {
  if (!path_.empty()) remove_socket(path_);
}

}  // namespace pm::process
