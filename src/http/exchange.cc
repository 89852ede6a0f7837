// SPDX-License-Identifier: MIT
#include "http/exchange.h"

#include "http/kept_body.h"

namespace pm::http {

void Exchange::resume_kept() noexcept {
  kept_->resume();
}

void Exchange::rewind_kept() noexcept {
  kept_->rewind();
}

}  // namespace pm::http
