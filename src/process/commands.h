// SPDX-License-Identifier: MIT
// commands.h -- what the binary does beside serving: test, explain, print.
//
//   in      the command line and the module table; a test reads files with the loader's rights and no more
//   out     results on standard output, findings and verdicts on standard error; the value is the exit code
//   source  operations.md sections 1 and 2
#pragma once

#include "process/cli.h"
#include "runtime/modules.h"

namespace pm::process {

int test(const Command& command, const runtime::Modules& modules);  // -t, -T, -TT
int explain(const Command& command, const runtime::Modules& modules);
int print_schema();
int print_manual(
    const runtime::Modules& modules);  // each list between comments that man/update looks for
int print_help();
int print_version();
int print_build_info(const runtime::Modules& modules);
std::string build_labels();  // of pointsman_build_info

}  // namespace pm::process
