// SPDX-License-Identifier: MIT
// check.h -- PM_CHECK(condition, "what was believed"): a broken invariant ends the process with a line that says which.
//
//   cost    one predictable branch
//   errors  writes "file:line: what was believed" to standard error and aborts; the master starts another worker
//   source  style.md, "Errors: three kinds": a wrong answer is worse than a restart
#pragma once

#include <cstdint>

namespace pm {

[[noreturn]] void check_failed(const char* file, int line, const char* belief) noexcept;

}  // namespace pm

#define PM_CHECK(condition, belief)                   \
  do {                                                \
    if (!(condition)) [[unlikely]]                    \
      ::pm::check_failed(__FILE__, __LINE__, belief); \
  } while (false)
