// SPDX-License-Identifier: MIT
#include "config/options.h"
#include "config/sources.h"
#include "core/text.h"

namespace pm::config {
namespace {

FlagKind kind_of(const Option& option) noexcept {
  switch (option.kind) {
    case Kind::flag: return FlagKind::boolean;
    case Kind::integer:
    case Kind::duration:
    case Kind::text:
    case Kind::choice: return FlagKind::scalar;
    case Kind::text_list: return FlagKind::list;
    case Kind::text_map:
    case Kind::section:
    case Kind::section_list:
    case Kind::named_sections:
    case Kind::opaque:
    case Kind::noted: return FlagKind::section;
    case Kind::place: break;
  }
  return FlagKind::unknown;
}

std::string_view without_index(std::string_view element) noexcept {
  return element.substr(0, element.find('['));
}

const Option* find_key(const Section& section, std::string_view element) noexcept {
  const std::string_view key = without_index(element);
  return key.empty() ? nullptr : section.find(key);
}

std::string nearest_key(const Section& section, std::string_view element) {
  std::vector<std::string_view> keys;
  for (const Option& option : section.options) {
    if (!option.key.empty() && option.status != Status::refused) keys.push_back(option.key);
  }
  return std::string(text::nearest(without_index(element), keys));
}

// "level" -> "log.level": a key that stands one section deeper than where it was looked for.
std::string deeper_key(std::string_view element) {
  for (const Option& option : static_section().options) {
    if (option.kind != Kind::section || option.section == nullptr) continue;
    const Option* found = find_key(*option.section, element);
    if (found != nullptr) return std::string(option.key) + "." + std::string(found->key);
  }
  return "";
}

}  // namespace

FlagKind flag_kind(std::string_view path) {
  if (const Option* option = option_at(static_section(), path)) return kind_of(*option);

  // Below a map of texts any name may stand; below what is known as a whole only, we cannot tell and need not.
  for (std::size_t dot = path.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = path.rfind('.', dot - 1)) {
    const Option* option = option_at(static_section(), path.substr(0, dot));
    if (option == nullptr) continue;
    if (option->kind == Kind::text_map) return FlagKind::scalar;
    return option->kind == Kind::opaque || option->kind == Kind::noted ? FlagKind::section
                                                                       : FlagKind::unknown;
  }
  return FlagKind::unknown;
}

std::string nearest_flag(std::string_view path) {
  const Section* section = &static_section();
  bool is_name = false;  // the next element is a free name
  std::string known;
  for (const std::string_view element : text::split(path, '.')) {
    if (!is_name && section == nullptr) return "";
    const Option* option = is_name ? nullptr : find_key(*section, element);
    if (!is_name && option == nullptr) {
      const std::string nearest = nearest_key(*section, element);
      if (nearest.empty()) return known.empty() ? deeper_key(element) : "";
      const std::string whole =
          known + nearest + std::string(path.substr(known.size() + element.size()));
      return flag_kind(whole) != FlagKind::unknown ? whole : known + nearest;
    }
    known += std::string(element) + ".";
    if (is_name) {
      is_name = false;
      continue;
    }
    section = option->section;
    is_name = option->kind == Kind::named_sections;
  }
  return "";
}

}  // namespace pm::config
