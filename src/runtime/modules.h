// SPDX-License-Identifier: MIT
// modules.h -- the table of modules that this build has; written by configure, passed by reference from main.
//
//   shape   one list a kind, in order of key; the constant `pm::<folder>_<kind>` of each folder modules/<kind>/<folder>/
//   source  layout.md, "modules"
#pragma once

#include "http/module.h"
#include "rules/matcher.h"
#include "upstream/balancer.h"

#include <span>

namespace pm::runtime {

struct Modules {
  std::span<const rules::MatcherModule* const> matchers;
  std::span<const upstream::BalancerModule* const> balancers;
  std::span<const http::MiddlewareModule* const> middlewares;
};

}  // namespace pm::runtime

namespace pm {
extern const runtime::Modules all_modules;  // build/modules.cc
}
