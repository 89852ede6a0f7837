// SPDX-License-Identifier: MIT
#include "modules/middleware/replace_path_regex/replace_path_regex.h"

#include "core/regex.h"
#include "core/text.h"
#include "http/path.h"

#include <fmt/format.h>

namespace pm {
namespace {

using namespace http;

struct ReplacePathRegexOptions {
  config::At<std::string> regex;
  std::string replacement;
};
constexpr config::Option options[] = {
    config::option<&ReplacePathRegexOptions::regex>("regex",
                                                    "what is looked for in the escaped path"),
    config::option<&ReplacePathRegexOptions::replacement>("replacement",
                                                          "what stands in its place; $1, ${name}"),
};
constexpr config::Section keys = config::section_of<ReplacePathRegexOptions>(options);

class ReplacePathRegex final : public Middleware {
 public:
  ReplacePathRegex(Regex expression, std::string replacement)
      : expression_(std::move(expression)), replacement_(std::move(replacement)) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  Regex expression_;
  std::string replacement_;
};

Verdict ReplacePathRegex::on_request_headers(Link link) const noexcept {
  Request& request = link.request();
  if (!expression_.matches(request.path)) return Verdict::next;
  const std::string_view path =
      link.arena().copy(expression_.replace_all(request.path, replacement_));
  std::string_view bad;
  switch (replace_path(request, path, &bad)) {
    case Replaced::good: return Verdict::next;
    case Replaced::unclean: link.reply(400, "Bad Request\n", BodyType::plain); break;
    case Replaced::bad_escape:
      link.reply(500, link.arena().join("invalid URL escape \"", bad, "\"\n"), BodyType::plain);
      break;
  }
  return Verdict::respond;
}

MiddlewarePtr build(const ReplacePathRegexOptions& given, Build& build) {
  auto compiled = Regex::compile(text::trim(given.regex.value));
  if (compiled)
    return MiddlewarePtr(new ReplacePathRegex(std::move(compiled).value(),
                                              std::string(text::trim(given.replacement))));
  build.broken(given.regex.mark, fmt::format(".regex: {}", compiled.error().what),
               "mend the expression");
  return nullptr;
}

}  // namespace

const MiddlewareModule replace_path_regex_middleware{
    .type = {"replacePathRegex", "what an expression finds in the path is replaced", &keys},
    .build = build_of<ReplacePathRegexOptions, build>};

}  // namespace pm
