// SPDX-License-Identifier: MIT
// flow.h -- what a sink answers to its source: go on, or wait until it asks for more.
#pragma once

#include <cstdint>

namespace pm {

enum class Flow : std::uint8_t { more, hold };

}  // namespace pm
