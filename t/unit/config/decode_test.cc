// SPDX-License-Identifier: MIT
// The value semantics of static-config.md section 2, row by row.
#include "config/decode.h"

#include "t/lib/config_trial.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;
using namespace pm::config::trial;

namespace {

// The findings of one option of an entry point that is otherwise complete.
std::string entry_point(std::string_view keys) {
  return findings_of("entryPoints:\n  e:\n    address: ':80'\n    " + std::string(keys));
}
const EntryPoint& first(const Trial& trial) {
  return trial.config.fixed.entry_points[0];
}
std::string joined(const MarkedList& list) {
  std::string text;
  for (const At<std::string>& element : list)
    text += (text.empty() ? "" : "|") + element.value;
  return text;
}
template <class F>
std::string entry_point_value(std::string_view keys, F&& value) {
  const Trial trial("entryPoints: {e: {address: ':80', " + std::string(keys) + "}}");
  return trial.is_static_good ? shown(value(first(trial))) : trial.found();
}

}  // namespace

TEST_GROUP(decode){};

// Keys

TEST(decode, fixed_keys_ignore_case_and_free_names_keep_it) {
  const Trial trial("ENTRYPOINTS: {WebSecure: {aDDress: ':443', HTTP: {SanitizePath: false}}}");

  CHECK_EQUAL(std::string_view("ok"), std::string_view(trial.found()));
  CHECK_EQUAL(std::string_view("WebSecure"), std::string_view(first(trial).name));
  CHECK_FALSE(first(trial).http.sanitize_path);
}

TEST(decode, an_unknown_key_is_an_error_with_a_suggestion) {
  static constexpr Row rows[] = {
      {"http: {routers: {api: {rule: r, midlewares: [a]}}}",
       "1:33: error: unknown key \"midlewares\" in http.routers.api; did you mean "
       "\"middlewares\"?"},
      {"entrypoint: {web: {address: ':80'}}",
       "1:1: error: unknown key \"entrypoint\" at the top of the file; did you mean "
       "\"entryPoints\"?"},
      {"htp: {routers: {}}",
       "1:1: error: unknown key \"htp\" at the top of the file; did you mean \"http\"?"},
      {"zzzzzzzzzzzz: 1",
       "1:1: error: unknown key \"zzzzzzzzzzzz\" at the top of the file; take it out, or see "
       "pointsman.yaml(5) for the "
       "keys that there are"},
      {"log: {levle: info}", "1:7: error: unknown key \"levle\" in log; did you mean \"level\"?"},
      {"http: {services: {s: {loadBalancer: {servers: [{url: 'http://a', wieght: 1}]}}}}",
       "1:66: error: unknown key \"wieght\" in http.services.s.loadBalancer.servers[0]; did you "
       "mean \"weight\"?"},
  };

  check_rows(rows, findings_of);
}

TEST(decode, a_key_in_two_spellings_is_given_twice) {
  CHECK_EQUAL(
      std::string_view(
          "1:20: error: key \"LEVEL\" is given twice, in two spellings; keep one \"level\""),
      std::string_view(findings_of("log: {level: info, LEVEL: warn}")));
}

TEST(decode, every_finding_of_a_document_is_reported) {
  const Trial trial(
      "entryPoints: {a: {adress: x}, b: {address: ':1', asDefault: maybe}}\nhttp: {routers: {r: "
      "{pritority: 1}}}");

  CHECK_FALSE(trial.is_static_good);
  CHECK_FALSE(trial.is_dynamic_good);
  UNSIGNED_LONGS_EQUAL(4, trial.findings.count(Severity::error));
}

TEST(decode, one_file_holds_both_parts_and_each_fails_alone) {
  const Trial trial("log: {level: nonsense}\nhttp: {routers: {r: {service: s}}}");

  CHECK_FALSE(trial.is_static_good);
  CHECK(trial.is_dynamic_good);
  UNSIGNED_LONGS_EQUAL(1, trial.config.dynamic.routers.size());
}

TEST(decode, a_refused_part_leaves_what_was_there) {
  Trial trial("log: {filePath: kept}");
  Findings findings;
  Node root;
  CHECK(parse_yaml("log: {filePath: other, level: x}", findings.add_source("f"), findings, root));

  CHECK_FALSE(decode_static(root, findings, trial.config.fixed));

  CHECK_EQUAL(std::string_view("kept"), std::string_view(trial.config.fixed.log.file_path));
}

TEST(decode, static_keys_in_a_dynamic_document_are_a_warning) {
  Findings findings;
  Node root;
  CHECK(parse_yaml("log: {level: x}\nping:\nhttp: {routers: {r: {service: s}}}",
                   findings.add_source("f"), findings, root));

  CHECK(check_roots(root, Roots::dynamic_only, findings));

  CHECK_EQUAL(std::string_view("f:1:1: warning: \"log\" belongs to the static part and is not read "
                               "from here; move it to the "
                               "main configuration file\n"),
              std::string_view(findings.text()));
}

TEST(decode, an_empty_file_is_a_warning_and_no_section_is_an_error) {
  static constexpr Row rows[] = {
      {"", "1:1: warning: the file is empty: it configures nothing"},
      {"# nothing", "1:1: warning: the file is empty: it configures nothing"},
      {"- a",
       "1:1: error: a list where a section is needed; a configuration is written as KEY: VALUE"},
      {"a",
       "1:1: error: a single value where a section is needed; a configuration is written as KEY: "
       "VALUE"},
      {"{}", "ok"},
  };

  check_rows(rows, findings_of);
}

// null and {}

TEST(decode, null_is_not_set_even_below_a_misspelled_key) {
  static constexpr Row rows[] = {
      {"http: {tls: }", "ok"},
      {"transport:", "ok"},
      {"http3:", "ok"},
      {"proxyProtocol: ~", "ok"},
      {"asDefualt:",
       "4:5: warning: unknown key \"asDefualt\" in entryPoints.e has no value and is ignored; take "
       "it out"},
  };

  check_rows(rows, entry_point);
}

TEST(decode, null_leaves_the_default_of_a_value) {
  CHECK_EQUAL(std::string_view("yes"),
              std::string_view(
                  entry_point_value("http: {sanitizePath: , encodeQuerySemicolons: true}",
                                    [](const EntryPoint& e) { return e.http.sanitize_path; })));
}

TEST(decode, a_name_without_a_value_is_left_out) {
  const Trial trial("http: {routers: {a: , b: {service: s}}}");

  CHECK_EQUAL(std::string_view("1:18: warning: http.routers.a has no value and is ignored; write "
                               "keys below it, or take it out"),
              std::string_view(trial.found()));
  UNSIGNED_LONGS_EQUAL(1, trial.config.dynamic.routers.size());
}

TEST(decode, an_empty_section_stands_alone_only_where_that_switches_something_on) {
  static constexpr Row rows[] = {
      {"accessLog: {}", "ok"},
      {"ping: {}", "ok"},
      {"log: {}", "ok"},
      {"http: {routers: {r: {service: s, tls: {}}}}", "ok"},
      {"providers: {file: {}}",
       "1:19: error: providers.file: an empty section cannot stand alone; write keys below it, or "
       "take it out"},
      {"entryPoints: {}",
       "1:14: error: entryPoints: an empty section cannot stand alone; write keys below it, or "
       "take it out"},
      {"entryPoints: {e: {}}",
       "1:18: error: entryPoints.e: an empty section cannot stand alone; write keys below it, or "
       "take it out"},
      {"entryPoints: {e: {address: ':80', transport: {}}}",
       "1:46: error: entryPoints.e.transport: an empty section cannot stand alone; write keys "
       "below it, or take it out"},
      {"entryPoints: {e: {address: ':80', forwardedHeaders: {}}}",
       "1:53: error: entryPoints.e.forwardedHeaders: an empty section cannot stand alone; write "
       "keys below it, or take it "
       "out"},
      {"entryPoints: {e: {address: ':80', http2: {}}}",
       "1:42: error: entryPoints.e.http2: an empty section cannot stand alone; write keys below "
       "it, or take it out"},
      {"entryPoints: {e: {address: ':80', udp: {}}}",
       "1:40: error: entryPoints.e.udp: an empty section cannot stand alone; write keys below it, "
       "or take it out"},
      {"entryPoints: {e: {address: ':80', observability: {}}}",
       "1:50: error: entryPoints.e.observability: an empty section cannot stand alone; write keys "
       "below it, or take it out"},
      {"http: {}",
       "1:7: error: http: an empty section cannot stand alone; write keys below it, or take it "
       "out"},
      {"http: {routers: {r: {}}}",
       "1:21: error: http.routers.r: an empty section cannot stand alone; write keys below it, or "
       "take it out"},
      {"http: {middlewares: {m: {}}}",
       "1:25: error: http.middlewares.m: an empty section cannot stand alone; write keys below it, "
       "or take it out"},
      {"accessLog: {fields: {names: {}}}",
       "1:29: error: accessLog.fields.names: an empty section cannot stand alone; write keys below "
       "it, or take it out"},
  };

  check_rows(rows, findings_of);
}

TEST(decode, true_switches_an_optional_section_on_and_any_other_value_off) {
  static constexpr Row rows[] = {
      {"ping: true", "on"},
      {"ping: \"true\"", "on"},
      {"ping: 1", "on"},
      {"ping: {}", "on"},
      {"ping: false", "off"},
      {"ping:", "off"},
      {"ping: banana",
       "off, 1:7: warning: ping \"banana\": not a section, so it stays off; write true, false, or "
       "keys below it"},
  };

  check_rows(rows, [](std::string_view in) {
    const Trial trial(in);
    const std::string state = trial.config.fixed.ping ? "on" : "off";
    return trial.found() == "ok" ? state : state + ", " + trial.found();
  });
}

TEST(decode, a_value_of_the_wrong_kind_is_an_error) {
  static constexpr Row rows[] = {
      {"transport: 5",
       "4:16: error: entryPoints.e.transport: a single value where a section is needed; write keys "
       "below it"},
      {"transport: [5]",
       "4:16: error: entryPoints.e.transport: a list where a section is needed; write keys below "
       "it"},
      {"asDefault: [true]",
       "4:16: error: entryPoints.e.asDefault: a list where true or false is needed"},
      {"asDefault: {a: true}",
       "4:16: error: entryPoints.e.asDefault: a section where true or false is needed"},
      {"http: {middlewares: {a: b}}",
       "4:25: error: entryPoints.e.http.middlewares: a section where a list of texts is needed"},
      {"http: {middlewares: [[a]]}",
       "4:26: error: entryPoints.e.http.middlewares: a list where a text is needed"},
  };

  check_rows(rows, entry_point);
}

TEST(decode, names_and_lists_of_sections_need_their_shape) {
  static constexpr Row rows[] = {
      {"entryPoints: web",
       "1:14: error: entryPoints: a single value where a section of names is needed; write NAME: "
       "and keys below it"},
      {"entryPoints: {web: ':80'}",
       "1:20: error: entryPoints.web: a single value where a section is needed; write keys below "
       "it"},
      {"http: {services: {s: {loadBalancer: {servers: {url: a}}}}}",
       "1:47: error: http.services.s.loadBalancer.servers: a section where a list is needed; begin "
       "each element with \"- \""},
      {"http: {services: {s: {loadBalancer: {servers: ['http://a']}}}}",
       "1:48: error: http.services.s.loadBalancer.servers[0]: a single value where a section is "
       "needed; write keys below it"},
      {"http: {routers: {'a@file': {service: s}}}",
       "1:18: error: http.routers.a@file: a name of one's own holds no \"@\"; what stands behind "
       "it is the provider, and is "
       "added by itself"},
  };

  check_rows(rows, findings_of);
}

// Durations

TEST(decode, a_duration_is_go_syntax_or_whole_seconds) {
  static constexpr Row rows[] = {
      {"1h30m", "5400000000000"},
      {"1.5s", "1500000000"},
      {"100ms", "100000000"},
      {"1us", "1000"},
      {"1\xc2\xb5s", "1000"},
      {"1ns", "1"},
      {"0", "0"},
      {"90", "90000000000"},
      {"'90'", "90000000000"},
      {"1h0m0.5s", "3600500000000"},
      {"1.5",
       "1:81: error: entryPoints.e.transport.respondingTimeouts.readTimeout \"1.5\": not a "
       "duration; write a number "
       "with ns, us, ms, s, m or h, as in 1m30s"},
      {"1d",
       "1:81: error: entryPoints.e.transport.respondingTimeouts.readTimeout \"1d\": not a "
       "duration; write a number "
       "with ns, us, ms, s, m or h, as in 1m30s"},
      {"''",
       "1:81: error: entryPoints.e.transport.respondingTimeouts.readTimeout \"\": not a duration; "
       "write a number with "
       "ns, us, ms, s, m or h, as in 1m30s"},
      {"-1s",
       "1:81: error: entryPoints.e.transport.respondingTimeouts.readTimeout \"-1s\": out of range; "
       "write 0s or more"},
  };

  check_rows(rows, [](std::string_view in) {
    return entry_point_value(
        "transport: {respondingTimeouts: {readTimeout: " + std::string(in) + "}}",
        [](const EntryPoint& e) { return e.transport.responding_timeouts.read.count(); });
  });
}

TEST(decode, a_duration_may_be_negative_where_that_means_something) {
  const Trial trial(
      "http: {services: {s: {loadBalancer: {responseForwarding: {flushInterval: -1s}}}}}");

  CHECK_EQUAL(std::string_view("ok"), std::string_view(trial.found()));
  LONGS_EQUAL(-1, std::chrono::duration_cast<std::chrono::seconds>(
                      trial.config.dynamic.services[0].load_balancer->flush_interval)
                      .count());
}

// Booleans

TEST(decode, a_boolean_has_twelve_spellings) {
  static constexpr Row rows[] = {
      {"1", "yes"},
      {"t", "yes"},
      {"T", "yes"},
      {"TRUE", "yes"},
      {"true", "yes"},
      {"True", "yes"},
      {"0", "no"},
      {"f", "no"},
      {"F", "no"},
      {"FALSE", "no"},
      {"false", "no"},
      {"False", "no"},
      {"'true'", "yes"},
      {"'F'", "no"},
      {"yes",
       "1:46: error: entryPoints.e.asDefault \"yes\": not true or false; write true or false"},
      {"on", "1:46: error: entryPoints.e.asDefault \"on\": not true or false; write true or false"},
      {"tRue",
       "1:46: error: entryPoints.e.asDefault \"tRue\": not true or false; write true or false"},
      {"2", "1:46: error: entryPoints.e.asDefault \"2\": not true or false; write true or false"},
      {"''", "1:46: error: entryPoints.e.asDefault \"\": not true or false; write true or false"},
  };

  check_rows(rows, [](std::string_view in) {
    return entry_point_value("asDefault: " + std::string(in),
                             [](const EntryPoint& e) { return e.as_default; });
  });
}

// Integers

TEST(decode, an_integer_has_sixty_four_bits_and_its_bounds) {
  static constexpr Row rows[] = {
      {"0", "0"},
      {"9223372036854775807", "9223372036854775807"},
      {"0x10", "16"},
      {"'7'", "7"},
      {"9223372036854775808",
       "1:69: error: entryPoints.e.transport.keepAliveMaxRequests \"9223372036854775808\": not a "
       "whole "
       "number; write digits without a unit"},
      {"1.5",
       "1:69: error: entryPoints.e.transport.keepAliveMaxRequests \"1.5\": not a whole number; "
       "write digits without a unit"},
      {"5x",
       "1:69: error: entryPoints.e.transport.keepAliveMaxRequests \"5x\": not a whole number; "
       "write digits without a unit"},
      {"-1",
       "1:69: error: entryPoints.e.transport.keepAliveMaxRequests \"-1\": out of range; write 0 or "
       "more"},
  };

  check_rows(rows, [](std::string_view in) {
    return entry_point_value(
        "transport: {keepAliveMaxRequests: " + std::string(in) + "}",
        [](const EntryPoint& e) { return e.transport.keep_alive_max_requests; });
  });
}

// Strings

TEST(decode, a_string_takes_any_scalar) {
  static constexpr Row rows[] = {
      {"web", "web"}, {"5", "5"},       {"true", "true"}, {"1.5", "1.500000"},
      {"2.0", "2"},   {"'1.5'", "1.5"}, {"''", ""},       {"a, b", "a, b"},
  };

  check_rows(rows, [](std::string_view in) {
    const Trial trial("http:\n  routers:\n    r:\n      service: " + std::string(in));
    return trial.is_dynamic_good ? trial.config.dynamic.routers[0].service.value : trial.found();
  });
}

// Lists

TEST(decode, a_list_is_a_sequence_or_a_text_split_at_commas) {
  static constexpr Row rows[] = {
      {"[a, b]", "a|b"},       {"[' a ', \"b\"]", "a|b"}, {"a", "a"}, {"'a, b ,c'", "a|b|c"},
      {"['a,b', c]", "a,b|c"}, {"[1, true]", "1|true"},   {"[]", ""}, {"''", ""},
  };

  check_rows(rows, [](std::string_view in) {
    return entry_point_value("http: {middlewares: " + std::string(in) + "}",
                             [](const EntryPoint& e) { return joined(e.http.middlewares); });
  });
}

TEST(decode, an_empty_element_of_a_list_is_left_out_with_a_warning) {
  const Trial trial("entryPoints: {e: {address: ':80', http: {middlewares: 'a,,b'}}}");

  CHECK_EQUAL(std::string_view("1:55: warning: entryPoints.e.http.middlewares: an empty element of "
                               "a list is left out; take the "
                               "comma or the dash away"),
              std::string_view(trial.found()));
  CHECK_EQUAL(std::string_view("a|b"), std::string_view(joined(first(trial).http.middlewares)));
}

TEST(decode, an_empty_list_leaves_the_default) {
  const Trial trial("providers: {precedence: []}");

  CHECK(trial.is_static_good);
  UNSIGNED_LONGS_EQUAL(17, trial.config.fixed.providers.precedence.size());
}

// Maps

TEST(decode, nested_maps_of_texts_are_joined_with_dots) {
  const Trial trial(
      "accessLog: {fields: {headers: {names: {X-A: keep, x: {y: drop, z: REDACT}}}}}");

  CHECK_EQUAL(std::string_view("ok"), std::string_view(trial.found()));
  const auto& names = trial.config.fixed.access_log->fields.header_names;
  UNSIGNED_LONGS_EQUAL(3, names.size());
  CHECK_EQUAL(std::string_view("drop"), std::string_view(names.find("x.y")->second));
  CHECK_EQUAL(std::string_view("redact"), std::string_view(names.find("x.z")->second));
}

TEST(decode, the_values_of_a_map_are_checked) {
  static constexpr Row rows[] = {
      {"{X: [a]}", "1:46: error: accessLog.fields.headers.names.X: a list where a text is needed"},
      {"{X: {Y: keep}, X.Y: drop}",
       "1:57: error: accessLog.fields.headers.names.X.Y: given twice; keep one of them"},
      {"{X: maybe}",
       "1:46: error: accessLog.fields.headers.names \"maybe\": not known; write one of keep, drop, "
       "redact"},
      {"keep",
       "1:42: error: accessLog.fields.headers.names: a single value where a section of names and "
       "texts is needed"},
  };

  check_rows(rows, [](std::string_view in) {
    return findings_of("accessLog: {fields: {headers: {names:    " + std::string(in) + "}}}");
  });
}

// Sources of places

TEST(decode, values_that_later_steps_judge_keep_their_place) {
  const Trial trial("http:\n  routers:\n    r:\n      rule: x\n      middlewares: [a, b]\n");

  const Router& router = trial.config.dynamic.routers[0];
  UNSIGNED_LONGS_EQUAL(3, router.mark.line);
  UNSIGNED_LONGS_EQUAL(13, router.rule.mark.column);
  UNSIGNED_LONGS_EQUAL(24, router.middlewares[1].mark.column);
  CHECK_EQUAL(std::string_view("file"), std::string_view(router.provider));
}

TEST(decode, origins_name_the_place_of_every_value_by_provider_and_path) {
  const Trial trial("log: {level: info}\nhttp: {routers: {r: {rule: x}}}");

  UNSIGNED_LONGS_EQUAL(14, trial.origins.find(":log.level")->second.column);
  UNSIGNED_LONGS_EQUAL(2, trial.origins.find("file:http.routers.r.rule")->second.line);
}

// Bounds

TEST(decode, suggestions_are_looked_for_a_bounded_number_of_times) {
  std::string yaml = "log:\n";
  for (int i = 0; i < 200; ++i)
    yaml += "  levle" + std::to_string(i) + ": x\n";

  const Trial trial(yaml);

  UNSIGNED_LONGS_EQUAL(200, trial.findings.count(Severity::error));
  CHECK(trial.findings.all()[0].advice.starts_with("did you mean"));
  CHECK(trial.findings.all()[199].advice.starts_with("take it out"));
}
