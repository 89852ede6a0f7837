// SPDX-License-Identifier: MIT
#include "rules/compile.h"

#include "runtime/modules.h"
#include "t/lib/sample_request.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using rules::Syntax;

namespace {

std::string compiled(std::string_view text, Syntax syntax = Syntax::v3) {
  const rules::Compiled result = rules::compile(text, syntax, all_modules.matchers);
  if (result.rule) return "good";
  const std::string what = std::to_string(result.error.offset) + ": " + result.error.what;
  return result.error.advice.empty() ? what : what + "; " + result.error.advice;
}

rules::RuleError error_of(std::string_view text, Syntax syntax = Syntax::v3) {
  return rules::compile(text, syntax, all_modules.matchers).error;
}

// Without the advice.
std::string faulted(std::string_view text, Syntax syntax = Syntax::v3) {
  if (compiled(text, syntax) == "good") return "good";
  const rules::RuleError error = error_of(text, syntax);
  return std::to_string(error.offset) + ": " + error.what;
}

std::string compiled_v2(std::string_view text) {
  return compiled(text, Syntax::v2);
}

// "host/path" of every key, in order.
std::string keys_of(std::string_view text) {
  const rules::Compiled result = rules::compile(text, Syntax::v3, all_modules.matchers);
  std::string out;
  if (!result.rule) return result.error.what;
  for (const rules::IndexKey& key : result.rule->keys()) {
    if (!out.empty()) out += ' ';
    out.append(key.exact_host).append("|").append(key.path_prefix);
  }
  return out;
}

bool matches(std::string_view rule, std::string_view request, Syntax syntax = Syntax::v3) {
  const rules::Compiled result = rules::compile(rule, syntax, all_modules.matchers);
  SampleRequest sample(request);
  CHECK_TRUE(result.rule != nullptr);
  return result.rule->matches(sample.request());
}

}  // namespace

TEST_GROUP(rule_compile){};

TEST(rule_compile, names_have_four_spellings) {
  const Row rows[] = {
      {"PathPrefix(`/`)", "good"},
      {"pathprefix(`/`)", "good"},
      {"PATHPREFIX(`/`)", "good"},
      {"Pathprefix(`/`)", "good"},
      {"pathPrefix(`/`)", "0: unknown matcher \"pathPrefix\"; did you mean \"PathPrefix\"?"},
  };
  check_rows(rows, [](std::string_view text) { return compiled(text); });
}

TEST(rule_compile, unknown_names_get_advice) {
  const Row rows[] = {
      {"Hots(`a`)", "0: unknown matcher \"Hots\"; did you mean \"Host\"?"},
      {"Host(`a`) && Headers(`a`, `b`)",
       "13: unknown matcher \"Headers\"; did you mean \"Header\"?"},
      {"HostHeader(`a`)", "0: unknown matcher \"HostHeader\"; it belongs to ruleSyntax v2"},
      {"Nope(`x`)",
       "0: unknown matcher \"Nope\"; matchers are ClientIP, Header, HeaderRegexp, Host, "
       "HostRegexp, Method, Path, PathPrefix, "
       "PathRegexp, Query, QueryRegexp"},
  };
  check_rows(rows, [](std::string_view text) { return compiled(text); });
}

TEST(rule_compile, arguments_are_judged) {
  const Row rows[] = {
      {"Host(`a`, `b`)", "5: Host: takes 1 argument, not 2"},
      {"Header(`a`)", "7: Header: takes 2 arguments, not 1"},
      {"Query(`a`, `b`, `c`)", "6: Query: takes 1 or 2 arguments, not 3"},
      {"Host(`b\xc3\xbc"
       "cher.test`)",
       "5: Host: name must be ASCII"},
      {"HostRegexp(`b\xc3\xbc"
       "cher`)",
       "11: HostRegexp: expression must be ASCII"},
      {"Path(`x`)", "5: Path: argument must start with \"/\""},
      {"PathPrefix(`x`)", "11: PathPrefix: argument must start with \"/\""},
      {"ClientIP(`10.0.0.0/33`)", "9: ClientIP: \"10.0.0.0/33\" is neither an address nor a block"},
  };
  check_rows(rows, [](std::string_view text) { return faulted(text); });
}

TEST(rule_compile, every_refusal_says_what_to_do) {
  const std::string_view rules[] = {"Host(`a`, `b`)",     "Header(`a`)",   "Path(`x`)",
                                    "PathPrefix(`x`)",    "ClientIP(`x`)", "PathRegexp(`(`)",
                                    "Host(`a`",           "Host(`a` `b`)", "Hots(`a`)",
                                    "HostRegexp(`\xc3`)", "Host(``)",      "Host()"};
  for (const std::string_view rule : rules) {
    CHECK_TRUE_TEXT(!error_of(rule).advice.empty(), std::string(rule).c_str());
  }
}

TEST(rule_compile, broken_expressions_are_refused) {
  const Row rows[] = {
      {"HostRegexp(`(`)", "11"},
      {"PathRegexp(`[`)", "11"},
      {"HeaderRegexp(`X`, `(?=a)`)", "13"},
      {"QueryRegexp(`k`, `*`)", "12"},
  };
  check_rows(rows, [](std::string_view text) { return compiled(text).substr(0, 2); });
}

TEST(rule_compile, v2_functions_take_lists) {
  const Row rows[] = {
      {"Host(`a`, `b`)", "good"},
      {"HostHeader(`a`)", "good"},
      {"Headers(`X-A`, `1`)", "good"},
      {"Headers(`X-A`)", "8: Headers: takes 2 arguments, not 1"},
      {"Method(`GET`, `POST`)", "good"},
      {"ClientIP(`10.0.0.1`, `x`)", "21: ClientIP: \"x\" is neither an address nor a block"},
      {"Query(`k`)", "6: Query: argument has no \"=\""},
      {"Path(`/u/{id`)", "5: Path: template \"/u/{id\" has a brace without its partner"},
      {"Path(`/u/}`)", "5: Path: template \"/u/}\" has a brace without its partner"},
      {"Path(`/u/{:x}`)",
       "5: Path: template \"/u/{:x}\" must be written {name} or {name:expression}"},
      {"PathRegexp(`/`)", "0: unknown matcher \"PathRegexp\""},
  };
  check_rows(rows, [](std::string_view text) { return faulted(text, Syntax::v2); });
}

TEST(rule_compile, a_stray_parenthesis_does_not_open_a_template) {
  CHECK_FALSE(compiled_v2("PathPrefix(`/a/{x:b)|(?:c}`)") == "good");
}

TEST(rule_compile, v2_lists_mean_or) {
  CHECK_TRUE(matches("Host(`one.test`, `two.test`)", "GET / host=two.test", Syntax::v2));
  CHECK_TRUE(matches("Method(`GET`, `put`)", "PUT / host=x", Syntax::v2));
  CHECK_FALSE(matches("!Host(`one.test`, `two.test`)", "GET / host=two.test", Syntax::v2));
}

TEST(rule_compile, v2_templates_are_anchored) {
  CHECK_TRUE(matches("PathPrefix(`/u/{id:[0-9]+}`)", "GET /u/12/x host=h", Syntax::v2));
  CHECK_FALSE(matches("PathPrefix(`/u/{id:[0-9]+}`)", "GET /u/x host=h", Syntax::v2));
  CHECK_FALSE(matches("PathPrefix(`/u/{id}`)", "GET /a/u/1 host=h", Syntax::v2));
  CHECK_FALSE(matches("Path(`/u/{id}`)", "GET /u/1/2 host=h", Syntax::v2));
  CHECK_FALSE(matches("Path(`/u.{id}`)", "GET /uxa host=h", Syntax::v2));
  CHECK_TRUE(matches("Path(`/u/{id:[a-z]{2}}`)", "GET /u/ab host=h", Syntax::v2));
  CHECK_TRUE(matches("HostRegexp(`{sub:[a-z]+}.re.test`)", "GET / host=abc.re.test", Syntax::v2));
  CHECK_TRUE(matches("HostRegexp(`{sub:[A-Z]+}.RE.test`)", "GET / host=abc.re.test", Syntax::v2));
  CHECK_FALSE(
      matches("HostRegexp(`{sub:[a-z]+}.re.test`)", "GET / host=abc.re.test.x", Syntax::v2));
}

TEST(rule_compile, v2_hosts_know_no_wildcards) {
  CHECK_FALSE(matches("Host(`*.wild.test`)", "GET / host=x.wild.test", Syntax::v2));
}

TEST(rule_compile, v2_queries_are_pairs) {
  CHECK_TRUE(matches("Query(`k=v`)", "GET /?k=v host=h", Syntax::v2));
  CHECK_FALSE(matches("Query(`k=v`)", "GET /?k=w host=h", Syntax::v2));
  CHECK_TRUE(matches("Query(`k=`)", "GET /?k=w host=h", Syntax::v2));
}

TEST(rule_compile, the_asterisk_is_everything) {
  CHECK_TRUE(matches("*", "GET /x"));
  CHECK_TRUE(matches(" * ", "GET / host=h"));
  LONGS_EQUAL(1, rules::default_priority(" * "));
}

TEST(rule_compile, the_default_priority_counts_bytes_as_written) {
  LONGS_EQUAL(34, rules::default_priority("HostRegexp(`[a-z]+\\.traefik\\.com`)"));
  LONGS_EQUAL(12, rules::default_priority(" Path(`/\xc3\xa9`)"));
}

TEST(rule_compile, keys_are_what_must_hold) {
  const Row rows[] = {
      {"Host(`A.test`)", "a.test|"},
      {"Host(`a.test.`) && PathPrefix(`/p`)", "a.test|/p"},
      {"Path(`/p`) && Host(`a`)", "a|/p"},
      {"PathPrefix(`/p`) && Path(`/p/q`)", "|/p/q"},
      {"Host(`a`) || Host(`b`)", "a| b|"},
      {"(Host(`a`) || Host(`b`)) && (Path(`/x`) || Path(`/y`))", "a|/x a|/y b|/x b|/y"},
      {"Host(`a`) && Path(`/x`) || Path(`/y`)", "|/y a|/x"},
      {"Host(`a`) || Method(`GET`)", "|"},
      {"Host(`a`) && Method(`GET`)", "a|"},
      {"!Host(`a`)", "|"},
      {"!(!Host(`a`))", "a|"},
      {"!(!Host(`a`) || !Path(`/x`))", "a|/x"},
      {"!(!Host(`a`) && !Host(`b`))", "a| b|"},
      {"Host(`a`) && !PathPrefix(`/no`)", "a|"},
      {"Host(`a`) || Host(`a`)", "a|"},
      {"Host(`*.a.test`)", "*.a.test|"},
      {"Host(`*.a.test`) && Host(`x.a.test`)", "x.a.test|"},
      {"Host(`*`)", "|"},
      {"Host(`*`) && PathPrefix(`/x`)", "|/x"},
  };
  check_rows(rows, keys_of);
}

TEST(rule_compile, products_of_lists_are_cut_to_the_hosts) {
  std::string hosts = "Host(`h0`)";
  std::string paths = "Path(`/0`)";
  for (int i = 1; i < 40; ++i) {
    hosts += " || Host(`h" + std::to_string(i) + "`)";
    paths += " || Path(`/" + std::to_string(i) + "`)";
  }
  const rules::Compiled result =
      rules::compile("(" + paths + ") && (" + hosts + ")", Syntax::v3, all_modules.matchers);

  LONGS_EQUAL(40, result.rule->keys().size());
  CHECK_EQUAL(std::string("h0"), result.rule->keys()[0].exact_host);
  CHECK_EQUAL(std::string(""), result.rule->keys()[0].path_prefix);
}

TEST(rule_compile, an_explanation_names_the_call_that_decided) {
  const rules::Compiled result =
      rules::compile("Host(`h`) && !Path(`/no`) && (Method(`PUT`) || Method(`POST`))", Syntax::v3,
                     all_modules.matchers);
  const Row rows[] = {
      {"GET / host=x", "Host(`h`) is false"},
      {"GET /no host=h", "Path(`/no`) is true"},
      {"GET / host=h", "Method(`POST`) is false"},
      {"PUT / host=h", "Method(`PUT`) is true"},
  };
  check_rows(rows, [&](std::string_view line) {
    SampleRequest sample(line);
    return result.rule->explain(sample.request());
  });
}
