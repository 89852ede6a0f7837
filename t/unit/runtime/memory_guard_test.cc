// SPDX-License-Identifier: MIT
#include "runtime/memory_guard.h"

#include <CppUTest/TestHarness.h>

using pm::runtime::MemoryGuard;

TEST_GROUP(memory_guard){};

TEST(memory_guard, is_short_over_ninety_and_very_short_over_ninety_five_percent) {
  CHECK(MemoryGuard::level_of(90, 100) == MemoryGuard::Level::plenty);
  CHECK(MemoryGuard::level_of(91, 100) == MemoryGuard::Level::is_short);
  CHECK(MemoryGuard::level_of(95, 100) == MemoryGuard::Level::is_short);
  CHECK(MemoryGuard::level_of(96, 100) == MemoryGuard::Level::very_short);
}
