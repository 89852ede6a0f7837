// SPDX-License-Identifier: MIT
// options.h -- the root tables: every key of the static and of the dynamic part.
//
//   out     sections whose struct is Static, and Dynamic; option_at() walks them by a dotted path
//   source  static-config.md sections 4 to 7, http-routing.md section 1, http-services.md sections 1 to 6
#pragma once

#include "config/option.h"

#include <string_view>

namespace pm::config {

const Section& static_section() noexcept;
const Section& dynamic_section() noexcept;

// The option at "entryPoints.web.address" below `root`: case ignored, any free name taken, "[0]" behind a list skipped.
// Null: no such key, or below an opaque one. A path that ends in a free name gives the option that holds the names; below
// a map of texts, an option of a text.
const Option* option_at(const Section& root, std::string_view path) noexcept;

// The types that http.middlewares.<name> may have in Traefik, whether this build has them or not.
Words middleware_types() noexcept;

}  // namespace pm::config
