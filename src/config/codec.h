// SPDX-License-Identifier: MIT
// codec.h -- a whole Config as bytes and back, for the Bundle.
//
//   shape   "PMCF", u64 fingerprint of the option tables, then Static, Dynamic and SourceNames in the order of the
//           tables; integers are LEB128 (zigzag when signed), texts a length and bytes, lists a count and elements
//   out     decode(encode(c)) == c, marks included
//   errors  decode() trusts no length, no count and no enumerator: a short, long or altered text gives an Error. Bytes
//           written by a build with other tables are refused by the fingerprint
//   cost    linear, one pass
#pragma once

#include "config/dynamic_model.h"
#include "core/result.h"

#include <string>
#include <string_view>

namespace pm::config {

std::string encode(const Config& config);
// One object by its table, without the places where things stand: the same for the same words.
struct Section;
std::string encode_unplaced(const Section& section, const void* object);
Result<Config> decode(std::string_view bytes);

}  // namespace pm::config
