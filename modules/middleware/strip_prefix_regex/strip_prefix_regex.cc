// SPDX-License-Identifier: MIT
#include "modules/middleware/strip_prefix_regex/strip_prefix_regex.h"

#include "core/regex.h"
#include "core/text.h"
#include "http/path.h"

#include <fmt/format.h>

namespace pm {
namespace {

using namespace http;

struct StripPrefixRegexOptions {
  config::MarkedTexts regex;
};
constexpr config::Option options[] = {
    config::option<&StripPrefixRegexOptions::regex>(
        "regex", "expressions; what the first one that fits finds is taken off"),
};
constexpr config::Section keys = config::section_of<StripPrefixRegexOptions>(options);

class StripPrefixRegex final : public Middleware {
 public:
  explicit StripPrefixRegex(std::vector<Regex> expressions)
      : expressions_(std::move(expressions)) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  std::vector<Regex> expressions_;
};

Verdict StripPrefixRegex::on_request_headers(Link link) const noexcept {
  Request& request = link.request();
  const std::string_view decoded = Path(request).decoded();
  for (const Regex& expression : expressions_) {
    const auto match = expression.find(decoded);
    if (!match || match->empty() || !decoded.starts_with(*match)) continue;
    if (strip_prefix(request, link.arena().copy(*match))) return Verdict::next;
    link.reply(400, "Bad Request\n", BodyType::plain);
    return Verdict::respond;
  }
  return Verdict::next;
}

MiddlewarePtr build(const StripPrefixRegexOptions& given, Build& build) {
  std::vector<Regex> expressions;
  for (const config::At<std::string>& text : given.regex) {
    auto compiled = Regex::compile(text::trim(text.value));
    if (!compiled) {
      build.broken(text.mark, fmt::format(".regex: {}", compiled.error().what),
                   "mend the expression");
      return nullptr;
    }
    expressions.push_back(std::move(compiled).value());
  }
  return MiddlewarePtr(new StripPrefixRegex(std::move(expressions)));
}

}  // namespace

const MiddlewareModule strip_prefix_regex_middleware{
    .type = {"stripPrefixRegex", "takes what an expression finds at the beginning off the path",
             &keys},
    .build = build_of<StripPrefixRegexOptions, build>};

}  // namespace pm
