// SPDX-License-Identifier: MIT
// schema.h -- JSON Schema of every key, for editors.
//
//   out     draft 2020-12, one object for a file with both parts; keys in their canonical spelling
#pragma once

#include <string>

namespace pm::config {

std::string schema();

}  // namespace pm::config
