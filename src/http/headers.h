// SPDX-License-Identifier: MIT
// headers.h -- the fields of a message, in order, each line a field of its own.
//
//   in      names in any case (compared without it), values without blanks around them
//   out     views; they point into the arena of the exchange or into constants, and live as long as the exchange
//   own     the array lives in the arena; dropped fields stay in it, marked, until the message is written
//   cost    a lookup by id that is absent is one bit test; lookups are linear otherwise. No heap
//   source  RFC 9110 section 5
#pragma once

#include "core/arena.h"
#include "http/field.h"

#include <string_view>

namespace pm::http {

struct Field {
  std::string_view name;
  std::string_view value;
  FieldId id = FieldId::other;
  bool dropped = false;
};

class Headers {
 public:
  explicit Headers(Arena& arena) noexcept : arena_(&arena) {}
  Headers(const Headers&) = delete;
  Headers& operator=(const Headers&) = delete;

  void reserve(std::uint32_t count);
  // Borrows name and value: they must live as long as the arena. The first form classifies the name.
  void append(std::string_view name, std::string_view value) {
    append(classify(name), name, value);
  }
  [[gnu::always_inline]] void append(FieldId id, std::string_view value) {
    append(id, canonical_name(id), value);
  }
  // Inlined where heads are parsed, however many others call it: a call costs more than what it does.
  [[gnu::always_inline]] void append(FieldId id, std::string_view name, std::string_view value) {
    if (size_ == capacity_) reserve(capacity_ == 0 ? 24 : capacity_ * 2);
    fields_[size_++] = Field{name, value, id, false};
    present_ |= field_bit(id);
  }
  // Exactly one such field afterwards.
  void set(FieldId id, std::string_view value) {
    may_have(id) ? replace(id, value) : append(id, value);
  }
  void set(std::string_view name, std::string_view value);
  void drop(FieldId id) noexcept;
  void drop(std::string_view name) noexcept;
  void clear() noexcept { size_ = 0, present_ = 0; }
  void assign(
      const Headers& other);  // its fields but for the dropped ones; names and values are shared

  // May say true for a field that was dropped one by one through begin()/end(); find() never does.
  bool may_have(FieldId id) const noexcept { return (present_ & field_bit(id)) != 0; }
  FieldSet present() const noexcept { return present_; }
  const Field* find(FieldId id) const noexcept { return may_have(id) ? find_slow(id) : nullptr; }
  const Field* find(std::string_view name) const noexcept;
  std::string_view get(FieldId id) const noexcept {  // the first value, or ""
    const Field* field = find(id);
    return field != nullptr ? field->value : std::string_view{};
  }
  std::string_view get(std::string_view name) const noexcept {
    const Field* field = find(name);
    return field != nullptr ? field->value : std::string_view{};
  }

  // All slots, dropped ones included: a loop looks at `dropped`.
  Field* begin() noexcept { return fields_; }
  Field* end() noexcept { return fields_ + size_; }
  const Field* begin() const noexcept { return fields_; }
  const Field* end() const noexcept { return fields_ + size_; }
  std::uint32_t slots() const noexcept { return size_; }
  Arena& arena() const noexcept { return *arena_; }

 private:
  void replace(FieldId id, std::string_view value);
  void set_all(FieldId id, std::string_view name, std::string_view value);
  void drop_all(FieldId id, std::string_view name) noexcept;
  const Field* find_slow(FieldId id) const noexcept;

  Arena* arena_;
  Field* fields_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
  FieldSet present_ = 0;
};

}  // namespace pm::http
