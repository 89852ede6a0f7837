// SPDX-License-Identifier: MIT
#include "modules/middleware/redirect_regex/redirect_regex.h"

#include "core/regex.h"
#include "http/absolute_url.h"
#include "http/path.h"

#include <fmt/format.h>

namespace pm {
namespace {

using namespace http;

struct RedirectRegexOptions {
  config::At<std::string> regex;
  std::string replacement;
  bool permanent = false;
};
constexpr config::Option options[] = {
    config::option<&RedirectRegexOptions::regex>("regex", "what is looked for in the URL"),
    config::option<&RedirectRegexOptions::replacement>("replacement",
                                                       "what stands in its place; $1, ${name}"),
    config::option<&RedirectRegexOptions::permanent>("permanent",
                                                     "301 and 308 instead of 302 and 307"),
};
constexpr config::Section keys = config::section_of<RedirectRegexOptions>(options);

class RedirectRegex final : public Middleware {
 public:
  RedirectRegex(Regex expression, const RedirectRegexOptions& given)
      : expression_(std::move(expression)),
        replacement_(given.replacement),
        permanent_(given.permanent) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  Regex expression_;
  std::string replacement_;
  bool permanent_;
};

Verdict RedirectRegex::on_request_headers(Link link) const noexcept {
  const Request& request = link.request();
  Arena& arena = link.arena();
  const std::string_view seen = arena.join(request.secure != nullptr ? "https://" : "http://",
                                           request.authority, request_target(request, arena));
  if (!expression_.matches(seen)) return Verdict::next;
  const std::string wanted = expression_.replace_all(seen, replacement_);
  if (wanted == seen) return Verdict::next;
  const auto location = canonical_url(wanted);
  if (!location) {
    link.reply_bare(502);
    return Verdict::respond;
  }
  link.reply_bare(redirect_status(request.method, permanent_));
  link.response().headers.append(FieldId::location, arena.copy(*location));
  return Verdict::respond;
}

MiddlewarePtr build(const RedirectRegexOptions& given, Build& build) {
  auto compiled = Regex::compile(given.regex.value);
  if (compiled) return MiddlewarePtr(new RedirectRegex(std::move(compiled).value(), given));
  build.broken(given.regex.mark, fmt::format(".regex: {}", compiled.error().what),
               "mend the expression");
  return nullptr;
}

}  // namespace

const MiddlewareModule redirect_regex_middleware{
    .type = {"redirectRegex", "sends the client to what an expression makes of the URL", &keys},
    .build = build_of<RedirectRegexOptions, build>};

}  // namespace pm
