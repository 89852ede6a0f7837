// SPDX-License-Identifier: MIT
#include "http/headers.h"

#include "core/check.h"
#include "core/text.h"

#include <algorithm>
#include <memory>

namespace pm::http {
namespace {

bool is_named(const Field& field, FieldId id, std::string_view name) noexcept {
  if (field.dropped || field.id != id) return false;
  return id != FieldId::other || text::equals_ignore_case(field.name, name);
}

}  // namespace

void Headers::assign(const Headers& other) {
  clear();
  reserve(other.size_);
  for (const Field& field : other) {
    if (!field.dropped) append(field.id, field.name, field.value);
  }
}

void Headers::reserve(std::uint32_t count) {
  if (count <= capacity_) return;
  auto* fields = arena_->array<Field>(count);
  std::uninitialized_copy_n(fields_, size_, fields);
  fields_ = fields;
  capacity_ = count;
}

const Field* Headers::find_slow(FieldId id) const noexcept {
  for (const Field& field : *this) {
    if (field.id == id && !field.dropped) return &field;
  }
  return nullptr;
}

const Field* Headers::find(std::string_view name) const noexcept {
  const FieldId id = classify(name);
  if (!may_have(id)) return nullptr;
  for (const Field& field : *this) {
    if (is_named(field, id, name)) return &field;
  }
  return nullptr;
}

void Headers::replace(FieldId id, std::string_view value) {
  PM_CHECK(id != FieldId::other, "a field without an id is set by its name");
  set_all(id, canonical_name(id), value);
}

void Headers::set(std::string_view name, std::string_view value) {
  set_all(classify(name), name, value);
}

// The first such field keeps its place in the message; its spelling becomes ours.
void Headers::set_all(FieldId id, std::string_view name, std::string_view value) {
  if (!may_have(id)) return append(id, name, value);
  bool placed = false;
  for (Field& field : *this) {
    if (!is_named(field, id, name)) continue;
    if (!placed) field.name = name, field.value = value;
    field.dropped = placed;
    placed = true;
  }
  if (!placed) append(id, name, value);
}

void Headers::drop(FieldId id) noexcept {
  PM_CHECK(id != FieldId::other, "a field without an id is dropped by its name");
  drop_all(id, {});
}

void Headers::drop(std::string_view name) noexcept {
  drop_all(classify(name), name);
}

void Headers::drop_all(FieldId id, std::string_view name) noexcept {
  if (!may_have(id)) return;
  for (Field& field : *this) {
    if (is_named(field, id, name)) field.dropped = true;
  }
  if (id != FieldId::other) present_ &= ~field_bit(id);
}

}  // namespace pm::http
