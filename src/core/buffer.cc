// SPDX-License-Identifier: MIT
#include "core/buffer.h"

#include "core/check.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <sys/uio.h>

namespace pm {
namespace {

void give_back(BytePools& pools, char* data, std::size_t capacity) noexcept {
  if (capacity == pools.small.block_size()) return pools.small.give(data);
  if (capacity == pools.large.block_size()) return pools.large.give(data);
  std::free(data);
}

}  // namespace

ByteBuffer::~ByteBuffer() {
  PM_CHECK(data_ == nullptr, "a buffer is released before it dies");
}

void ByteBuffer::grow(BytePools& pools, std::size_t more) {
  if (room() >= more) return;
  const std::string_view kept = view();
  const std::size_t wanted = kept.size() + more;
  std::size_t capacity = 0;
  char* data = nullptr;
  if (wanted <= pools.small.block_size()) {
    capacity = pools.small.block_size();
    data = static_cast<char*>(pools.small.take());
  } else if (wanted <= pools.large.block_size()) {
    capacity = pools.large.block_size();
    data = static_cast<char*>(pools.large.take());
  } else {
    capacity = std::max<std::size_t>(wanted, kept.size() * 2);
    PM_CHECK(capacity < UINT32_MAX, "a buffer stays below 4 GiB");
    data = static_cast<char*>(std::malloc(capacity));
    PM_CHECK(data != nullptr, "small allocations succeed");
  }
  if (!kept.empty()) std::memcpy(data, kept.data(), kept.size());
  if (data_ != nullptr) give_back(pools, data_, capacity_);
  data_ = data;
  start_ = 0;
  size_ = static_cast<std::uint32_t>(kept.size());
  capacity_ = static_cast<std::uint32_t>(capacity);
}

void ByteBuffer::append(BytePools& pools, std::string_view bytes) {
  if (bytes.empty()) return;
  grow(pools, bytes.size());
  std::memcpy(tail(), bytes.data(), bytes.size());
  commit(bytes.size());
}

void ByteBuffer::release(BytePools& pools) noexcept {
  if (data_ != nullptr) give_back(pools, data_, capacity_);
  data_ = nullptr;
  start_ = size_ = capacity_ = 0;
}

ByteQueue::~ByteQueue() {
  PM_CHECK(first_ == nullptr, "a queue is cleared before it dies");
}

// A large block behind a small one: who queues in small pieces is not served a page at a time.
ByteQueue::Block* ByteQueue::add_block(BytePools& pools, std::size_t wanted) {
  const bool is_small = first_ == nullptr && wanted <= pools.small.block_size() - sizeof(Block);
  BlockPool& pool = is_small ? pools.small : pools.large;
  auto* block = static_cast<Block*>(pool.take());
  block->next = nullptr;
  block->start = block->end = 0;
  block->capacity = static_cast<std::uint32_t>(pool.block_size() - sizeof(Block));
  (last_ != nullptr ? last_->next : first_) = block;
  last_ = block;
  return block;
}

void ByteQueue::give(BytePools& pools, Block* block) noexcept {
  const bool is_small = block->capacity + sizeof(Block) == pools.small.block_size();
  (is_small ? pools.small : pools.large).give(block);
}

void ByteQueue::append(BytePools& pools, std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    const bool is_full = last_ == nullptr || last_->end == last_->capacity;
    Block* const block = is_full ? add_block(pools, bytes.size()) : last_;
    const std::size_t count = std::min<std::size_t>(bytes.size(), block->capacity - block->end);
    std::memcpy(block->bytes() + block->end, bytes.data(), count);
    block->end += static_cast<std::uint32_t>(count);
    bytes.remove_prefix(count);
  }
}

int ByteQueue::front(iovec* pieces, int count) const noexcept {
  int used = 0;
  for (Block* b = first_; b != nullptr && used < count; b = b->next) {
    pieces[used++] = iovec{b->bytes() + b->start, b->end - b->start};
  }
  return used;
}

std::size_t ByteQueue::front(std::span<std::string_view> slices) const noexcept {
  std::size_t used = 0;
  for (Block* b = first_; b != nullptr && used < slices.size(); b = b->next)
    slices[used++] = {b->bytes() + b->start, b->end - b->start};
  return used;
}

void ByteQueue::consume(BytePools& pools, std::size_t count) noexcept {
  PM_CHECK(count <= size_, "no more is consumed than is queued");
  size_ -= count;
  while (count > 0) {
    Block* b = first_;
    const std::size_t here = std::min<std::size_t>(count, b->end - b->start);
    b->start += static_cast<std::uint32_t>(here);
    count -= here;
    if (b->start < b->end) return;
    first_ = b->next;
    if (first_ == nullptr) last_ = nullptr;
    give(pools, b);
  }
}

}  // namespace pm
