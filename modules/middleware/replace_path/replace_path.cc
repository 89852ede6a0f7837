// SPDX-License-Identifier: MIT
#include "modules/middleware/replace_path/replace_path.h"

#include "core/text.h"
#include "http/path.h"

namespace pm {
namespace {

using namespace http;

struct ReplacePathOptions {
  std::string path;
};
constexpr config::Option options[] = {
    config::option<&ReplacePathOptions::path>("path", "the new path, escaped"),
};
constexpr config::Section keys = config::section_of<ReplacePathOptions>(options);

class ReplacePath final : public Middleware {
 public:
  explicit ReplacePath(std::string path) : path_(std::move(path)) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  std::string path_;
};

Verdict ReplacePath::on_request_headers(Link link) const noexcept {
  std::string_view bad;
  if (replace_path(link.request(), path_, &bad) != Replaced::bad_escape) return Verdict::next;
  link.reply(500, link.arena().join("invalid URL escape \"", bad, "\"\n"), BodyType::plain);
  return Verdict::respond;
}

MiddlewarePtr build(const ReplacePathOptions& given, Build&) {
  return MiddlewarePtr(new ReplacePath(given.path));
}

}  // namespace

const MiddlewareModule replace_path_middleware{
    .type = {"replacePath", "another path in place of the request's", &keys},
    .build = build_of<ReplacePathOptions, build>};

}  // namespace pm
