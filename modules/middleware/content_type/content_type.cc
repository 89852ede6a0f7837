// SPDX-License-Identifier: MIT
#include "modules/middleware/content_type/content_type.h"

#include "http/sniff.h"

namespace pm {
namespace {

using namespace http;

struct ContentTypeOptions {
  config::At<bool> auto_detect;
};
constexpr config::Option options[] = {
    config::option<&ContentTypeOptions::auto_detect>("autoDetect", "of old: false switches it off")
        .with_default("true"),
};
constexpr config::Section keys = config::section_of<ContentTypeOptions>(options);

class ContentType final : public Middleware {
 public:
  explicit ContentType(bool is_on) : is_on_(is_on) {}
  Hooks hooks() const noexcept override {
    return is_on_ ? Hook::response_headers | Hook::response_body : Hooks();
  }
  Verdict on_response_headers(Link link) const noexcept override;
  Verdict on_response_body(Link link, BodyPart& part) const noexcept override;

 private:
  bool is_on_;
};

Verdict ContentType::on_response_headers(Link link) const noexcept {
  const Response& response = link.response();
  const bool has_body = response.status != 204 && response.status != 304 &&
                        response.framing != Framing::none && link.request().method != "HEAD" &&
                        (response.framing != Framing::length || response.content_length > 0);
  const bool is_told = response.headers.find(FieldId::content_type) != nullptr ||
                       response.headers.find(FieldId::content_encoding) != nullptr;
  return has_body && !is_told ? Verdict::wait : Verdict::next;
}

// Called for every part; the first one with bytes decides, and so does an end without any.
Verdict ContentType::on_response_body(Link link, BodyPart& part) const noexcept {
  if (!link.holds_head()) return Verdict::next;
  if (part.is_empty()) return part.last ? Verdict::next : Verdict::wait;
  char first[512];
  std::size_t size = 0;
  for (const std::string_view slice : part.slices)
    size += slice.copy(first + size, sizeof first - size);
  link.response().headers.set(FieldId::content_type, sniff_content_type({first, size}));
  return Verdict::next;
}

MiddlewarePtr build(const ContentTypeOptions& given, Build& build) {
  const bool is_given = given.auto_detect.mark.source != 0;
  if (is_given)
    build.warn(given.auto_detect.mark, ".autoDetect is an option of old", "write contentType: {}");
  return MiddlewarePtr(new ContentType(!is_given || given.auto_detect.value));
}

}  // namespace

const MiddlewareModule content_type_middleware{
    .type = {.key = "contentType",
             .help = "says what an answer is when its service does not",
             .options = &keys,
             .may_be_empty = true},
    .build = build_of<ContentTypeOptions, build>};

}  // namespace pm
