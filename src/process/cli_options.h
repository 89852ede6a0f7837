// SPDX-License-Identifier: MIT
// cli_options.h -- the options and commands of the command line, declared once: for parsing, -h and suggestions.
//
//   shape   an option has a letter, long names, or both; what it takes stands beside it
//   source  operations.md section 1
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace pm::process {

enum class Option : std::uint8_t {
  config_path,
  prefix,
  error_log,
  directives,
  test,
  dump,
  quiet,
  signal,
  wait,
  version,
  build_info,
  debug,
  level,
  daemon,
  foreground,
  workers,
  strict,
  format,
  show_secrets,
  header,
  help,
  generate_certs,
  hosts,
};

enum class Takes : std::uint8_t { nothing, value, optional_value };

struct OptionRow {
  Option option;
  char letter;             // '\0': none
  std::string_view names;  // long ones, separated by blanks; "" for none
  Takes takes;
  std::string_view value_name;
  std::string_view help;
};

enum class Verb : std::uint8_t {
  healthcheck,
  version,
  explain,
  check_config,
  schema,
  manual,
  later
};

struct VerbRow {
  std::string_view name;
  Verb verb;
  std::string_view arguments;
  std::string_view help;  // "" for those that come later: they are known and refused
};

std::span<const OptionRow> all_options() noexcept;
std::span<const VerbRow> all_verbs() noexcept;

}  // namespace pm::process
