// SPDX-License-Identifier: MIT
// spill.h -- a file for bodies that are held and too large for memory: blocks of one size, lent and given back.
//
//   in      the descriptor of an unlinked file, made by the master; how large it may grow
//   out     blocks of 64 KiB, read and written by pool threads
//   own     the descriptor; a block is the borrower's until it is given back, and its place in the file is then a hole
//   errors  nothing when the file is full, or there is none
//   source  decision 37
#pragma once

#include "net/jobs.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace pm::net {

class SpillFile {
 public:
  static constexpr std::size_t block_size = 65536;
  using Block = std::unique_ptr<char[]>;
  SpillFile(Jobs& jobs, int fd, std::uint64_t most_bytes) noexcept;
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;

  std::optional<std::uint32_t> borrow() noexcept;
  void give_back(std::uint32_t block) noexcept;
  // `done` is called on the loop, with the bytes when they could be read or written, else with null.
  using Done = std::function<void(Block)>;
  void write(std::uint32_t block, Block bytes, std::size_t size, Done done) noexcept;
  void read(std::uint32_t block, std::size_t size, Done done) noexcept;

 private:
  class Transfer;
  Jobs* jobs_;
  int fd_;
  std::uint32_t most_blocks_;
  std::uint32_t used_ = 0;  // blocks that were ever lent
  std::vector<std::uint32_t> free_;
};

}  // namespace pm::net
