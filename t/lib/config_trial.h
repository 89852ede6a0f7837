// SPDX-License-Identifier: MIT
// config_trial.h -- YAML text taken the whole way to a Config, with everything that was found.
//
//   in      one document with both parts, shown as "f"
//   out     the Config as far as it was good; findings as lines without the file's name
#pragma once

#include "config/decode.h"
#include "config/validate.h"
#include "config/yaml.h"

#include <string>
#include <string_view>

namespace pm::config::trial {

struct Trial {
  Findings findings;
  Origins origins;
  Node root;
  Config config;
  bool is_parsed = false;
  bool is_static_good = false;
  bool is_dynamic_good = false;

  explicit Trial(std::string_view yaml) {
    const std::uint32_t source = findings.add_source("f");
    is_parsed = parse_yaml(yaml, source, findings, root);
    if (!is_parsed || !check_roots(root, Roots::both, findings)) return;
    is_static_good = decode_static(root, findings, config.fixed, &origins);
    is_dynamic_good = decode_dynamic(root, "file", findings, config.dynamic, &origins);
  }

  void complete(MiddlewareTypes middleware_types = {}) {
    validate(config, findings, middleware_types);
    config.sources = findings.sources();
  }

  // "3:14: error: what; advice" a line, or "ok".
  std::string found() const {
    std::string text;
    for (const Finding& finding : findings.all()) {
      if (!text.empty()) text += "\n";
      text += findings.line(finding).substr(2);
    }
    return text.empty() ? "ok" : text;
  }
};

inline std::string findings_of(std::string_view yaml) {
  return Trial(yaml).found();
}

}  // namespace pm::config::trial
