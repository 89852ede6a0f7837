// SPDX-License-Identifier: MIT
#include "net/spill.h"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

namespace pm::net {

class SpillFile::Transfer final : public Job {
 public:
  enum class Way : std::uint8_t { in, out };
  Transfer(int fd, std::uint32_t block, Block bytes, std::size_t size, Way way, Done done)
      : fd_(fd),
        at_(static_cast<off_t>(block) * static_cast<off_t>(block_size)),
        bytes_(std::move(bytes)),
        size_(size),
        way_(way),
        done_(std::move(done)) {}

  void work() noexcept override {
    for (std::size_t moved = 0; moved < size_;) {
      const off_t at = at_ + static_cast<off_t>(moved);
      const ssize_t got = way_ == Way::out ? ::pwrite(fd_, bytes_.get() + moved, size_ - moved, at)
                                           : ::pread(fd_, bytes_.get() + moved, size_ - moved, at);
      if (got <= 0) {
        failed_ = true;
        return;
      }
      moved += static_cast<std::size_t>(got);
    }
  }
  void done() noexcept override { done_(failed_ ? nullptr : std::move(bytes_)); }

 private:
  int fd_;
  off_t at_;
  Block bytes_;
  std::size_t size_;
  Way way_;
  Done done_;
  bool failed_ = false;
};

SpillFile::SpillFile(Jobs& jobs, int fd, std::uint64_t most_bytes) noexcept
    : jobs_(&jobs),
      fd_(fd),
      most_blocks_(fd < 0 ? 0
                          : static_cast<std::uint32_t>(
                                std::min<std::uint64_t>(most_bytes / block_size, UINT32_MAX))) {}

SpillFile::~SpillFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::optional<std::uint32_t> SpillFile::borrow() noexcept {
  if (!free_.empty()) {
    const std::uint32_t block = free_.back();
    free_.pop_back();
    return block;
  }
  if (used_ >= most_blocks_) return std::nullopt;
  return used_++;
}

void SpillFile::give_back(std::uint32_t block) noexcept {
  ::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              static_cast<off_t>(block) * static_cast<off_t>(block_size), block_size);
  free_.push_back(block);
}

void SpillFile::write(std::uint32_t block, Block bytes, std::size_t size, Done done) noexcept {
  jobs_->add(std::make_unique<Transfer>(fd_, block, std::move(bytes), size, Transfer::Way::out,
                                        std::move(done)));
}

void SpillFile::read(std::uint32_t block, std::size_t size, Done done) noexcept {
  jobs_->add(std::make_unique<Transfer>(fd_, block, std::make_unique<char[]>(block_size), size,
                                        Transfer::Way::in, std::move(done)));
}

}  // namespace pm::net
