// SPDX-License-Identifier: MIT
#include "modules/matcher/header/header.h"

#include "core/text.h"

namespace pm {
namespace {

using namespace rules;

class Header final : public Matcher {
 public:
  Header(std::string name, std::string value) noexcept
      : name_(std::move(name)), value_(std::move(value)), id_(http::classify(name_)) {}
  bool matches(const http::Request& request) const noexcept override;

 private:
  std::string name_;
  std::string value_;
  http::FieldId id_;
};

bool Header::matches(const http::Request& request) const noexcept {
  if (id_ == http::FieldId::host || !request.headers.may_have(id_)) return false;
  for (const http::Field& field : request.headers) {
    if (field.dropped || field.id != id_ || field.value != value_) continue;
    if (id_ != http::FieldId::other || text::equals_ignore_case(field.name, name_)) return true;
  }
  return false;
}

Result<BuiltMatcher> build(std::span<const std::string> arguments) {
  PM_TRY([[maybe_unused]] auto counted, expect_arguments(arguments, 2, 2));
  return BuiltMatcher{MatcherPtr(new Header(arguments[0], arguments[1])), {}};
}

}  // namespace

const MatcherModule header_matcher{"Header", "a header and one of its values", build, "Headers",
                                   build};

}  // namespace pm
