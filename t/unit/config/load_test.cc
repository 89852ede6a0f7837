// SPDX-License-Identifier: MIT
#include "config/load.h"

#include "core/text.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <map>
#include <set>

using namespace pm;
using namespace pm::config;

namespace {

// Files in memory. A path that is a proper prefix of another is a folder.
class MemoryReader final : public FileReader {
 public:
  std::map<std::string, std::string> files;
  std::map<std::string, std::uint32_t> owners;
  std::set<std::string> links;

  Result<std::string> read(const std::string& path) override {
    const auto it = files.find(path);
    if (it == files.end()) return Error{Errc::not_found, "", "no such file or directory"};
    return it->second;
  }
  Result<NamedFile> read_as(const std::string& path, std::optional<std::uint32_t>) override {
    PM_TRY(std::string bytes, read(path));
    return NamedFile{std::move(bytes)};
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    std::set<std::string> names;
    for (const auto& [file, text] : files) {
      if (!file.starts_with(path + "/")) continue;
      const std::string rest = file.substr(path.size() + 1);
      names.insert(rest.substr(0, rest.find('/')));
    }
    if (names.empty()) return Error{Errc::not_found, "", "no such file or directory"};
    // In an order that is nobody's.
    return std::vector<std::string>(names.rbegin(), names.rend());
  }
  std::optional<FileInfo> info(const std::string& path) override {
    FileInfo info;
    if (const auto owner = owners.find(path); owner != owners.end()) info.owner = owner->second;
    if (files.contains(path)) return info;
    if (!list(path)) return std::nullopt;
    info.kind = FileKind::directory;
    return info;
  }
  bool is_link(const std::string& path) override { return links.contains(path); }
};

Environment with_variable(std::string name, std::string value) {
  std::map<std::string, std::string, std::less<>> variables;
  variables.emplace(std::move(name), std::move(value));
  return Environment(std::move(variables));
}

}  // namespace

TEST_GROUP(load) {
  MemoryReader disk;
  LoadRequest request;
  Findings findings;

  LoadResult load() {
    findings = Findings();
    return config::load(request, disk, findings);
  }
  LoadResult load_text(std::string text) {
    request.inline_text = std::move(text);
    return load();
  }
  std::string routers(const LoadResult& result) {
    std::string names;
    for (const Router& router : result.config.dynamic.routers) {
      names += (names.empty() ? "" : " ") + router.name;
    }
    return names;
  }
  static std::string router_file(std::string_view name) {
    return "http: {routers: {" + std::string(name) + ": {rule: 'Path(`/`)', service: s}}}\n";
  }
  void check_text(std::string_view expected, const std::string& actual) {
    CHECK_EQUAL(expected, std::string_view(actual));
  }
};

TEST(load, one_file_holds_both_parts) {
  disk.files["/p.yaml"] = "entryPoints: {web: {address: ':81'}}\n" + router_file("r");
  request.path = "/p.yaml";

  const LoadResult result = load();

  check_text("", findings.text());
  CHECK_TRUE(result.usable);
  check_text(":81", result.config.fixed.entry_points[0].address.value);
  check_text("r", routers(result));
  check_text("/p.yaml", result.path);
  check_text("/p.yaml", result.files[0].path);
}

TEST(load, a_missing_file_is_fatal) {
  request.path = "/p.yaml";

  const LoadResult result = load();

  check_text("error: /p.yaml: no such file or directory; check the path and who may read it\n",
             findings.text());
  CHECK_FALSE(result.usable);
}

TEST(load, toml_is_refused) {
  disk.files["/traefik.TOML"] = "[log]";
  request.path = "/traefik.TOML";

  const LoadResult result = load();

  check_text("error: /traefik.TOML: TOML is not supported; convert it to YAML\n", findings.text());
  CHECK_FALSE(result.usable);
}

TEST(load, an_empty_file_is_a_warning) {
  disk.files["/p.yaml"] = "# nothing\n";
  request.path = "/p.yaml";

  const LoadResult result = load();

  CHECK_TRUE(result.usable);
  CHECK_EQUAL(1U, findings.count(Severity::warning));
  CHECK_EQUAL(0U, findings.count(Severity::error));
}

TEST(load, an_unknown_key_at_the_top_is_fatal_and_hides_nothing_else) {
  const LoadResult result = load_text("logg: {level: info}\nlog: {levle: info}\n");

  CHECK_FALSE(result.usable);
  check_text(
      "inline:1:1: error: unknown key \"logg\" at the top of the file; did you mean \"log\"?\n"
      "inline:2:7: error: unknown key \"levle\" in log; did you mean \"level\"?\n",
      findings.text());
}

TEST(load, all_errors_of_both_parts_are_reported) {
  const LoadResult result = load_text("log: {levle: info}\nhttp:\n  routers:\n    r: {ruel: x}\n");

  CHECK_FALSE(result.usable);
  check_text(
      "inline:1:7: error: unknown key \"levle\" in log; did you mean \"level\"?\n"
      "inline:4:9: error: unknown key \"ruel\" in http.routers.r; did you mean \"rule\"?\n",
      findings.text());
}

TEST(load, a_dynamic_part_that_cannot_be_decoded_contributes_nothing) {
  const LoadResult result =
      load_text("workers: 2\nhttp:\n  routers:\n    r: {ruel: x}\n    s: {rule: y}\n");

  CHECK_TRUE(result.usable);
  check_text("", routers(result));
  CHECK_EQUAL(1U, findings.count(Severity::error));
}

TEST(load, a_folder_is_read_in_byte_order) {
  disk.files["/c/b.yml"] = router_file("b");
  disk.files["/c/a.yaml"] = "workers: 3\n" + router_file("a");
  disk.files["/c/B.yaml"] = router_file("c");
  disk.files["/c/readme.txt"] = "no";
  disk.files["/c/sub/d.yaml"] = router_file("d");
  request.path = "/c";

  const LoadResult result = load();

  check_text("", findings.text());
  check_text("/c/B.yaml /c/a.yaml /c/b.yml",
             result.files[0].path + " " + result.files[1].path + " " + result.files[2].path);
  check_text("3", result.config.fixed.workers.value);
  check_text("a b c", routers(result));
}

TEST(load, two_files_of_a_folder_may_not_contradict_each_other) {
  disk.files["/c/a.yaml"] = "workers: 3\n";
  disk.files["/c/b.yaml"] = "log: {level: info}\nworkers: 4\n";
  request.path = "/c";

  const LoadResult result = load();

  CHECK_FALSE(result.usable);
  check_text(
      "/c/b.yaml:2:10: error: workers is set twice: \"4\" here, \"3\" in /c/a.yaml:1:10; keep "
      "one "
      "of them\n",
      findings.text());
}

TEST(load, a_folder_without_yaml_is_fatal) {
  disk.files["/c/a.toml"] = "";
  request.path = "/c";

  CHECK_FALSE(load().usable);
  check_text(
      "warning: /c/a.toml: TOML is not supported and is not read; convert it to YAML\n"
      "error: /c: no *.yml or *.yaml in this folder; name another folder, or a file\n",
      findings.text());
}

TEST(load, flags_win_over_environment_over_file_with_warnings) {
  request.environment = with_variable("TRAEFIK_LOG_LEVEL", "warn");
  request.flags = {{"log.level", "debug"}};

  const LoadResult result = load_text("log:\n  level: info\n");

  CHECK_TRUE(result.usable);
  CHECK_TRUE(result.config.fixed.log.level == Level::debug);
  check_text(
      "environment: warning: log.level: \"warn\" overrides \"info\" of inline:2:10; keep one of "
      "them\n"
      "command line: warning: log.level: \"debug\" overrides \"warn\" of environment; keep one of "
      "them\n",
      findings.text());
}

TEST(load, short_options_win_in_silence) {
  request.flags = {{"workers", "7", true}};

  const LoadResult result = load_text("workers: 2\n");

  check_text("", findings.text());
  check_text("7", result.config.fixed.workers.value);
}

TEST(load, what_g_adds_may_not_contradict_the_file) {
  request.directives = {"workers: 3, log: {level: info}"};

  const LoadResult result = load_text("workers: 2\n");

  CHECK_FALSE(result.usable);
  check_text(
      "-g:1:10: error: workers is set twice: \"3\" here, \"2\" in inline:1:10; keep one of "
      "them\n",
      findings.text());
}

TEST(load, what_g_adds_is_a_flow_mapping) {
  request.directives = {"workers: 3", "{log: {level: info}}"};

  const LoadResult result = load_text("global: {checkNewVersion: false}\n");

  check_text("", findings.text());
  check_text("3", result.config.fixed.workers.value);
  CHECK_TRUE(result.config.fixed.log.level == Level::info);
}

TEST(load, what_g_adds_needs_values_and_static_keys) {
  request.directives = {"http: {routers: {r: {rule: x}}}", "workers", "{"};

  const LoadResult result = load_text("log: {level: info}\n");

  CHECK_FALSE(result.usable);
  CHECK_EQUAL(3U, findings.count(Severity::error));
  check_text("-g:1:1: error: \"http\" belongs to the dynamic part; write it in a file",
             findings.line(findings.all()[0]));
  check_text("-g:1:1: error: \"workers\" has no value; write KEY: VALUE, as in -g 'daemon: false'",
             findings.line(findings.all()[1]));
}

TEST(load, variables_are_expanded_in_static_values_only) {
  request.environment = with_variable("PORT", "8081");

  const LoadResult result = load_text(
      "entryPoints: {web: {address: ':${PORT}'}}\n"
      "http: {routers: {r: {rule: 'Path(`/${PORT}`)', service: s}}}\n");

  check_text("", findings.text());
  check_text(":8081", result.config.fixed.entry_points[0].address.value);
  check_text("Path(`/${PORT}`)", result.config.dynamic.routers[0].rule.value);
}

TEST(load, an_undefined_variable_is_an_error_with_its_place) {
  const LoadResult result = load_text("log:\n  level: ${NOTHING}\n");

  CHECK_FALSE(result.usable);
  check_text(
      "inline:2:10: error: the variable NOTHING is not set; set it, or write ${NOTHING:-default}",
      findings.line(findings.all()[0]));
}

TEST(load, a_provider_file_is_a_template_and_keeps_its_places) {
  disk.files["/d.yml"] =
      "http:\n  routers:\n{{- range until 2 }}\n    r{{ . }}: {rule: x, service: s}\n{{- end }}\n  "
      "  "
      "t: {ruel: x}\n";

  const LoadResult result = load_text("providers: {file: {filename: /d.yml}}\n");

  CHECK_TRUE(result.usable);
  check_text("/d.yml:6:9: error: unknown key \"ruel\" in http.routers.t; did you mean \"rule\"?\n",
             findings.text());
}

TEST(load, the_main_file_is_no_template) {
  const LoadResult result = load_text("http: {routers: {r: {rule: '{{ x }}', service: s}}}\n");

  check_text("", findings.text());
  check_text("{{ x }}", result.config.dynamic.routers[0].rule.value);
}

TEST(load, a_main_file_that_the_provider_names_is_read_once_as_a_template) {
  disk.files["/etc/t.yml"] =
      "providers: {file: {filename: /etc//t.yml}}\nhttp: {routers: {'{{ \"r\" }}': {rule: x, "
      "service: s}}}\n";
  request.path = "/etc/./t.yml";

  const LoadResult result = load();

  check_text("", findings.text());
  check_text("r", routers(result));
  CHECK_EQUAL(1U, result.files.size());
}

TEST(load, a_provider_folder_is_read_with_the_folders_below_it) {
  disk.files["/d/b.yml"] = router_file("b");
  disk.files["/d/a/z.yaml"] = router_file("z");
  disk.files["/d/c.toml"] = "";
  disk.files["/d/notes"] = "no";
  disk.files["/d/..data/b.yml"] = router_file("twice");
  disk.files["/d/link/l.yml"] = router_file("linked");
  disk.links = {"/d/link"};

  const LoadResult result = load_text("providers: {file: {directory: /d}}\n");

  check_text(
      "inline:1:31: warning: /d/c.toml: TOML is not supported and is not read; convert it to "
      "YAML\n",
      findings.text());
  check_text("b z", routers(result));
  check_text("/d /d/a", result.watch[0] + " " + result.watch[1]);
}

TEST(load, one_broken_file_of_a_folder_does_not_stop_the_others) {
  disk.files["/d/a.yml"] = router_file("a");
  disk.files["/d/b.yml"] = "http: [";
  disk.files["/d/c.yml"] = "{{ wrong }}";
  disk.files["/d/e.yml"] = router_file("e");

  const LoadResult result = load_text("providers: {file: {directory: /d}}\n");

  CHECK_TRUE(result.usable);
  CHECK_EQUAL(2U, findings.count(Severity::error));
  check_text("a e", routers(result));
}

TEST(load, the_first_of_two_equal_names_counts) {
  disk.files["/d/a.yml"] = router_file("r");
  disk.files["/d/b.yml"] = router_file("r");

  const LoadResult result = load_text("providers: {file: {directory: /d}}\n");

  CHECK_EQUAL(1U, findings.count(Severity::warning));
  CHECK_EQUAL(1U, result.config.dynamic.routers.size());
  check_text("/d/a.yml", result.config.sources[result.config.dynamic.routers[0].mark.source]);
}

TEST(load, a_missing_provider_file_leaves_the_rest) {
  const LoadResult result =
      load_text("providers: {file: {filename: /none.yml}}\n" + router_file("r"));

  CHECK_TRUE(result.usable);
  check_text(
      "inline:1:30: error: /none.yml: no such file or directory; check the path and who may read "
      "it\n",
      findings.text());
  check_text("r", routers(result));
}

TEST(load, a_provider_file_has_to_be_yaml) {
  disk.files["/d.toml"] = "";

  const LoadResult result = load_text("providers: {file: {filename: /d.toml}}\n");

  CHECK_TRUE(result.usable);
  check_text("inline:1:30: error: /d.toml: TOML is not supported; convert or rename it\n",
             findings.text());
}

TEST(load, relative_paths_count_from_the_prefix) {
  disk.files["/srv/p.yaml"] = "providers: {file: {filename: d/x.yml}}\n";
  disk.files["/srv/d/x.yml"] = router_file("r");
  request.path = "p.yaml";
  request.prefix = "/srv/";

  const LoadResult result = load();

  check_text("", findings.text());
  check_text("r", routers(result));
}

TEST(load, the_working_directory_is_searched_first) {
  disk.files["config.yaml"] = "workers: 2\n";
  disk.files["/etc/p.yaml"] = "workers: 3\n";
  request.default_path = "/etc/p.yaml";

  const LoadResult result = load();

  check_text("config.yaml", result.path);
  check_text("using the configuration file config.yaml", result.notices[0]);
}

TEST(load, the_file_of_another_user_is_passed_over_in_the_working_directory) {
  disk.files["pointsman.yaml"] = "workers: 2\n";
  disk.owners["pointsman.yaml"] = 1000;
  disk.files["/etc/p.yaml"] = "workers: 3\n";
  request.default_path = "/etc/p.yaml";

  const LoadResult result = load();

  check_text("/etc/p.yaml", result.path);
  check_text(
      "pointsman.yaml belongs to another user and was passed over; name it with -c to use it",
      result.notices[0]);
  CHECK_EQUAL(1U, result.notices.size());
}

TEST(load, the_places_of_traefik_come_last) {
  disk.files["/etc/traefik/traefik.yaml"] = "log: {level: info}\n";
  disk.files["/home/u/pointsman.yaml"] = "workers: 2\n";

  check_text("/etc/traefik/traefik.yaml", load().path);
  request.environment = with_variable("XDG_CONFIG_HOME", "/home/u");
  check_text("/home/u/pointsman.yaml", load().path);
}

TEST(load, without_any_configuration_the_places_are_named) {
  request.default_path = "/etc/p.yaml";

  CHECK_FALSE(load().usable);
  check_text(
      "error: no configuration found; looked for pointsman.yaml, pointsman.yml, config.yaml, "
      "/etc/p.yaml, traefik.yml, /etc/traefik/traefik.yml, /etc/traefik/traefik.yaml; write one "
      "(pointsman.yaml(5)), name one with -c, or give options such as "
      "--entryPoints.web.address=:8080\n",
      findings.text());
}

TEST(load, flags_alone_are_a_configuration) {
  request.flags = {{"entryPoints.web.address", ":8080"}};

  const LoadResult result = load();

  check_text("", findings.text());
  CHECK_TRUE(result.usable);
  check_text("web", result.config.fixed.entry_points[0].name);
}

TEST(load, a_short_option_alone_is_none) {
  request.flags = {{"workers", "1", true}};

  CHECK_FALSE(load().usable);
}

TEST(load, values_know_where_they_came_from) {
  request.flags = {{"workers", "4"}};

  const LoadResult result = load_text("log:\n  level: info\n");

  CHECK_EQUAL(2U, result.origins.find(":log.level")->second.line);
  check_text("command line", result.config.sources[result.origins.find(":workers")->second.source]);
}

// ---- what a document said when it was good last (decisions 8 and 10) ----

TEST(load, a_document_that_cannot_be_decoded_counts_as_it_was) {
  request.last_good = {{"/etc/dyn.yaml", router_file("old")}};
  disk.files = {{"/etc/dyn.yaml", "http: {routers: ["}};

  const LoadResult result = load_text("providers: {file: {filename: /etc/dyn.yaml}}\n");

  check_text("old", routers(result));
  CHECK_TRUE(findings.has_errors());
  CHECK_TRUE(result.usable);
  check_text(router_file("old"), result.documents.at(0).text);
}

TEST(load, a_good_document_is_what_the_next_load_falls_back_on) {
  request.last_good = {{"/etc/dyn.yaml", router_file("old")}};
  disk.files = {{"/etc/dyn.yaml", router_file("new")}};

  const LoadResult result = load_text("providers: {file: {filename: /etc/dyn.yaml}}\n");

  check_text("new", routers(result));
  LONGS_EQUAL(1, result.documents.size());
  check_text(router_file("new"), result.documents[0].text);
}

TEST(load, a_broken_document_of_a_folder_does_not_hold_back_the_others) {
  request.last_good = {{"/d/a.yaml", router_file("old")}, {"/d/gone.yaml", router_file("gone")}};
  disk.files = {{"/d/a.yaml", "http: {nonsense: 1}"}, {"/d/b.yaml", router_file("new")}};

  check_text("new old", routers(load_text("providers: {file: {directory: /d}}\n")));
}

TEST(load, a_document_that_has_just_become_empty_is_being_written) {
  request.last_good = {{"/etc/dyn.yaml", router_file("old")}};
  disk.files = {{"/etc/dyn.yaml", ""}};
  request.now = std::chrono::system_clock::time_point{} + std::chrono::seconds(1);

  const LoadResult soon = load_text("providers: {file: {filename: /etc/dyn.yaml}}\n");
  check_text("old", routers(soon));
  CHECK_TRUE(soon.is_being_written);

  request.now += std::chrono::seconds(2);
  const LoadResult later = load_text("providers: {file: {filename: /etc/dyn.yaml}}\n");
  check_text("", routers(later));
  CHECK_FALSE(later.is_being_written);
}
