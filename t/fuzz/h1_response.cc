// SPDX-License-Identifier: MIT
// Bytes of a server: our reading of a response head and the twin's, for requests that allow a body and for HEAD.
#include "t/lib/h1_reading.h"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string_view method : {"GET", "HEAD"}) {
    const std::string difference = pm::trial::check_response(bytes, method);
    if (difference.empty()) continue;
    std::fprintf(stderr, "%s\n", difference.c_str());
    std::abort();
  }
  return 0;
}
