// SPDX-License-Identifier: MIT
#include "process/cli.h"

#include "core/text.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace pm::process;

namespace {

Result<Command> parse(std::string_view line) {
  std::vector<std::string> arguments;
  if (!line.empty()) {
    for (std::string_view word : text::split(line, ' ')) {
      arguments.push_back(text::replace_all(word, "_", " "));
    }
  }
  return parse_command_line(arguments, config::Environment());
}

std::string action_name(const Command& command) {
  constexpr std::string_view names[] = {"serve", "test",        "signal",  "version", "build",
                                        "help",  "healthcheck", "explain", "schema",  "manual"};
  return std::string(names[static_cast<std::size_t>(command.action)]);
}

// What was asked for, or the sentence that refuses it. Words are cut at blanks, "_" stands for a blank.
std::string action(std::string_view line) {
  auto command = parse(line);
  return command ? action_name(command.value()) : command.error().what;
}

std::string flags(std::string_view line) {
  auto command = parse(line);
  if (!command) return command.error().what;
  std::string out;
  for (const config::StaticFlag& flag : command->flags) {
    out += (out.empty() ? "" : " ") + flag.path + "=" + flag.value + (flag.forced ? "!" : "");
  }
  return out;
}

std::string settings(std::string_view line) {
  auto command = parse(line);
  if (!command) return command.error().what;
  std::string out = action_name(command.value());
  if (!command->config_path.empty()) out += " c=" + command->config_path;
  if (!command->prefix.empty()) out += " p=" + command->prefix;
  if (!command->error_log.empty()) out += " e=" + command->error_log;
  for (const std::string& directive : command->directives)
    out += " g=" + directive;
  if (command->quiet) out += " quiet";
  if (command->strict) out += " strict";
  if (command->show_secrets) out += " secrets";
  if (command->format == ReportFormat::json) out += " json";
  if (command->dump == Dump::files) out += " files";
  if (command->dump == Dump::effective) out += " effective";
  if (command->wait) out += " wait=" + format_duration(*command->wait);
  return out;
}

std::string signal_name(std::string_view line) {
  auto command = parse(line);
  if (!command) return command.error().what;
  constexpr std::string_view names[] = {"stop", "quit", "reopen", "reload", "upgrade", "rollback"};
  return std::string(names[static_cast<std::size_t>(command->signal)]);
}

std::string explained(std::string_view line) {
  auto command = parse(line);
  if (!command) return command.error().what;
  std::string out = command->explain.method + " " + command->explain.url;
  for (const auto& [name, value] : command->explain.headers)
    out += " [" + name + "=" + value + "]";
  return out;
}

}  // namespace

TEST_GROUP(cli){};

TEST(cli, an_option_or_a_command_says_what_to_do) {
  static constexpr Row rows[] = {
      {"", "serve"},
      {"-t", "test"},
      {"-T", "test"},
      {"--validate", "test"},
      {"--validate-config", "test"},
      {"--VALIDATE", "test"},
      {"check-config", "test"},
      {"-s stop", "signal"},
      {"-v", "version"},
      {"version", "version"},
      {"--version", "version"},
      {"-V", "build"},
      {"-h", "help"},
      {"-?", "help"},
      {"--help", "help"},
      {"healthcheck", "healthcheck"},
      {"schema", "schema"},
      {"manual", "manual"},
      {"explain GET /", "explain"},
      {"-t check-config", "test"},
      {"-t -h", "help"},
      {"-h -s stop", "help"},
      {"-v -t", "version"},
  };
  check_rows(rows, action);
}

TEST(cli, wrong_usage_is_refused_with_a_sentence) {
  static constexpr Row rows[] = {
      {"--foo-bar-baz", "unknown option \"--foo-bar-baz\" (try -h)"},
      {"--validte", "unknown option \"--validte\"; did you mean \"--validate\"? (try -h)"},
      {"-x", "unknown option \"-x\" (try -h)"},
      {"-tx", "unknown option \"-x\" (try -h)"},
      {"frobnicate", "unknown command \"frobnicate\" (try -h)"},
      {"healthchek", "unknown command \"healthchek\"; did you mean \"healthcheck\"? (try -h)"},
      {"status", "status: not supported yet (try -h)"},
      {"completion", "completion: not supported yet (try -h)"},
      {"--hosts=a,,b", "--hosts=a,,b: a name is missing (try -h)"},
      {"--config", "option \"--config\" needs a value (try -h)"},
      {"--config=", "option \"--config\" needs a value (try -h)"},
      {"--strict=maybe", "option \"--strict\" takes no value (try -h)"},
      {"-t -s stop", "\"-t\" and \"-s\" do not go together (try -h)"},
      {"-t healthcheck", "\"-t\" and \"healthcheck\" do not go together (try -h)"},
      {"-l loud",
       "unknown log level \"loud\"; write trace, debug, info, notice, warn, error, fatal or panic "
       "(try -h)"},
      {"-w 0", "-w \"0\": write a number from 1 to 4096, or auto (try -h)"},
      {"-w many", "-w \"many\": write a number from 1 to 4096, or auto (try -h)"},
      {"--wait=soon", "--wait=soon: not a duration; write for example --wait=30s (try -h)"},
      {"--format=xml", "--format=xml: write json or text (try -h)"},
      {"explain GET",
       "explain needs two arguments: explain METHOD URL [-H 'Name: value'] (try -h)"},
      {"explain GET / more",
       "explain needs two arguments: explain METHOD URL [-H 'Name: value'] (try -h)"},
      {"explain GET / -H nonsense", "-H \"nonsense\": write 'Name: value' (try -h)"},
      {"-t -H a:b", "\"-H\" belongs to the command explain (try -h)"},
  };
  check_rows(rows, action);
}

TEST(cli, signals_are_sent_by_name) {
  static constexpr Row rows[] = {
      {"-s stop", "stop"},
      {"-s quit", "quit"},
      {"-sreopen", "reopen"},
      {"-s reload", "reload"},
      {"-s upgrade", "upgrade"},
      {"-s rollback", "rollback"},
      {"-s halt",
       "unknown signal \"halt\"; write stop, quit, reopen, reload, upgrade or rollback (try -h)"},
      {"-s", "option \"-s\" needs a value (try -h)"},
  };
  check_rows(rows, signal_name);
}

TEST(cli, letters_may_stand_together_and_values_next_to_them) {
  static constexpr Row rows[] = {
      {"-tq", "test quiet"},
      {"-Tq", "test quiet files"},
      {"-TT", "test effective"},
      {"-T -T", "test effective"},
      {"-qtc a.yml", "test c=a.yml quiet"},
      {"-tca.yml", "test c=a.yml"},
      {"-c ./a.b.yml", "serve c=./a.b.yml"},
      {"-c./a.b.yml", "serve c=./a.b.yml"},
      {"-p /srv -e stderr", "serve p=/srv e=stderr"},
      {"-g daemon:_false -g workers:_2", "serve g=daemon: false g=workers: 2"},
      {"--configFile=a.yml", "serve c=a.yml"},
      {"--configfile a.yml", "serve c=a.yml"},
      {"-configFile=a.yml", "serve c=onfigFile=a.yml"},
      {"--config=a.yml --strict --format=json -t", "test c=a.yml strict json"},
      {"-TT --show-secrets", "test secrets effective"},
      {"-s stop --wait", "signal wait=1m0s"},
      {"-s stop --wait=5s", "signal wait=5s"},
  };
  check_rows(rows, settings);
}

TEST(cli, static_options_are_flags_as_in_traefik) {
  static constexpr Row rows[] = {
      {"--entryPoints.web.address=:80", "entryPoints.web.address=:80"},
      {"--entryPoints.web.address :80", "entryPoints.web.address=:80"},
      {"-log.level=debug", "log.level=debug"},
      {"-log.level debug", "log.level=debug"},
      {"-ping", "ping=true"},
      {"--ping --accesslog", "ping=true accesslog=true"},
      {"--ping=false", "ping=false"},
      {"--PING.ENTRYPOINT=web", "PING.ENTRYPOINT=web"},
      {"--entryPoints.web.asDefault healthcheck", "entryPoints.web.asDefault=true"},
      {"--entrypoints.web.forwardedHeaders.trustedIPs 10.0.0.0/8,::1",
       "entrypoints.web.forwardedHeaders.trustedIPs=10.0.0.0/8,::1"},
      {"--accesslog.fields.names.ClientUsername drop",
       "accesslog.fields.names.ClientUsername=drop"},
      {"--log.level", "option \"--log.level\" needs a value (try -h)"},
      {"--log.levle=x", "unknown option \"--log.levle\"; did you mean \"--log.level\"? (try -h)"},
      {"--entrypoints.web.adress=:80",
       "unknown option \"--entrypoints.web.adress\"; did you mean \"--entrypoints.web.address\"? "
       "(try -h)"},
      {"--log.level.deeper=x", "unknown option \"--log.level.deeper\" (try -h)"},
  };
  check_rows(rows, flags);
}

TEST(cli, short_options_stand_for_static_ones_and_win) {
  static constexpr Row rows[] = {
      {"-l info", "log.level=info!"},
      {"-w 4", "workers=4!"},
      {"-w auto", "workers=auto!"},
      {"-D", "daemon=true!"},
      {"-f", "daemon=false!"},
      {"--foreground", "daemon=false!"},
      {"-d", "log.level=debug! daemon=false! workers=1!"},
      {"-d -w 3", "workers=3! log.level=debug! daemon=false!"},
      {"-l info --debug", "log.level=info! daemon=false! workers=1!"},
  };
  check_rows(rows, flags);
}

TEST(cli, explain_takes_a_request) {
  static constexpr Row rows[] = {
      {"explain GET http://a/b", "GET http://a/b"},
      {"explain GET / -H Host:_a.example -H X-A:1", "GET / [Host=a.example] [X-A=1]"},
      {"-H X-A:_b_ -c a.yml explain GET /", "GET / [X-A=b]"},
      {"explain -- GET -odd", "GET -odd"},
  };
  check_rows(rows, explained);
}

TEST(cli, a_load_request_carries_what_was_asked_for) {
  auto command = parse("-c a.yml -p /srv -g workers:_2 --log.level=info");

  const config::LoadRequest request = load_request(command.value(), "/etc/p.yaml", 1000);

  CHECK_EQUAL(std::string_view("a.yml"), std::string_view(request.path));
  CHECK_EQUAL(std::string_view("/srv"), std::string_view(request.prefix));
  CHECK_EQUAL(std::string_view("/etc/p.yaml"), std::string_view(request.default_path));
  CHECK_EQUAL(1U, request.directives.size());
  CHECK_EQUAL(1U, request.flags.size());
  CHECK_EQUAL(1000U, request.uid);
}
