// SPDX-License-Identifier: MIT
// generate.h -- certificates of our own making: the default one of a worker, and those of --generate-certs.
//
//   in      a common name, and the names and addresses it is good for
//   out     ECDSA P-256, 397 days: the longest that browsers take
//   cost    under a millisecond
//   source  tls-acme.md section 3, operations.md section 1
#pragma once

#include "core/result.h"
#include "tls/pair.h"

#include <string>
#include <vector>

namespace pm::tls {

// Signed by `authority`, or by itself.
Result<Pair> generate_pair(const std::string& common_name, const std::vector<std::string>& names,
                           const Pair* authority = nullptr);
Result<Pair> generate_authority(const std::string& common_name);

}  // namespace pm::tls
