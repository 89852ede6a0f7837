// SPDX-License-Identifier: MIT
// requests.h -- the texts that `load` sends.
#pragma once

#include "t/bench/tools/options.h"

#include <string>
#include <vector>

namespace pm::bench {

std::vector<std::string> requests_of(const Options& options);
std::string websocket_message(std::size_t size);  // a masked frame of binary
std::size_t size_of_echo(std::size_t message);    // bytes of the unmasked frame that answers it

}  // namespace pm::bench
