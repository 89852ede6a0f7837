// SPDX-License-Identifier: MIT
#include "core/buffer.h"

#include "core/check.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include <sys/uio.h>

namespace pm {

ByteBuffer::~ByteBuffer() {
  PM_CHECK(block_ == nullptr, "a buffer is released before it dies");
}

ByteBuffer::Block* ByteBuffer::take(BytePools& pools, std::size_t wanted, std::size_t kept) {
  std::size_t size = wanted + sizeof(Block);
  void* memory = nullptr;
  if (size <= pools.small.block_size()) {
    size = pools.small.block_size();
    memory = pools.small.take();
  } else if (size <= pools.large.block_size()) {
    size = pools.large.block_size();
    memory = pools.large.take();
  } else {
    size = std::max<std::size_t>(size, kept * 2);
    PM_CHECK(size < UINT32_MAX, "a buffer stays below 4 GiB");
    memory = std::malloc(size);
    PM_CHECK(memory != nullptr, "small allocations succeed");
  }
  return new (memory) Block{0, 0, static_cast<std::uint32_t>(size - sizeof(Block))};
}

void ByteBuffer::give(BytePools& pools, Block* block) noexcept {
  const std::size_t size = block->capacity + sizeof(Block);
  if (size == pools.small.block_size()) return pools.small.give(block);
  if (size == pools.large.block_size()) return pools.large.give(block);
  std::free(block);
}

void ByteBuffer::grow(BytePools& pools, std::size_t more) {
  if (room() >= more) return;
  const std::string_view kept = view();
  Block* const block = take(pools, kept.size() + more, kept.size());
  if (!kept.empty()) std::memcpy(block->bytes(), kept.data(), kept.size());
  block->end = static_cast<std::uint32_t>(kept.size());
  if (block_ != nullptr) give(pools, block_);
  block_ = block;
}

void ByteBuffer::append(BytePools& pools, std::string_view bytes) {
  if (bytes.empty()) return;
  grow(pools, bytes.size());
  std::memcpy(tail(), bytes.data(), bytes.size());
  commit(bytes.size());
}

void ByteBuffer::release(BytePools& pools) noexcept {
  if (block_ != nullptr) give(pools, block_);
  block_ = nullptr;
}

ByteQueue::~ByteQueue() {
  PM_CHECK(first_ == nullptr, "a queue is cleared before it dies");
}

// A large block behind a small one: who queues in small pieces is not served a page at a time.
ByteQueue::Block* ByteQueue::add_block(BytePools& pools, std::size_t wanted) {
  const bool is_small = first_ == nullptr && wanted <= pools.small.block_size() - sizeof(Block);
  BlockPool& pool = is_small ? pools.small : pools.large;
  const auto capacity = static_cast<std::uint32_t>(pool.block_size() - sizeof(Block));
  auto* const block = new (pool.take()) Block{
      .next = nullptr, .last = nullptr, .size = 0, .start = 0, .end = 0, .capacity = capacity};
  (first_ != nullptr ? first_->last->next : first_) = block;
  first_->last = block;
  return block;
}

void ByteQueue::give(BytePools& pools, Block* block) noexcept {
  const bool is_small = block->capacity + sizeof(Block) == pools.small.block_size();
  (is_small ? pools.small : pools.large).give(block);
}

void ByteQueue::append(BytePools& pools, std::string_view bytes) {
  while (!bytes.empty()) {
    const bool is_full = first_ == nullptr || first_->last->end == first_->last->capacity;
    Block* const block = is_full ? add_block(pools, bytes.size()) : first_->last;
    const std::size_t count = std::min<std::size_t>(bytes.size(), block->capacity - block->end);
    std::memcpy(block->bytes() + block->end, bytes.data(), count);
    block->end += static_cast<std::uint32_t>(count);
    first_->size += count;
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
  PM_CHECK(count <= size(), "no more is consumed than is queued");
  while (count > 0) {
    Block* b = first_;
    const std::size_t here = std::min<std::size_t>(count, b->end - b->start);
    b->start += static_cast<std::uint32_t>(here);
    b->size -= here;
    count -= here;
    if (b->start < b->end) return;
    first_ = b->next;
    if (first_ != nullptr) {
      first_->last = b->last;
      first_->size = b->size;
    }
    give(pools, b);
  }
}

}  // namespace pm
