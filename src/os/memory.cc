// SPDX-License-Identifier: MIT
#include "os/memory.h"

#include <cerrno>
#include <ctime>
#include <new>

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pm::os {
namespace {
constexpr int all_seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
}

Mapping::~Mapping() {
  if (data_ != nullptr) ::munmap(const_cast<void*>(data_), size_);
}

Pages::Pages(std::size_t size) noexcept : size_(size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  PM_CHECK(memory != MAP_FAILED, "a process gets its buffers when it starts");
  data_ = static_cast<char*>(memory);
}

Pages::~Pages() {
  ::munmap(data_, size_);
}

Result<Fd> make_memory(const char* name) {
  const int fd = ::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return system_error("cannot make an anonymous file", errno);
  return Fd(fd);
}

Status seal(int fd) {
  if (::fcntl(fd, F_ADD_SEALS, all_seals) != 0) return system_error("cannot seal", errno);
  return success();
}

Result<Mapping> map_sealed(int fd, std::size_t limit) {
  if (::fcntl(fd, F_GET_SEALS) != all_seals) return Error{Errc::bad_value, "", "not sealed"};
  struct stat info {};
  if (::fstat(fd, &info) != 0) return system_error("cannot look at an anonymous file", errno);
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0 || size > limit) return Error{Errc::bad_value, "", "of an impossible size"};

  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) return system_error("cannot map", errno);
  ::madvise(data, size, MADV_DONTDUMP);
  return Mapping(data, size);
}

void keep_heap_small() noexcept {
  ::mallopt(M_ARENA_MAX, 1);
}

void wait_for_memory() noexcept {
  std::set_new_handler([]() noexcept {
    constexpr std::string_view line = "pointsman: no memory is left; trying again in a second\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    const timespec second{1, 0};
    ::nanosleep(&second, nullptr);
  });
}

void end_without_memory() noexcept {
  std::set_new_handler(nullptr);
}

void give_back_free_memory() noexcept {
  ::malloc_trim(0);
}

}  // namespace pm::os
