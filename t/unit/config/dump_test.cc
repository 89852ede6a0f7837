// SPDX-License-Identifier: MIT
#include "config/dump.h"

#include "core/text.h"
#include "t/lib/config_trial.h"
#include "t/lib/maximal_config.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;
using namespace pm::config::trial;

namespace {

std::string dumped(std::string_view yaml, bool show_secrets = true) {
  Trial trial(yaml);
  trial.complete();
  return dump(trial.config, {nullptr, show_secrets});
}

// The lines that hold `key`, trimmed of blanks in front.
std::string lines_with(std::string_view text, std::string_view key) {
  std::string found;
  pm::text::for_each_part(text, '\n', [&](std::string_view line) {
    if (line.find(key) == std::string_view::npos) return;
    found += std::string(line.substr(line.find_first_not_of(' '))) + "\n";
  });
  return found;
}

}  // namespace

TEST_GROUP(dump){};

TEST(dump, reads_back_as_the_same_configuration) {
  const std::string first = dumped(maximal_config);

  CHECK_EQUAL(std::string_view(first.substr(0, first.find("        # sticky"))),
              std::string_view(dumped(first)).substr(0, first.find("        # sticky")));
}

TEST(dump, of_the_defaults_reads_back_without_a_finding) {
  const std::string first = dumped(
      "ping: {entryPoint: http}\naccessLog: {}\nproviders: {file: {filename: a, watch: false}}");

  CHECK_EQUAL(std::string_view("ok"), std::string_view(Trial(first).found()));
  CHECK_EQUAL(std::string_view(first), std::string_view(dumped(first)));
}

TEST(dump, every_value_has_the_place_it_came_from) {
  Trial trial("log:\n  level: info\nhttp: {routers: {r: {rule: x}}}");
  trial.complete();

  const std::string text = dump(trial.config, {&trial.origins, false});

  CHECK_EQUAL(
      std::string_view("level: info                                             # f:2:10\n"),
      std::string_view(lines_with(text, "level:")));
  CHECK_EQUAL(std::string_view("rule: x                                             # f:3:28\n"),
              std::string_view(lines_with(text, "rule:")));
  CHECK_EQUAL(
      std::string_view("workerConnections: 65536                                  # default\n"),
      std::string_view(lines_with(text, "workerConnections")));
}

TEST(dump, a_source_without_lines_is_named_alone) {
  Trial trial("");
  const std::uint32_t flags = trial.findings.add_source("command\nline");
  trial.config.fixed.pid_path = "/p";
  trial.origins[":pid"] = {flags, 0, 0};
  trial.complete();

  CHECK_EQUAL(std::string_view(
                  "pid: /p                                                   # command\\x0aline\n"),
              std::string_view(lines_with(dump(trial.config, {&trial.origins, false}), "pid:")));
}

TEST(dump, credentials_are_hidden_unless_asked_for) {
  const std::string hidden = dumped(maximal_config, false);

  CHECK_EQUAL(
      std::string_view("- url: \"http://<redacted>@10.0.0.1:80/x\"\n- url: \"http://10.0.0.2\"\n"),
      std::string_view(lines_with(hidden, "url:")));
  CHECK_EQUAL(std::string_view("auth: {basicAuth: {users: [\"<redacted>\"]}}\n"),
              std::string_view(lines_with(hidden, "auth:")));
  CHECK_EQUAL(std::string_view("auth: {basicAuth: {users: [\"u:$apr1$x\"]}}\n"),
              std::string_view(lines_with(dumped(maximal_config), "auth:")));
}

TEST(dump, a_tree_of_somebody_else_keeps_numbers_and_texts_apart) {
  CHECK_EQUAL(std::string_view("strip: {stripPrefix: {prefixes: [/a, \"/b c\"], count: 5, f: 1.50, "
                               "\"on\": true, e: \"\", z: null}}\n"),
              std::string_view(lines_with(dumped(maximal_config), "strip:")));
}

TEST(dump, what_is_not_there_yet_is_a_comment) {
  CHECK_EQUAL(
      std::string_view("# sticky is not supported yet\n"
                       "# passiveHealthCheck is not supported yet\n"
                       "# mirroring is not supported yet\n# failover is not supported yet\n"),
      std::string_view(lines_with(dumped(maximal_config), "#")));
}

TEST(dump, a_section_with_nothing_to_say_says_that_it_is_there) {
  CHECK_EQUAL(std::string_view("healthCheck:\nhealthCheck: true\n"),
              std::string_view(lines_with(dumped(maximal_config), "healthCheck:")));
}

TEST(dump, a_field_that_looks_secret_is_hidden) {
  CHECK_EQUAL(std::string_view("X-Token: \"<redacted>\"\n"),
              std::string_view(lines_with(dump(Trial(maximal_config).config), "X-Token:")));
}
