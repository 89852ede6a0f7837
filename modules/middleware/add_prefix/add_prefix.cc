// SPDX-License-Identifier: MIT
#include "modules/middleware/add_prefix/add_prefix.h"

#include "http/path.h"

namespace pm {
namespace {

using namespace http;

struct AddPrefixOptions {
  config::At<std::string> prefix;
};
constexpr config::Option options[] = {
    config::option<&AddPrefixOptions::prefix>("prefix", "what is put in front of the path"),
};
constexpr config::Section keys = config::section_of<AddPrefixOptions>(options);

class AddPrefix final : public Middleware {
 public:
  explicit AddPrefix(std::string prefix) : prefix_(std::move(prefix)) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override;

 private:
  std::string prefix_;
};

Verdict AddPrefix::on_request_headers(Link link) const noexcept {
  Path path(link.request());
  path.prepend(prefix_, link.arena());
  set_path(link.request(), path.encoded(link.arena()));
  return Verdict::next;
}

MiddlewarePtr build(const AddPrefixOptions& given, Build& build) {
  if (!given.prefix.value.empty()) return MiddlewarePtr(new AddPrefix(given.prefix.value));
  build.broken(given.prefix.mark, ".prefix is empty",
               "write what is to be put in front of the path");
  return nullptr;
}

}  // namespace

const MiddlewareModule add_prefix_middleware{
    .type = {"addPrefix", "puts a text in front of the path", &keys},
    .build = build_of<AddPrefixOptions, build>};

}  // namespace pm
