// SPDX-License-Identifier: MIT
// A request target and a Host value: options in the first byte, then target, a new line, host. What is accepted is clean,
// and cleaning it again changes nothing: who parses the forwarded request sees what the router saw.
#include "http/url.h"

#include "core/check.h"
#include "http/query.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace pm;

bool has_dot_segment(std::string_view path) {
  std::string wrapped(path);
  wrapped += '/';
  return wrapped.find("/./") != std::string::npos || wrapped.find("/../") != std::string::npos ||
         path.find("//") != std::string_view::npos;
}

void check_clean(const http::Request& request, http::PathOptions options) {
  PM_CHECK(request.path.starts_with('/'), "a path is rooted");
  for (const char c : request.path) {
    const auto byte = static_cast<unsigned char>(c);
    PM_CHECK(byte > 0x20 && byte < 0x7f && c != '#' && c != '?',
             "a path holds no byte that ends it or a line");
  }
  if (options.sanitize)
    PM_CHECK(!has_dot_segment(request.path), "a sanitised path has no dot segments");
  for (const char c : request.query) {
    const auto byte = static_cast<unsigned char>(c);
    PM_CHECK(byte > 0x20 && byte != 0x7f && c != ';',
             "a query holds no byte that ends a line, and no semicolon");
  }
  for (const char c : request.host)
    PM_CHECK(c < 'A' || c > 'Z', "a canonical host is lower case");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const http::PathOptions options{.sanitize = (data[0] & 1) == 0,
                                  .encode_semicolons = (data[0] & 2) != 0};
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t line = rest.find('\n');

  BlockPool pool(4096);
  Arena arena(pool);
  http::Request request(arena);
  request.method = (data[0] & 4) != 0 ? "OPTIONS" : "GET";
  request.target = rest.substr(0, line);
  request.authority =
      line == std::string_view::npos ? std::string_view("h") : rest.substr(line + 1);
  if (http::resolve_target(request, options) || request.path == "*") return 0;
  check_clean(request, options);

  std::string forwarded(request.path);
  if (request.has_query) forwarded.append("?").append(request.query);
  http::Request again(arena);
  again.method = request.method;
  again.target = forwarded;
  again.authority = request.authority;
  PM_CHECK(!http::resolve_target(again, options), "what was accepted once is accepted again");
  PM_CHECK(again.path == request.path && again.query == request.query,
           "a clean target stays as it is");
  PM_CHECK(again.routing_path == request.routing_path && again.host == request.host,
           "and means the same");

  http::QueryPairs pairs(request.query);
  std::string_view key;
  std::string_view value;
  std::string plain;
  while (pairs.next(key, value)) {
    PM_CHECK(http::form_decode(value, plain) == http::form_is_valid(value),
             "a value decodes or it does not");
    if (http::form_is_valid(value))
      PM_CHECK(http::form_equals(value, plain), "decoding and comparing agree");
  }
  return 0;
}
