// SPDX-License-Identifier: MIT
// path.h -- changing the path of a request: as text that was decoded, without losing what was encoded on the wire.
//
//   shape   `decoded`: after one percent-decoding. `raw`: the encoded form where it is not the default one for `decoded`,
//           else "". Both are views into the arena
//   out     encoded(): raw if it still says the same as `decoded`, else `decoded` escaped anew (kept: letters, digits and
//           -_.~$&+,/:;=@)
//   cost    nothing but a search for "%" where the path has none
//   source  middlewares-1.md section 2 (which is how Go's net/url holds a path)
#pragma once

#include "http/request.h"

#include <optional>
#include <string_view>

namespace pm::http {

class Path {
 public:
  explicit Path(const Request& request);  // the request's path, taken apart
  Path(std::string_view decoded, std::string_view raw) noexcept : decoded_(decoded), raw_(raw) {}

  std::string_view decoded() const noexcept { return decoded_; }
  // The first `size` bytes of the decoded form go, and what stands for them in the raw one. What is left begins with "/",
  // unless it is empty.
  void strip(std::size_t size, Arena& arena);
  void prepend(std::string_view prefix, Arena& arena);  // likewise

  std::string_view encoded(Arena& arena) const;
  // Would a file system see another path? Dots, empty segments.
  bool is_clean(Arena& arena) const;

 private:
  std::string_view decoded_;
  std::string_view raw_;
};

// From now on everybody sees this path (encoded, without a query; "" goes out as "/").
void set_path(Request& request, std::string_view encoded);

// Takes `prefix` (decoded, and the path begins with it) off and tells the service so. False: what is left leads outside, or
// the prefix cannot stand in a field: the request is to be refused.
bool strip_prefix(Request& request, std::string_view prefix, bool force_slash = false);

// Another path (encoded) in place of this one, which the service is told.
enum class Replaced : std::uint8_t { good, bad_escape, unclean };
Replaced replace_path(Request& request, std::string_view encoded, std::string_view* bad);

// Nothing when a "%" is not followed by two hexadecimal digits: `bad` is what stands there then.
std::optional<std::string_view> unescape(std::string_view text, Arena& arena,
                                         std::string_view* bad = nullptr);
std::string_view escape_path(std::string_view decoded, Arena& arena);

// What a request line would say: the path, and the query behind "?".
std::string_view request_target(const Request& request, Arena& arena);

}  // namespace pm::http
