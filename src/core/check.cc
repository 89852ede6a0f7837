// SPDX-License-Identifier: MIT
#include "core/check.h"

#include <cstdio>
#include <cstdlib>

namespace pm {

void check_failed(const char* file, int line, const char* belief) noexcept {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, belief);
  std::abort();
}

}  // namespace pm
