// SPDX-License-Identifier: MIT
#include "modules/middleware/encoded_characters/encoded_characters.h"

#include "http/url.h"

namespace pm {
namespace {

using namespace http;

struct EncodedCharactersOptions {
  bool slash = false;
  bool back_slash = false;
  bool null_character = false;
  bool semicolon = false;
  bool percent = false;
  bool question_mark = false;
  bool hash = false;
};
constexpr config::Option options[] = {
    config::option<&EncodedCharactersOptions::slash>("allowEncodedSlash", "let %2F pass"),
    config::option<&EncodedCharactersOptions::back_slash>("allowEncodedBackSlash", "let %5C pass"),
    config::option<&EncodedCharactersOptions::null_character>("allowEncodedNullCharacter",
                                                              "let %00 pass"),
    config::option<&EncodedCharactersOptions::semicolon>("allowEncodedSemicolon", "let %3B pass"),
    config::option<&EncodedCharactersOptions::percent>("allowEncodedPercent", "let %25 pass"),
    config::option<&EncodedCharactersOptions::question_mark>("allowEncodedQuestionMark",
                                                             "let %3F pass"),
    config::option<&EncodedCharactersOptions::hash>("allowEncodedHash", "let %23 pass"),
};
constexpr config::Section keys = config::section_of<EncodedCharactersOptions>(options);

class EncodedCharacters final : public Middleware {
 public:
  explicit EncodedCharacters(EncodedSet forbidden) : forbidden_(forbidden) {}
  Hooks hooks() const noexcept override { return Hook::request_headers; }
  Verdict on_request_headers(Link link) const noexcept override {
    if (!has_encoded(link.request().path, forbidden_)) return Verdict::next;
    link.reply(400, {});
    return Verdict::respond;
  }

 private:
  EncodedSet forbidden_;
};

MiddlewarePtr build(const EncodedCharactersOptions& given, Build&) {
  EncodedSet forbidden = 0;
  const auto forbid_unless = [&forbidden](bool is_allowed, EncodedChar what) {
    if (!is_allowed) forbidden |= static_cast<EncodedSet>(what);
  };
  forbid_unless(given.slash, EncodedChar::slash);
  forbid_unless(given.back_slash, EncodedChar::back_slash);
  forbid_unless(given.null_character, EncodedChar::null_character);
  forbid_unless(given.semicolon, EncodedChar::semicolon);
  forbid_unless(given.percent, EncodedChar::percent);
  forbid_unless(given.question_mark, EncodedChar::question_mark);
  forbid_unless(given.hash, EncodedChar::hash);
  return MiddlewarePtr(new EncodedCharacters(forbidden));
}

}  // namespace

const MiddlewareModule encoded_characters_middleware{
    .type = {"encodedCharacters", "refuses paths that hide characters behind escapes", &keys},
    .build = build_of<EncodedCharactersOptions, build>};

}  // namespace pm
