// SPDX-License-Identifier: MIT
// compare.h -- what a new configuration changes, places in files left out.
//
//   in      two Configs with everything that the loader has read for them
//   out     whether the static parts say the same; which objects came, changed and went
//   cost    each object written once, as the Bundle writes it
//   source  operations.md section 6, decisions 11 and 16
#pragma once

#include "config/dynamic_model.h"

#include <cstdint>

namespace pm::config {

bool same_static(const Static& a, const Static& b);

struct Changes {
  std::uint32_t added = 0;
  std::uint32_t changed = 0;
  std::uint32_t removed = 0;
};
struct DynamicChanges {
  Changes routers;
  Changes services;
  Changes middlewares;
  bool any = false;  // of these, or of anything else (certificates, transports, TLS options)
};
DynamicChanges compare(const Dynamic& before, const Dynamic& after);

}  // namespace pm::config
