// SPDX-License-Identifier: MIT
#include "core/arena.h"

#include "core/check.h"

#include <cstdlib>
#include <cstring>

namespace pm {
namespace {

void* must_allocate(std::size_t size) {
  void* memory = std::malloc(size);
  PM_CHECK(memory != nullptr, "small allocations succeed");
  return memory;
}

}  // namespace

BlockPool::~BlockPool() {
  trim();
}

void* BlockPool::take() {
  ++lent_;
  if (free_ == nullptr) return must_allocate(block_size_);
  Free* block = free_;
  free_ = block->next;
  --listed_;
  return block;
}

void BlockPool::give(void* block) noexcept {
  PM_CHECK(lent_ > 0, "a pool takes back only what it lent");
  --lent_;
  if (listed_ >= keep_) {
    std::free(block);
    return;
  }
  free_ = new (block) Free{free_};
  ++listed_;
}

void BlockPool::trim() noexcept {
  while (free_ != nullptr) {
    Free* next = free_->next;
    std::free(free_);
    free_ = next;
  }
  listed_ = 0;
}

void* Arena::allocate_slow(std::size_t size, std::size_t alignment) {
  constexpr std::size_t header =
      (sizeof(Block) + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);
  const std::size_t room = pool_->block_size() - header;
  // A large piece has a block of its own; the open block stays open.
  if (size + alignment > room / 2) {
    auto* block = new (must_allocate(header + size)) Block{blocks_, false};
    blocks_ = block;
    held_ += header + size;
    return reinterpret_cast<char*>(block) + header;
  }
  auto* block = new (pool_->take()) Block{blocks_, true};
  blocks_ = block;
  held_ += pool_->block_size();
  next_ = reinterpret_cast<std::uintptr_t>(block) + header;
  end_ = reinterpret_cast<std::uintptr_t>(block) + pool_->block_size();
  return allocate(size, alignment);
}

void Arena::on_clear(void (*run)(void*) noexcept, void* object) {
  cleanups_ = new (allocate(sizeof(Cleanup), alignof(Cleanup))) Cleanup{cleanups_, run, object};
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* to = static_cast<char*>(allocate(text.size(), 1));
  std::memcpy(to, text.data(), text.size());
  return {to, text.size()};
}

std::string_view Arena::join(std::string_view a, std::string_view b, std::string_view c) {
  const std::size_t size = a.size() + b.size() + c.size();
  if (size == 0) return {};
  char* to = static_cast<char*>(allocate(size, 1));
  char* at = to;
  for (std::string_view part : {a, b, c}) {
    if (!part.empty()) std::memcpy(at, part.data(), part.size());
    at += part.size();
  }
  return {to, size};
}

void Arena::clear() noexcept {
  for (Cleanup* c = cleanups_; c != nullptr; c = c->next)
    c->run(c->object);
  cleanups_ = nullptr;
  while (blocks_ != nullptr) {
    Block* next = blocks_->next;
    if (blocks_->pooled) {
      pool_->give(blocks_);
    } else {
      std::free(blocks_);
    }
    blocks_ = next;
  }
  next_ = end_ = 0;
  held_ = 0;
}

}  // namespace pm
