// SPDX-License-Identifier: MIT
#include "config/sources.h"

#include "core/text.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace pm::config;

namespace {

// {a: x, b: [y, z]} with quotes around nothing.
std::string flow(const Node& node) {
  std::string out;
  switch (node.kind) {
    case NodeKind::null: return "~";
    case NodeKind::scalar: return node.text;
    case NodeKind::sequence:
      for (const Node& item : node.items)
        out += (out.empty() ? "" : ", ") + flow(item);
      return "[" + out + "]";
    case NodeKind::mapping:
      for (const Entry& entry : node.entries) {
        out += (out.empty() ? "" : ", ") + entry.key + ": " + flow(entry.value);
      }
      return "{" + out + "}";
  }
  return out;
}

std::string shown_with(const Node& node, const Findings& findings) {
  return findings.all().empty() ? flow(node) : findings.line(findings.all()[0]);
}

// Flags cut at blanks.
std::string flags(std::string_view line) {
  std::vector<StaticFlag> given;
  for (std::string_view word : text::split(line, ' ')) {
    const std::size_t equals = word.find('=');
    given.push_back({std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))});
  }
  Findings findings;
  const Node tree = flags_tree(given, findings);
  return shown_with(tree, findings);
}

// Variables cut at blanks.
std::string variables(std::string_view line) {
  std::vector<std::string> words;
  for (std::string_view word : text::split(line, ' '))
    words.emplace_back(word);
  std::vector<const char*> environ;
  for (const std::string& word : words)
    environ.push_back(word.c_str());
  environ.push_back(nullptr);
  Findings findings;
  const Node tree = environment_tree(Environment::from(environ.data()), findings);
  return shown_with(tree, findings);
}

Node scalar(std::string_view text) {
  Node node;
  node.kind = NodeKind::scalar;
  node.text = text;
  return node;
}

// "a.b=x a.c=y | a.b=z": the second line laid over the first.
std::string laid(std::string_view line, Clash clash) {
  Findings findings;
  Node trees[2];
  std::size_t count = 0;
  for (std::string_view half : text::split(line, '|')) {
    std::vector<StaticFlag> given;
    for (std::string_view word : text::split(text::trim(half), ' ')) {
      const std::size_t equals = word.find('=');
      given.push_back({std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))});
    }
    trees[count++] = flags_tree(given, findings);
  }
  lay_over(trees[0], trees[1], clash, findings);
  return shown_with(trees[0], findings);
}

std::string laid_silently(std::string_view line) {
  return laid(line, Clash::silent);
}
std::string laid_with_warning(std::string_view line) {
  return laid(line, Clash::warning);
}
std::string laid_strictly(std::string_view line) {
  return laid(line, Clash::error);
}

std::string kind(std::string_view path) {
  constexpr std::string_view names[] = {"unknown", "section", "boolean", "scalar", "list"};
  return std::string(names[static_cast<std::size_t>(flag_kind(path))]);
}

}  // namespace

TEST_GROUP(sources){};

TEST(sources, flags_become_a_tree) {
  static constexpr Row rows[] = {
      {"log.level=debug", "{log: {level: debug}}"},
      {"ping=true", "{ping: true}"},
      {"entryPoints.web.address=:80 entrypoints.WEB.asDefault=true",
       "{entryPoints: {web: {address: :80, asDefault: true}}}"},
      {"log.level=info LOG.Level=debug", "{log: {level: debug}}"},
      {"ping=true ping.entryPoint=web", "{ping: {entryPoint: web}}"},
      {"ping.entryPoint=web ping=true", "{ping: {entryPoint: web}}"},
      {"ping.entryPoint=web ping=false", "{ping: false}"},
      {"entryPoints.a.forwardedHeaders.trustedIPs=::1 "
       "entryPoints.a.forwardedHeaders.trustedIPs=::2",
       "{entryPoints: {a: {forwardedHeaders: {trustedIPs: ::1,::2}}}}"},
      {"x.list[0].main=a x.list[0].sans=b x.list[1].main=c",
       "{x: {list: [{main: a, sans: b}, {main: c}]}}"},
      {"x.list[1]=b x.list[0]=a", "{x: {list: [a, b]}}"},
  };
  check_rows(rows, flags);
}

TEST(sources, malformed_flags_are_errors) {
  static constexpr Row rows[] = {
      {"log..level=x",
       "command line: error: --log..level: an element of the name is empty; see pointsman.yaml(5) "
       "for the names"},
      {".log=x",
       "command line: error: --.log: an element of the name is empty; see pointsman.yaml(5) for "
       "the names"},
      {"[0].a=x",
       "command line: error: --[0].a: an element of the name is empty; see pointsman.yaml(5) for "
       "the names"},
      {"a[x]=1",
       "command line: error: --a[x]: \"[x]\" is not an index from 0 to 1023; see pointsman.yaml(5) "
       "for the names"},
      {"a[1=1",
       "command line: error: --a[1: \"[1\" is not an index from 0 to 1023; see pointsman.yaml(5) "
       "for the names"},
      {"a[9999]=1",
       "command line: error: --a[9999]: \"[9999]\" is not an index from 0 to 1023; see "
       "pointsman.yaml(5) for the names"},
      {"a[0]b=1",
       "command line: error: --a[0]b: \"b\" is not an index from 0 to 1023; see pointsman.yaml(5) "
       "for the names"},
      {"a[1]=1", "command line: error: a[0] is missing; number the items from 0 without gaps"},
  };
  check_rows(rows, flags);
}

TEST(sources, variables_become_a_tree) {
  static constexpr Row rows[] = {
      {"TRAEFIK_LOG_LEVEL=debug", "{log: {level: debug}}"},
      {"POINTSMAN_LOG_LEVEL=debug", "{log: {level: debug}}"},
      {"TRAEFIK_PING=true", "{ping: true}"},
      {"TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=:80", "{entrypoints: {web: {address: :80}}}"},
      {"PATH=/bin HOME=/root", "{}"},
      {"TRAEFIK_PORT_80_TCP=x TRAEFIK_SERVICE_HOST=y POINTSMAN_FDS=3", "{}"},
      {"traefik_log_level=x TRAEFIK_log_level=x", "{}"},
      {"TRAEFIK_LOGGER=x", "{}"},
      {"TRAEFIK_LOG__LEVEL=x",
       "environment: error: TRAEFIK_LOG__LEVEL: an element of the name is empty; see "
       "pointsman.yaml(5) for the names"},
  };
  check_rows(rows, variables);
}

TEST(sources, our_own_variables_win_with_a_warning) {
  static constexpr Row rows[] = {
      {"POINTSMAN_LOG_LEVEL=a TRAEFIK_LOG_LEVEL=b",
       "environment: warning: log.level: \"a\" overrides \"b\" of environment; keep one of them"},
      {"POINTSMAN_LOG_LEVEL=a TRAEFIK_LOG_LEVEL=a", "{log: {level: a}}"},
  };
  check_rows(rows, variables);
}

TEST(sources, sections_are_laid_over_key_by_key) {
  static constexpr Row rows[] = {
      {"a.b=x a.c=y | A.B=z", "{a: {b: z, c: y}}"},
      {"a.b=x | c.d=y", "{a: {b: x}, c: {d: y}}"},
      {"ping.entryPoint=web | ping=true", "{ping: {entryPoint: web}}"},
      {"ping.entryPoint=web | ping=false", "{ping: false}"},
      {"ping=true | ping.entryPoint=web", "{ping: {entryPoint: web}}"},
  };
  check_rows(rows, laid_silently);
}

TEST(sources, clashes_are_said_when_they_change_something) {
  static constexpr Row rows[] = {
      {"a.b=x | a.b=x", "{a: {b: x}}"},
      {"ping=true | ping.entryPoint=web", "{ping: {entryPoint: web}}"},
      {"a.b=x | a.b=y",
       "command line: warning: a.b: \"y\" overrides \"x\" of command line; keep one of them"},
  };
  check_rows(rows, laid_with_warning);
}

TEST(sources, two_files_may_not_contradict_each_other) {
  static constexpr Row rows[] = {
      {"a.b=x | a.b=x", "{a: {b: x}}"},
      {"a.b=x | a.b=y",
       "command line: error: a.b is set twice: \"y\" here, \"x\" in command line; keep one of "
       "them"},
  };
  check_rows(rows, laid_strictly);
}

TEST(sources, nothing_laid_over_something_changes_nothing) {
  Findings findings;
  Node base = scalar("x");

  lay_over(base, Node(), Clash::error, findings);

  CHECK_EQUAL(std::string_view("x"), std::string_view(flow(base)));
  CHECK_TRUE(findings.all().empty());
}

TEST(sources, the_kind_of_a_flag_comes_from_the_option_tables) {
  static constexpr Row rows[] = {
      {"log", "section"},
      {"log.level", "scalar"},
      {"LOG.LEVEL", "scalar"},
      {"ping", "section"},
      {"workers", "scalar"},
      {"entryPoints", "section"},
      {"entryPoints.web", "section"},
      {"entryPoints.web.asDefault", "boolean"},
      {"entryPoints.web.forwardedHeaders.trustedIPs", "list"},
      {"accessLog.fields.names.RouterName", "scalar"},
      {"http", "unknown"},
      {"http.routers.a.rule", "unknown"},
      {"log.level.more", "unknown"},
      {"nothing", "unknown"},
      {"", "unknown"},
      {".", "unknown"},
  };
  check_rows(rows, kind);
}

TEST(sources, a_wrong_flag_gets_a_suggestion) {
  static constexpr Row rows[] = {
      {"log.fromat", "log.format"}, {"entrypoints.web.adress", "entrypoints.web.address"},
      {"logg.level", "log.level"},  {"logg.zzz", "log"},
      {"level", "log.level"},       {"zzzzzzzz", ""},
      {"log.zzzzzzzz", ""},
  };
  check_rows(rows, nearest_flag);
}
