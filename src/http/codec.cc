// SPDX-License-Identifier: MIT
#include "http/codec.h"

#include <chrono>

namespace pm::http {

std::string_view CodecContext::date() noexcept {
  return dates.at(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

}  // namespace pm::http
