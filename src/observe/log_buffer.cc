// SPDX-License-Identifier: MIT
#include "observe/log_buffer.h"

#include <algorithm>
#include <cstdlib>

namespace pm::observe {
namespace {

constexpr std::size_t first_size = 16 * 1024;
constexpr std::size_t kept_size = 128 * 1024;

}  // namespace

LogBuffer::~LogBuffer() {
  std::free(data_);
}

char* LogBuffer::room(std::size_t size) noexcept {
  return size <= free_size() || grow(size_ + size) ? data_ + size_ : nullptr;
}

bool LogBuffer::grow(std::size_t needed) noexcept {
  if (needed > max_size) return false;
  const std::size_t capacity = std::min(max_size, std::max({first_size, capacity_ * 2, needed}));
  char* data = static_cast<char*>(std::realloc(data_, capacity));
  if (data == nullptr) return false;
  data_ = data;
  capacity_ = capacity;
  return true;
}

void LogBuffer::clear() noexcept {
  size_ = 0;
  lines_ = 0;
  if (capacity_ <= kept_size) return;
  std::free(data_);
  data_ = nullptr;
  capacity_ = 0;
}

}  // namespace pm::observe
