// SPDX-License-Identifier: MIT
// build_paths.h -- what configure has settled: the version, where files are, whom to become.
//
//   source  operations.md section 5; build/features.h
#pragma once

#include "features.h"

#include <string_view>

namespace pm::process {

inline constexpr std::string_view build_version = PM_VERSION;

// Sanitizers and the counting of lines open files when the process ends, and more: a filter may only watch them.
inline constexpr bool is_instrumented = PM_WITH_COVERAGE != 0 || sizeof PM_SANITIZERS > 1;

namespace paths {
inline constexpr std::string_view configuration = PM_CONF_PATH;
inline constexpr std::string_view pid = PM_PID_PATH;
inline constexpr std::string_view error_log = PM_ERROR_LOG_PATH;
inline constexpr std::string_view access_log = PM_HTTP_LOG_PATH;
inline constexpr std::string_view temp = PM_TEMP_PATH;
inline constexpr std::string_view user = PM_USER;
}  // namespace paths

}  // namespace pm::process
