// SPDX-License-Identifier: MIT
#include "config/option.h"

#include "core/text.h"

namespace pm::config {

const Option* Section::find(std::string_view key) const noexcept {
  for (const Option& option : options) {
    if (!option.key.empty() && text::equals_ignore_case(option.key, key)) return &option;
  }
  return nullptr;
}

std::string_view kind_text(const Option& option) noexcept {
  switch (option.kind) {
    case Kind::flag: return "true or false";
    case Kind::integer: return "a whole number";
    case Kind::duration: return "a duration";
    case Kind::text: return "a text";
    case Kind::choice: return "a word";
    case Kind::text_list: return "a list of texts";
    case Kind::text_map: return "a section of names and texts";
    case Kind::section: return "a section";
    case Kind::section_list: return "a list of sections";
    case Kind::named_sections: return "a section of names";
    case Kind::opaque: return "a section";
    case Kind::noted: return "a section";
    case Kind::place: return {};
  }
  return {};
}

}  // namespace pm::config
