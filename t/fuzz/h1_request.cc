// SPDX-License-Identifier: MIT
// Bytes of a client: our reading of a request head, the twin's, and what we would write to a server of it.
#include "t/lib/h1_reading.h"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const pm::h1::HeadLimits tight{.max_bytes = 200, .max_line = 60, .max_fields = 5};
  for (const pm::h1::HeadLimits& limits : {pm::h1::HeadLimits{}, tight}) {
    const std::string difference = pm::trial::check_request(bytes, limits);
    if (difference.empty()) continue;
    std::fprintf(stderr, "%s\n", difference.c_str());
    std::abort();
  }
  return 0;
}
