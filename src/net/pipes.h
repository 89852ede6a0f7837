// SPDX-License-Identifier: MIT
// pipes.h -- the pipes of a worker: through one of them the kernel moves bytes from socket to socket and copies nothing.
//
//   in      how many, and how large; the place to make them is a process that may still be root
//   out     pipes, lent while bytes are in them and given back empty
//   own     the descriptors; whoever borrows a Pipe gives it back before the pool ends
//   errors  none: there are as many as the kernel grants, maybe none, and what finds no pipe is copied
//   cost    two descriptors a pipe; while it is empty no memory to speak of
//   source  decision 47; pipe(7), /proc/sys/fs/pipe-user-pages-soft; performance-notes.md section 2.3
#pragma once

#include "os/fd.h"

#include <cstddef>
#include <span>
#include <vector>

namespace pm::net {

struct Pipe {
  os::Fd reading;  // the end that bytes come out of
  os::Fd writing;  // the end that they go into
  std::size_t size =
      0;  // bytes that it holds when they come in whole pages; of small pieces it holds fewer
};

class Pipes {
 public:
  struct Wish {
    std::size_t count = 64;
    std::size_t size = 262144;
    // Past the quota of its user a new pipe holds a page or two: copying is cheaper than that.
    std::size_t least_size = 65536;
  };
  Pipes() noexcept = default;  // none
  // None either where splice() is not to be had.
  static Pipes make(const Wish& wish) noexcept;

  Pipe* take() noexcept;  // an empty one; null: all are in use
  void give(Pipe* pipe) noexcept { free_.push_back(pipe); }
  std::size_t count() const noexcept { return pipes_.size(); }
  std::size_t lent() const noexcept { return pipes_.size() - free_.size(); }
  std::span<const Pipe> all() const noexcept { return pipes_; }

 private:
  std::vector<Pipe> pipes_;
  std::vector<Pipe*> free_;  // the one used last is the next: its pages are warm
};

}  // namespace pm::net
