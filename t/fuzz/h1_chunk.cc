// SPDX-License-Identifier: MIT
// A chunked body, whole and in pieces of several sizes, beside the twin's reading; then its trailer section.
#include "t/lib/h1_reading.h"

#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string difference = pm::trial::check_chunked(bytes);
  const twin::Chunked body = pm::trial::read_chunked(bytes, 0);
  if (difference.empty() && body.end == twin::Chunked::End::trailers) {
    difference = pm::trial::check_trailers(bytes.substr(body.used));
  }
  if (difference.empty()) return 0;
  std::fprintf(stderr, "%s\n", difference.c_str());
  std::abort();
}
