// SPDX-License-Identifier: MIT
// template.h -- the subset of Go's text/template that dynamic files may use.
//
//   subset  if / else if / else / end; range, also "$i, $e :=", also with else; $x := and $x =; pipelines, parentheses,
//           comments, trim markers {{- -}}; eq ne and or not printf env default split until add upper lower trim replace
//           quote b64enc b64dec; texts, numbers, true and false; dot, which is false outside of range
//   in      the text of a file; without "{{" it is returned as it is
//   out     the text for the YAML reader, and a map that leads from its places back to the file
//   cost    bounded: 16 MiB of output, a million steps, 64 MiB of values, nesting of 64
//   errors  anything outside the subset is an error with its place; a template with one error renders nothing
//   source  decision 12; Go's text/template, sprig for default split until add trim replace quote b64enc b64dec
#pragma once

#include "config/environment.h"
#include "config/findings.h"
#include "config/source_map.h"

#include <optional>
#include <string>
#include <string_view>

namespace pm::config {

struct Rendered {
  std::string text;
  SourceMap map;
};

std::optional<Rendered> render_template(std::string text, std::uint32_t source,
                                        const Environment& environment, Findings& findings);

}  // namespace pm::config
