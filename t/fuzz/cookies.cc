// SPDX-License-Identifier: MIT
// Fields of a request over HTTP/2, "name: value" in a line each: crumbs of Cookie become one field in their order, and all other
// fields stay as they are.
#include "core/check.h"
#include "core/text.h"
#include "h2/request_fields.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace pm;
using Fields = std::vector<std::pair<std::string, std::string>>;

Fields fields_of(std::string_view all) {
  Fields fields;
  text::for_each_part(all, '\n', [&fields](std::string_view line) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos)
      fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  });
  return fields;
}

// RFC 9113 section 8.2.3, the slow way: the first crumb is where the cookies are.
Fields joined(const Fields& fields) {
  Fields out;
  std::size_t cookies = SIZE_MAX;
  for (const auto& [name, value] : fields) {
    if (name == "host") continue;  // it is the authority's
    if (name == "cookie" && cookies != SIZE_MAX) {
      out[cookies].second += "; " + value;
      continue;
    }
    if (name == "cookie") cookies = out.size();
    out.emplace_back(name, value);
  }
  return out;
}

Fields left_of(const http::Headers& headers) {
  Fields out;
  for (const http::Field& field : headers) {
    if (!field.dropped) out.emplace_back(text::to_lower(field.name), field.value);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Fields fields = fields_of({reinterpret_cast<const char*>(data), size});
  BlockPool pool(4096);
  Arena arena(pool);
  http::Request request(arena);
  h2::RequestFields reader;
  const h2::FieldLimits limits{.max_bytes = 4000, .max_line = 100, .max_fields = 40};
  for (const auto& [name, value] :
       {std::pair(":method", "GET"), {":scheme", "http"}, {":path", "/"}, {":authority", "h"}})
    reader.add(request, limits, name, value);
  for (const auto& [name, value] : fields)
    reader.add(request, limits, name, value);
  if (reader.finish(request, true) != h2::FieldFault::none) return 0;
  PM_CHECK(left_of(request.headers) == joined(fields),
           "crumbs are one cookie, nothing else changes");
  PM_CHECK(fields.size() <= limits.max_fields, "and each crumb has counted");
  return 0;
}
