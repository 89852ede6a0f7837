// SPDX-License-Identifier: MIT
#include "h2/memory.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace pm::h2 {

LibraryMemory::LibraryMemory() noexcept
    : calls_{.mem_user_data = this,
             .malloc = on_malloc,
             .free = on_free,
             .calloc = on_calloc,
             .realloc = on_realloc} {}

// A piece of step n has n + 1 times 16 bytes.
void* LibraryMemory::take(std::size_t size) noexcept {
  const std::size_t step = size == 0 ? 0 : (size - 1) / step_size;
  const std::size_t held = step < steps ? (step + 1) * step_size : size;
  Head* head = nullptr;
  if (step < steps && lists_[step] != nullptr) {
    head = lists_[step];
    lists_[step] = head->next;
    listed_ -= held;
  } else {
    if (held > SIZE_MAX - sizeof(Head)) return nullptr;
    head = static_cast<Head*>(std::malloc(sizeof(Head) + held));
    if (head == nullptr) return nullptr;
  }
  head->step = step;
  ++lent_;
  return head + 1;
}

void LibraryMemory::give(void* piece) noexcept {
  if (piece == nullptr) return;
  --lent_;
  Head* const head = static_cast<Head*>(piece) - 1;
  const std::size_t step = head->step;
  if (step >= steps || listed_ >= most_listed) return std::free(head);
  head->next = lists_[step];
  lists_[step] = head;
  listed_ += (step + 1) * step_size;
}

void LibraryMemory::trim() noexcept {
  for (Head*& list : lists_) {
    while (list != nullptr) {
      Head* const next = list->next;
      std::free(list);
      list = next;
    }
  }
  listed_ = 0;
}

void* LibraryMemory::on_malloc(std::size_t size, void* self) noexcept {
  return static_cast<LibraryMemory*>(self)->take(size);
}

void* LibraryMemory::on_calloc(std::size_t count, std::size_t size, void* self) noexcept {
  if (size != 0 && count > SIZE_MAX / size) return nullptr;
  void* const piece = on_malloc(count * size, self);
  if (piece != nullptr) std::memset(piece, 0, count * size);
  return piece;
}

// Within its step a piece stays where it is; beyond the last one the size is malloc's affair.
void* LibraryMemory::on_realloc(void* piece, std::size_t size, void* self) noexcept {
  if (piece == nullptr) return on_malloc(size, self);
  Head* const head = static_cast<Head*>(piece) - 1;
  const std::size_t step = size == 0 ? 0 : (size - 1) / step_size;
  if (head->step < steps && step == head->step) return piece;
  if (head->step >= steps && step >= steps) {
    if (size > SIZE_MAX - sizeof(Head)) return nullptr;
    auto* const moved = static_cast<Head*>(std::realloc(head, sizeof(Head) + size));
    return moved == nullptr ? nullptr : moved + 1;
  }
  void* const moved = on_malloc(size, self);
  if (moved == nullptr) return nullptr;
  const std::size_t held = (head->step + 1) * step_size;  // a large piece holds at least its last
  std::memcpy(moved, piece, size < held ? size : held);
  on_free(piece, self);
  return moved;
}

void LibraryMemory::on_free(void* piece, void* self) noexcept {
  static_cast<LibraryMemory*>(self)->give(piece);
}

}  // namespace pm::h2
