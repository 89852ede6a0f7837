// SPDX-License-Identifier: MIT
#include "config/validate.h"

#include "config/options.h"
#include "t/lib/config_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;
using namespace pm::config::trial;

namespace {

std::string validated(std::string_view yaml) {
  Trial trial(yaml);
  trial.complete();
  return trial.found();
}

std::string entry_points(std::string_view yaml) {
  Trial trial(yaml);
  trial.complete();
  std::string text;
  for (const EntryPoint& e : trial.config.fixed.entry_points)
    text += e.name + e.address.value + " ";
  return text;
}

}  // namespace

TEST_GROUP(validate) {
  Findings findings;

  Dynamic document(std::string_view file, std::string_view yaml) {
    Node root;
    Dynamic dynamic;
    parse_yaml(yaml, findings.add_source(std::string(file)), findings, root);
    decode_dynamic(root, "file", findings, dynamic);
    return dynamic;
  }
};

TEST(validate, entry_points_that_are_implied_are_added) {
  static constexpr Row rows[] = {
      {"{}", "http:80 "},
      {"ping: {}", "http:80 traefik:8080 "},
      {"ping: {manualRouting: true}", "http:80 "},
      {"ping: {entryPoint: http}", "http:80 "},
      {"entryPoints: {web: {address: ':81'}}", "web:81 "},
      {"entryPoints: {web: {address: ':81'}}\nping: {}", "web:81 traefik:8080 "},
      {"entryPoints: {traefik: {address: ':81'}}\nping: {}", "traefik:81 "},
  };

  check_rows(rows, entry_points);
}

TEST(validate, names_of_the_static_part_lead_somewhere) {
  static constexpr Row rows[] = {
      {"entryPoints: {web: {address: ':81'}}\nping: {entryPoint: wbe}",
       "2:20: error: ping.entryPoint \"wbe\": no entry point of that name; did you mean \"web\"?"},
      {"entryPoints: {web: {address: ':81'}}\nping: {entryPoint: wbe, manualRouting: true}", "ok"},
      {"entryPoints: {web: {address: ':81'}}\nmetrics: {prometheus: {entryPoint: wbe, "
       "manualRouting: true}}",
       "ok"},
      {"api: {insecure: true, basePath: /x}\nentryPoints: {web: {address: ':81'}}",
       "1:33: error: api.basePath has no effect beside api.insecure; take one of them out"},
      {"entryPoints: {a: {address: ':81'}, b: {address: ':81'}}",
       "1:49: error: entryPoints.b.address \":81\" is also that of entry point \"a\"; choose "
       "another port"},
      {"entryPoints: {a: {address: ':0'}, b: {address: ':0'}}", "ok"},
      {"entryPoints: {a: {address: '127.0.0.1:81'}, b: {address: '127.0.0.2:81'}}", "ok"},
      {"providers: {file: {watch: false}}",
       "error: providers.file names neither a file nor a directory; give it filename or directory"},
      {"providers: {file: {filename: a, directory: b}}",
       "1:30: warning: providers.file.filename has no effect beside directory; keep one of them"},
  };

  check_rows(rows, [](std::string_view in) {
    Trial trial(in);
    trial.complete();
    std::string text = trial.findings.text();
    if (text.empty()) return std::string("ok");
    text.pop_back();
    return text.starts_with("f:") ? text.substr(2) : text;
  });
}

TEST(validate, a_redirection_without_a_target_is_an_error_and_absent) {
  static constexpr Row rows[] = {
      {"to: ':443'", "yes"},
      {"to: other", "yes"},
      {"to: ':0'",
       "no, 1:109: error: entryPoints.web.http.redirections.entryPoint.to \":0\": no entry point "
       "of that name, so "
       "nothing is redirected; name one of entryPoints"},
      {"to: othr",
       "no, 1:109: error: entryPoints.web.http.redirections.entryPoint.to \"othr\": no entry point "
       "of that name, so "
       "nothing is redirected; did you mean \"other\"?"},
      {"scheme: http",
       "no, 1:104: error: entryPoints.web.http.redirections.entryPoint has no target, so nothing "
       "is redirected; "
       "give it to: with an entry point or a \":PORT\""},
  };

  check_rows(rows, [](std::string_view in) {
    Trial trial(
        "entryPoints: {other: {address: ':82'}, web: {address: ':81', http: {redirections:    "
        "{entryPoint:      {" +
        std::string(in) + "}}}}}");
    trial.complete();
    const bool is_there = trial.config.fixed.entry_points[1].http.redirection.has_value();
    return is_there ? std::string("yes") : "no, " + trial.found();
  });
}

TEST(validate, middlewares_that_this_build_does_not_have_are_broken) {
  static constexpr Row rows[] = {
      {"compress: {}",
       "1:26: error: http.middlewares.m: type \"compress\" is not supported yet; routers that use "
       "it are disabled"},
      {"STRIPPREFIX: {}", "ok"},
      {"stripPrefx: {}",
       "1:26: error: http.middlewares.m: unknown type \"stripPrefx\"; did you mean "
       "\"stripPrefix\"?"},
      {"zzzzzzzz: {}",
       "1:26: error: http.middlewares.m: unknown type \"zzzzzzzz\"; routers that use it are "
       "disabled"},
  };
  static constexpr MiddlewareType built[] = {{"stripPrefix", "takes a prefix off"}};

  check_rows(rows, [](std::string_view in) {
    Trial trial("http: {middlewares: {m: {" + std::string(in) + "}}}");
    trial.complete(built);
    return trial.found();
  });
}

TEST(validate, broken_objects_do_not_refuse_the_configuration) {
  Trial trial("http: {middlewares: {m: {compress: {}}}}");

  CHECK(validate(trial.config, trial.findings));
}

TEST(validate, merged_documents_stand_in_order_of_name_and_the_first_of_a_name_counts) {
  std::vector<Dynamic> documents;
  documents.push_back(document("a.yml", "http: {routers: {z: {rule: one}, b: {rule: one}}}"));
  documents.push_back(document("b.yml",
                               "http: {routers: {b: {rule: two}, a: {rule: two}}, services: {s: "
                               "{weighted: {services: []}}}}"));

  const Dynamic merged = merge(std::move(documents), findings);

  UNSIGNED_LONGS_EQUAL(3, merged.routers.size());
  CHECK_EQUAL(std::string_view("a"), std::string_view(merged.routers[0].name));
  CHECK_EQUAL(std::string_view("one"), std::string_view(merged.routers[1].rule.value));
  CHECK_EQUAL(std::string_view("z"), std::string_view(merged.routers[2].name));
  CHECK_EQUAL(std::string_view("b.yml:1:18: warning: router \"b\" is defined already at "
                               "a.yml:1:34, so this one is left out; "
                               "give it another name\n"),
              std::string_view(findings.text()));
}

TEST(validate, objects_of_two_providers_may_share_a_name) {
  std::vector<Dynamic> documents(2);
  documents[0].routers.resize(1);
  documents[0].routers[0].provider = "http";
  documents[1].routers.resize(1);
  documents[1].routers[0].provider = "file";

  const Dynamic merged = merge(std::move(documents), findings);

  UNSIGNED_LONGS_EQUAL(2, merged.routers.size());
  CHECK_EQUAL(std::string_view("file"), std::string_view(merged.routers[0].provider));
}

TEST(validate, everything_that_is_wrong_is_said) {
  CHECK_EQUAL(std::string_view("1:20: error: ping.entryPoint \"nowhere\": no entry point of that "
                               "name; name one of entryPoints"),
              std::string_view(validated("ping: {entryPoint: nowhere}")));
}

TEST(validate, the_entry_point_of_our_own_services_is_made_where_it_is_missing) {
  static constexpr Row rows[] = {
      {"api: {}", "none"},
      {"api: {insecure: true}", "127.0.0.1:8080"},
      {"api: {insecure: true}\nping: {}", ":8080"},
      {"api: {insecure: true}\nentryPoints: {traefik: {address: ':9'}, web: {address: ':81'}}",
       ":9"},
      {"metrics: {prometheus: {}}", ":8080"},
      {"metrics: {prometheus: {manualRouting: true}}", "none"},
  };

  check_rows(rows, [](std::string_view in) {
    Trial trial(in);
    trial.complete();
    for (const EntryPoint& entry_point : trial.config.fixed.entry_points) {
      if (entry_point.name == "traefik") return entry_point.address.value;
    }
    return std::string("none");
  });
}
