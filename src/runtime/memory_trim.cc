// SPDX-License-Identifier: MIT
#include "runtime/memory_trim.h"

#include "os/memory.h"

namespace pm::runtime {

void MemoryTrim::on_timer() noexcept {
  changes_ = 0;
  os::give_back_free_memory();
}

}  // namespace pm::runtime
