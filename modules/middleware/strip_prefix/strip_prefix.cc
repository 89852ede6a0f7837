// SPDX-License-Identifier: MIT
#include "modules/middleware/strip_prefix/strip_prefix.h"

#include "core/text.h"
#include "http/path.h"

namespace pm {
namespace {

using namespace http;

struct StripPrefixOptions {
  std::vector<std::string> prefixes;
  config::At<bool> force_slash;
};
constexpr config::Option options[] = {
    config::option<&StripPrefixOptions::prefixes>("prefixes",
                                                  "what is taken off; the first that fits counts"),
    config::option<&StripPrefixOptions::force_slash>(
        "forceSlash", "old, and better left out: nothing is left as \"/\"")
        .with_default("false"),
};
constexpr config::Section keys = config::section_of<StripPrefixOptions>(options);

class StripPrefix final : public Middleware {
 public:
  StripPrefix(std::vector<std::string> prefixes, bool force_slash)
      : prefixes_(std::move(prefixes)), force_slash_(force_slash) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  [[gnu::noinline]] Verdict strip(Link link, std::string_view prefix) const noexcept;

  std::vector<std::string> prefixes_;
  bool force_slash_;
};

[[gnu::noinline]] bool decoded_begins_with(const Request& request, std::string_view prefix) {
  return Path(request).decoded().starts_with(prefix);
}

// Of the decoded path; it is decoded only where a "%" makes a difference.
bool begins_with(const Request& request, std::string_view prefix) noexcept {
  const char* at = request.path.begin();
  const char* const end = request.path.end();
  for (const char wanted : prefix) {
    if (at == end) return false;
    if (*at == '%') return decoded_begins_with(request, prefix);
    if (*at++ != wanted) return false;
  }
  return true;
}

Verdict StripPrefix::on_request_headers(Link link) const noexcept {
  for (const std::string& prefix : prefixes_) {
    if (begins_with(link.request(), prefix)) return strip(link, prefix);
  }
  return Verdict::next;
}

Verdict StripPrefix::strip(Link link, std::string_view prefix) const noexcept {
  if (strip_prefix(link.request(), prefix, force_slash_)) return Verdict::next;
  link.reply(400, "Bad Request\n", BodyType::plain);
  return Verdict::respond;
}

MiddlewarePtr build(const StripPrefixOptions& given, Build& build) {
  std::vector<std::string> prefixes;
  for (const std::string& prefix : given.prefixes)
    prefixes.emplace_back(text::trim(prefix));
  if (given.force_slash.mark.source != 0)
    build.warn(given.force_slash.mark, ".forceSlash is an option of old", "take it out");
  return MiddlewarePtr(new StripPrefix(std::move(prefixes), given.force_slash.value));
}

}  // namespace

const MiddlewareModule strip_prefix_middleware{
    .type = {"stripPrefix", "takes the beginning of the path off", &keys},
    .build = build_of<StripPrefixOptions, build>};

}  // namespace pm
