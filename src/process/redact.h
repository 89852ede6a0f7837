// SPDX-License-Identifier: MIT
// redact.h -- a configuration file as it may be shown: the text as it is, secret values replaced.
//
//   in      YAML as an operator wrote it, also when it does not parse
//   out     the same lines; the value of a key that names a secret, and the items below it, are "<redacted>"
//   errors  none: in doubt more is hidden than had to be
//   source  operations.md section 1, -T
#pragma once

#include <string>
#include <string_view>

namespace pm::process {

std::string redacted(std::string_view yaml);

}  // namespace pm::process
