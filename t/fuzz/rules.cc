// SPDX-License-Identifier: MIT
// A rule and a request: "2" or anything else for the syntax, the rule, then behind zero bytes the target and the host.
// Whatever compiles must answer the same through the index of a table, and explain itself.
#include "core/check.h"
#include "http/url.h"
#include "routing/table.h"
#include "rules/compile.h"
#include "runtime/modules.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace pm;

std::string_view take(std::string_view& rest) {
  const std::size_t end = rest.find('\0');
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

void ask(const rules::Rule& rule, std::string_view target, std::string_view host) {
  BlockPool pool(4096);
  Arena arena(pool);
  http::Request request(arena);
  request.method = "GET";
  request.target = target;
  request.authority = host;
  request.headers.append("x-a", "1");
  if (http::resolve_target(request, {})) return;

  const routing::Table table({{&rule, 1, 0, "r", 7}});
  const bool is_true = rule.matches(request);
  PM_CHECK((table.find(request) == 7) == is_true, "the index finds what is true, and nothing else");
  PM_CHECK(!rule.explain(request).empty(), "every answer has a reason");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view text = take(rest);
  const std::string_view target = take(rest);
  const rules::Syntax syntax = data[0] == '2' ? rules::Syntax::v2 : rules::Syntax::v3;

  const rules::Compiled compiled = rules::compile(text, syntax, all_modules.matchers);
  if (!compiled.rule) {
    PM_CHECK(!compiled.error.what.empty(), "a refusal says why");
    PM_CHECK(compiled.error.offset <= text.size(), "a refusal points into the rule");
    return 0;
  }
  ask(*compiled.rule, target, rest);
  ask(*compiled.rule, "/a/b?k=v", "x.example.com");
  return 0;
}
