// SPDX-License-Identifier: MIT
#include "process/usage.h"

#include "core/text.h"
#include "process/cli_options.h"

#include <fmt/format.h>

namespace pm::process {
namespace {

// "-t, --validate, --validate-config", "-c FILE, --configFile=FILE, --config=FILE"
std::string spelled(const OptionRow& row) {
  std::vector<std::string> forms;
  if (row.letter != '\0') {
    forms.push_back(row.value_name.empty() ? fmt::format("-{}", row.letter)
                                           : fmt::format("-{} {}", row.letter, row.value_name));
  }
  for (std::string_view name : text::split(row.names, ' ')) {
    if (name.empty()) continue;
    switch (row.takes) {
      case Takes::nothing: forms.push_back(fmt::format("--{}", name)); break;
      case Takes::value: forms.push_back(fmt::format("--{}={}", name, row.value_name)); break;
      case Takes::optional_value:
        forms.push_back(fmt::format("--{}[={}]", name, row.value_name));
        break;
    }
  }
  return text::join(forms, ", ");
}

void append_row(std::string& out, std::string_view left, std::string_view help) {
  constexpr std::size_t column = 28;
  if (left.size() + 4 > column) {
    out += fmt::format("  {}\n  {:{}}{}\n", left, "", column - 2, help);
    return;
  }
  out += fmt::format("  {:{}}{}\n", left, column - 2, help);
}

std::string_view name_of(const auto& module) {
  if constexpr (requires { module.type.key; }) {
    return module.type.key;
  } else {
    return module.name;
  }
}

std::string joined_names(auto modules) {
  std::string out;
  for (const auto* module : modules)
    out += fmt::format(" {}", name_of(*module));
  return out.empty() ? " none" : out;
}

}  // namespace

std::string help_text() {
  std::string out =
      "usage: pointsman [-?hvVtTqd] [-c FILE] [-p PREFIX] [-e FILE] [-g YAML] [-s SIGNAL] [-l "
      "LEVEL]\n"
      "                 [-w N] [-D | -f] [--KEY=VALUE ...] [COMMAND]\n\noptions:\n";
  for (const OptionRow& row : all_options()) {
    if (!row.help.empty()) append_row(out, spelled(row), row.help);
  }
  append_row(out, "--KEY=VALUE", "any static option, as in Traefik: --entryPoints.web.address=:80");
  out += "\ncommands:\n";
  for (const VerbRow& row : all_verbs()) {
    if (row.help.empty()) continue;
    append_row(out,
               row.arguments.empty() ? std::string(row.name)
                                     : fmt::format("{} {}", row.name, row.arguments),
               row.help);
  }
  out += "\nexit status: 0 success, 1 test or start failed, 2 wrong usage, 3 no running instance\n";
  out += "manual: pointsman(8), pointsman.yaml(5)\n";
  return out;
}

std::string version_text(std::string_view version) {
  return fmt::format("pointsman version: pointsman/{}\n", version);
}

std::string build_text(const BuildInfo& info, const runtime::Modules& modules) {
  std::string out = version_text(info.version);
  out += fmt::format("built by {}\n", info.compiler);
  for (const auto& [name, version] : info.libraries) {
    out += fmt::format("library {} {}\n", name, version);
  }
  out += fmt::format("matchers:{}\n", joined_names(modules.matchers));
  out += fmt::format("balancers:{}\n", joined_names(modules.balancers));
  out += fmt::format("middlewares:{}\n", joined_names(modules.middlewares));
  out += fmt::format("configure arguments: {}\n", info.configure_arguments);
  return out;
}

}  // namespace pm::process
