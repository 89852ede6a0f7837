// SPDX-License-Identifier: MIT
// lookup.h -- which file is the configuration, and which paths a relative one means.
//
//   in      what the command line says, the environment, the compiled-in path
//   out     a path to read, or none; what was looked for, for the message
//   source  operations.md section 1: in the working directory only a file of the caller counts, so that root cannot be
//           led by another's file
#pragma once

#include "config/load.h"

#include <string>
#include <string_view>
#include <vector>

namespace pm::config {

// "a//./b" -> "a/b"; links and ".." stay as they are.
std::string tidy_path(std::string_view path);
// Relative paths count from `prefix`, or stay when that is empty.
std::string resolve_path(std::string_view path, std::string_view prefix);

enum class FileType : std::uint8_t { yaml, toml, other };
FileType file_type(std::string_view path);  // by extension, case ignored

struct Lookup {
  std::string path;                  // "" when nothing was found
  std::vector<std::string> tried;    // in order
  std::vector<std::string> notices;  // what was taken, what was passed over and why
};

Lookup search_configuration(const LoadRequest& request, FileReader& reader);

// Plain files below a directory, in byte order of their names, folders entered where they stand. What cannot be listed
// is a finding at `mark`. `folders` collects the directory and those below it.
std::vector<std::string> list_files(const std::string& directory, FileReader& reader, Mark mark,
                                    Findings& findings, std::vector<std::string>& folders);

}  // namespace pm::config
