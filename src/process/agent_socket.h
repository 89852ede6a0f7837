// SPDX-License-Identifier: MIT
// agent_socket.h -- where workers find the agent: a listening unix socket, made and kept by the master.
//
//   in      folders in order of preference; whom the socket is for when that is not ourselves
//   out     its path for workers, its descriptor for the agent. It listens for as long as the master lives, so that what a
//           dead agent has left in the queue waits for the next one
//   own     a folder of its own of mode 0700, "pointsman-XXXXXX", and the socket in it; both go with the object. Those that
//           killed masters have left behind are taken away when a new one is made
//   errors  no folder can be had, or none that the socket's owner could reach
//   source  decision 26
#pragma once

#include "os/fd.h"
#include "os/user.h"

#include <string>
#include <utility>
#include <vector>

namespace pm::process {

class AgentSocket {
 public:
  AgentSocket() = default;
  AgentSocket(AgentSocket&& other) noexcept
      : fd_(std::move(other.fd_)), path_(std::exchange(other.path_, {})) {}
  AgentSocket& operator=(AgentSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    path_.swap(other.path_);
    return *this;
  }
  ~AgentSocket() { remove(); }

  struct Wish {
    std::vector<std::string> folders;     // "" are passed over
    const os::Identity* owner = nullptr;  // null: this process
  };
  static Result<AgentSocket> open(const Wish& wish);
  // The one of the program before this one.
  static AgentSocket adopt(os::Fd fd, std::string path);
  void leave() noexcept { path_.clear(); }  // somebody else has adopted it

  const std::string& path() const noexcept { return path_; }  // "": there is none
  int number() const noexcept { return fd_.number(); }
  bool is_for(const os::Identity* owner) const noexcept;  // there, and of that owner

 private:
  AgentSocket(os::Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  static Result<AgentSocket> open_in(const std::string& folder, const os::Identity* owner);
  void remove() noexcept;

  os::Fd fd_;
  std::string path_;
};

}  // namespace pm::process
