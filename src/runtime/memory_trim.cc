// SPDX-License-Identifier: MIT
#include "runtime/memory_trim.h"

#include "os/memory.h"

namespace pm::runtime {

void MemoryTrim::on_timer() noexcept {
  changes_ = 0;
  codecs_->exchanges.trim();
  codecs_->blocks.trim();
  codecs_->loop->pools().small.trim();
  codecs_->loop->pools().large.trim();
  library_->trim();
  os::give_back_free_memory();
}

}  // namespace pm::runtime
