// SPDX-License-Identifier: MIT
#include "config/options.h"

#include "core/text.h"

namespace pm::config {
namespace {

constexpr Option free_text = bare({}, Kind::text, {});

}  // namespace

const Option* option_at(const Section& root, std::string_view path) noexcept {
  const Section* section = &root;
  const Option* found = nullptr;
  bool is_name = false;
  bool is_wrong = false;
  text::for_each_part(path, '.', [&](std::string_view part) {
    if (is_wrong) return;
    if (is_name) {
      is_name = false;
      if (section->whole != nullptr) section = nullptr;
      return;
    }
    const Option* above = found;
    found = section == nullptr ? nullptr : section->find(part.substr(0, part.find('[')));
    if (found == nullptr && above != nullptr &&
        (above->kind == Kind::text_map || above == &free_text)) {
      found = &free_text;
    }
    is_wrong = found == nullptr;
    if (is_wrong) return;
    section = found->section;
    is_name = found->kind == Kind::named_sections;
  });
  return found;
}

}  // namespace pm::config
