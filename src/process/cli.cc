// SPDX-License-Identifier: MIT
#include "process/cli.h"

#include "core/log.h"
#include "core/number.h"
#include "core/text.h"
#include "process/cli_options.h"

#include <fmt/format.h>

namespace pm::process {
namespace {

using config::FlagKind;
using config::StaticFlag;

Error usage_error(std::string what) {
  return Error{Errc::bad_value, "", std::move(what) + " (try -h)"};
}

const OptionRow* find_letter(char letter) noexcept {
  if (letter == '?') letter = 'h';
  for (const OptionRow& row : all_options()) {
    if (row.letter == letter && letter != '\0') return &row;
  }
  return nullptr;
}

// Traefik's flags may be written in any case, so may ours.
const OptionRow* find_name(std::string_view name) {
  for (const OptionRow& row : all_options()) {
    for (std::string_view candidate : text::split(row.names, ' ')) {
      if (!name.empty() && text::equals_ignore_case(candidate, name)) return &row;
    }
  }
  return nullptr;
}

std::string nearest_option(std::string_view name) {
  std::vector<std::string_view> names;
  for (const OptionRow& row : all_options()) {
    if (row.help.empty()) continue;
    for (std::string_view candidate : text::split(row.names, ' ')) {
      if (!candidate.empty()) names.push_back(candidate);
    }
  }
  const std::string_view ours = text::nearest(name, names);
  if (!ours.empty()) return std::string(ours);
  return config::nearest_flag(name);
}

Error unknown_option(std::string_view dashes, std::string_view name) {
  const std::string nearest = nearest_option(name);
  if (nearest.empty()) return usage_error(fmt::format("unknown option \"{}{}\"", dashes, name));
  return usage_error(
      fmt::format("unknown option \"{}{}\"; did you mean \"--{}\"?", dashes, name, nearest));
}

bool answers_at_once(Action action) noexcept {
  return action == Action::help || action == Action::version || action == Action::build_info;
}

// "--name=value" without its dashes.
struct Word {
  std::string_view name;
  std::optional<std::string_view> value;
};

Word cut(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

class Parser {
 public:
  Parser(std::span<const std::string> arguments, const config::Environment& environment)
      : arguments_(arguments) {
    command_.environment = environment;
  }

  Result<Command> parse();

 private:
  Status read_argument();
  Status read_long(std::string_view argument);
  Status read_letters(std::string_view argument);
  Status read_static(std::string_view dashes, Word word);
  Status read_word(std::string_view word);
  Status apply(const OptionRow& row, std::string_view spelling, std::string_view value);
  Status set_action(Action action, std::string_view spelling);
  Status set_signal(std::string_view name);
  Status set_wait(std::string_view value);
  Status set_level(std::string_view name);
  Status set_workers(std::string_view value);
  Status set_format(std::string_view value);
  Status add_header(std::string_view value);
  Status set_certificates(std::string_view folder, std::string_view spelling);
  Status set_hosts(std::string_view value);
  Status finish();
  void force(std::string path, std::string value) {
    command_.flags.push_back({std::move(path), std::move(value), true});
  }
  bool has_flag(std::string_view path) const;
  // The value that an option needs and that stands in the next argument.
  Result<std::string_view> next_value(std::string_view spelling);

  std::span<const std::string> arguments_;
  std::size_t at_ = 0;
  Command command_;
  std::string action_spelling_;  // "" as long as nothing but serving is asked for
  bool options_ended_ = false;   // behind "--"
  bool debug_ = false;
  std::vector<std::string> operands_;  // of the command
};

Result<Command> Parser::parse() {
  while (at_ < arguments_.size()) {
    PM_TRY([[maybe_unused]] auto done, read_argument());
  }
  PM_TRY([[maybe_unused]] auto done, finish());
  return std::move(command_);
}

Status Parser::read_argument() {
  const std::string_view argument = arguments_[at_++];
  if (options_ended_ || argument.size() < 2 || argument[0] != '-') return read_word(argument);
  if (argument == "--") {
    options_ended_ = true;
    return success();
  }
  if (argument.starts_with("--")) return read_long(argument.substr(2));
  return read_letters(argument.substr(1));
}

Result<std::string_view> Parser::next_value(std::string_view spelling) {
  if (at_ >= arguments_.size()) {
    return usage_error(fmt::format("option \"{}\" needs a value", spelling));
  }
  return std::string_view(arguments_[at_++]);
}

Status Parser::read_long(std::string_view argument) {
  const Word word = cut(argument);
  const OptionRow* row = find_name(word.name);
  if (row == nullptr) return read_static("--", word);

  const std::string spelling = fmt::format("--{}", word.name);
  switch (row->takes) {
    case Takes::nothing:
      if (word.value && *word.value != "true") {
        return usage_error(fmt::format("option \"{}\" takes no value", spelling));
      }
      return apply(*row, spelling, "");
    case Takes::optional_value: return apply(*row, spelling, word.value.value_or(""));
    case Takes::value: break;
  }
  if (word.value) return apply(*row, spelling, *word.value);

  PM_TRY(const std::string_view value, next_value(spelling));
  return apply(*row, spelling, value);
}

// nginx's letters may stand together ("-tq", "-cFILE"); Traefik's flags may have one dash ("-log.level=debug").
// A known path wins: "-ping" is the section, not "-p ing".
Status Parser::read_letters(std::string_view argument) {
  const Word word = cut(argument);
  if (word.name.size() > 1) {
    if (config::flag_kind(word.name) != FlagKind::unknown) return read_static("-", word);
    const OptionRow* row = find_name(word.name);
    if (row != nullptr && find_letter(word.name[0]) == nullptr) return read_long(argument);
  }
  for (std::size_t i = 0; i < argument.size(); ++i) {
    const std::string spelling = fmt::format("-{}", argument[i]);
    const OptionRow* row = find_letter(argument[i]);
    if (row == nullptr) return unknown_option("-", i == 0 ? word.name : argument.substr(i, 1));

    if (row->takes == Takes::nothing) {
      PM_TRY([[maybe_unused]] auto done, apply(*row, spelling, ""));
      continue;
    }
    if (i + 1 < argument.size()) return apply(*row, spelling, argument.substr(i + 1));

    PM_TRY(const std::string_view value, next_value(spelling));
    return apply(*row, spelling, value);
  }
  return success();
}

// "--a.b.c=v", "--a.b.c v", and "--a.b.c" alone where that means true.
Status Parser::read_static(std::string_view dashes, Word word) {
  const FlagKind kind = config::flag_kind(word.name);
  if (kind == FlagKind::unknown) return unknown_option(dashes, word.name);

  StaticFlag flag{std::string(word.name), "true", false};
  if (word.value) {
    flag.value = *word.value;
  } else if (kind == FlagKind::scalar || kind == FlagKind::list) {
    PM_TRY(const std::string_view value, next_value(fmt::format("{}{}", dashes, word.name)));
    flag.value = value;
  }
  command_.flags.push_back(std::move(flag));
  return success();
}

Status Parser::read_word(std::string_view word) {
  if (!action_spelling_.empty() && command_.action == Action::explain) {
    operands_.emplace_back(word);
    return success();
  }
  std::vector<std::string_view> names;
  for (const VerbRow& row : all_verbs()) {
    if (!row.help.empty()) names.push_back(row.name);
    if (row.name != word) continue;

    switch (row.verb) {
      case Verb::healthcheck: return set_action(Action::healthcheck, word);
      case Verb::version: return set_action(Action::version, word);
      case Verb::explain: return set_action(Action::explain, word);
      case Verb::check_config: return set_action(Action::test, word);
      case Verb::schema: return set_action(Action::schema, word);
      case Verb::manual: return set_action(Action::manual, word);
      case Verb::later: return usage_error(fmt::format("{}: not supported yet", word));
    }
  }
  const std::string_view nearest = text::nearest(word, names);
  if (nearest.empty()) return usage_error(fmt::format("unknown command {}", text::quoted(word)));
  return usage_error(
      fmt::format("unknown command {}; did you mean \"{}\"?", text::quoted(word), nearest));
}

Status Parser::set_action(Action action, std::string_view spelling) {
  // Help and versions answer whatever stands beside them, and the first of them wins.
  if (answers_at_once(command_.action)) return success();
  if (!answers_at_once(action) && !action_spelling_.empty() && command_.action != action) {
    return usage_error(
        fmt::format("\"{}\" and \"{}\" do not go together", action_spelling_, spelling));
  }
  command_.action = action;
  action_spelling_ = spelling;
  return success();
}

Status Parser::set_signal(std::string_view name) {
  struct Row {
    std::string_view name;
    SignalCommand signal;
  };
  constexpr Row rows[] = {
      {"stop", SignalCommand::stop},       {"quit", SignalCommand::quit},
      {"reopen", SignalCommand::reopen},   {"reload", SignalCommand::reload},
      {"upgrade", SignalCommand::upgrade}, {"rollback", SignalCommand::rollback}};
  for (const Row& row : rows) {
    if (row.name != name) continue;
    command_.signal = row.signal;
    return set_action(Action::signal, "-s");
  }
  return usage_error(
      fmt::format("unknown signal {}; write stop, quit, reopen, reload, upgrade or rollback",
                  text::quoted(name)));
}

Status Parser::set_wait(std::string_view value) {
  const auto duration = parse_duration(value.empty() ? "60s" : value);
  if (!duration || duration->count() < 0) {
    return usage_error(
        fmt::format("--wait={}: not a duration; write for example --wait=30s", value));
  }
  command_.wait = *duration;
  return success();
}

Status Parser::set_level(std::string_view name) {
  if (!parse_level(name)) {
    return usage_error(fmt::format(
        "unknown log level {}; write trace, debug, info, notice, warn, error, fatal or panic",
        text::quoted(name)));
  }
  force("log.level", std::string(name));
  return success();
}

Status Parser::set_workers(std::string_view value) {
  const auto count = parse_u64(value);
  const bool is_count = count && *count >= 1 && *count <= 4096;
  if (!is_count && value != "auto") {
    return usage_error(
        fmt::format("-w {}: write a number from 1 to 4096, or auto", text::quoted(value)));
  }
  force("workers", std::string(value));
  return success();
}

Status Parser::set_format(std::string_view value) {
  if (value != "json" && value != "text") {
    return usage_error(fmt::format("--format={}: write json or text", value));
  }
  command_.format = value == "json" ? ReportFormat::json : ReportFormat::text;
  return success();
}

Status Parser::add_header(std::string_view value) {
  const std::size_t colon = value.find(':');
  const std::string_view name = text::trim_blanks(value.substr(0, colon));
  if (colon == std::string_view::npos || !text::is_token(name)) {
    return usage_error(fmt::format("-H {}: write 'Name: value'", text::quoted(value)));
  }
  command_.explain.headers.emplace_back(name, text::trim_blanks(value.substr(colon + 1)));
  return success();
}

// The folder stands behind "=", or alone as the next argument.
Status Parser::set_certificates(std::string_view folder, std::string_view spelling) {
  if (folder.empty() && at_ < arguments_.size() && !arguments_[at_].starts_with('-'))
    folder = arguments_[at_++];
  command_.certificate_folder = folder;
  return set_action(Action::generate_certs, spelling);
}

Status Parser::set_hosts(std::string_view value) {
  for (const std::string_view host : text::split(value, ',')) {
    const std::string_view name = text::trim(host);
    if (name.empty()) return usage_error(fmt::format("--hosts={}: a name is missing", value));
    command_.certificate_hosts.emplace_back(name);
  }
  return success();
}

Status Parser::apply(const OptionRow& row, std::string_view spelling, std::string_view value) {
  if (row.takes == Takes::value && value.empty()) {
    return usage_error(fmt::format("option \"{}\" needs a value", spelling));
  }
  switch (row.option) {
    case Option::config_path: command_.config_path = value; break;
    case Option::prefix: command_.prefix = value; break;
    case Option::error_log: command_.error_log = value; break;
    case Option::directives: command_.directives.emplace_back(value); break;
    case Option::quiet: command_.quiet = true; break;
    case Option::strict: command_.strict = true; break;
    case Option::show_secrets: command_.show_secrets = true; break;
    case Option::debug: debug_ = true; break;
    case Option::daemon: force("daemon", "true"); break;
    case Option::foreground: force("daemon", "false"); break;
    case Option::test: return set_action(Action::test, spelling);
    case Option::dump:
      command_.dump = command_.dump == Dump::none ? Dump::files : Dump::effective;
      return set_action(Action::test, spelling);
    case Option::version: return set_action(Action::version, spelling);
    case Option::build_info: return set_action(Action::build_info, spelling);
    case Option::help: return set_action(Action::help, spelling);
    case Option::signal: return set_signal(value);
    case Option::wait: return set_wait(value);
    case Option::level: return set_level(value);
    case Option::workers: return set_workers(value);
    case Option::format: return set_format(value);
    case Option::header: return add_header(value);
    case Option::generate_certs: return set_certificates(value, spelling);
    case Option::hosts: return set_hosts(value);
  }
  return success();
}

bool Parser::has_flag(std::string_view path) const {
  for (const StaticFlag& flag : command_.flags) {
    if (text::equals_ignore_case(flag.path, path)) return true;
  }
  return false;
}

Status Parser::finish() {
  if (command_.action == Action::explain) {
    if (operands_.size() != 2) {
      return usage_error("explain needs two arguments: explain METHOD URL [-H 'Name: value']");
    }
    command_.explain.method = operands_[0];
    command_.explain.url = operands_[1];
  } else if (!command_.explain.headers.empty() && !answers_at_once(command_.action)) {
    return usage_error("\"-H\" belongs to the command explain");
  }
  if (!debug_) return success();

  if (!has_flag("log.level")) force("log.level", "debug");
  if (!has_flag("daemon")) force("daemon", "false");
  if (!has_flag("workers")) force("workers", "1");
  return success();
}

}  // namespace

Result<Command> parse_command_line(std::span<const std::string> arguments,
                                   const config::Environment& environment) {
  return Parser(arguments, environment).parse();
}

config::LoadRequest load_request(const Command& command, std::string default_path,
                                 std::uint32_t uid) {
  config::LoadRequest request;
  request.path = command.config_path;
  request.prefix = command.prefix;
  request.default_path = std::move(default_path);
  request.directives = command.directives;
  request.flags = command.flags;
  request.environment = command.environment;
  request.uid = uid;
  request.keep_origins = command.dump == Dump::effective;
  return request;
}

}  // namespace pm::process
