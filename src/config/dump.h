// SPDX-License-Identifier: MIT
// dump.h -- the effective configuration as YAML: every option with its value, defaults included (-TT, the API).
//
//   in      a Config; `origins` as decode.h filled them, or none
//   out     YAML that decodes to the same Config; behind each value a comment that says where it came from
//   errors  none. Secrets are "<redacted>" unless asked for (then the text does not decode to the same Config)
#pragma once

#include "config/decode.h"
#include "config/dynamic_model.h"

#include <string>

namespace pm::config {

struct DumpOptions {
  const Origins* origins = nullptr;  // null: no comments
  bool show_secrets = false;
};

std::string dump(const Config& config, const DumpOptions& options = {});

}  // namespace pm::config
