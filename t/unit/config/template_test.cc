// SPDX-License-Identifier: MIT
#include "config/template.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;

namespace {

// The rendered text, or "LINE:COLUMN what".
std::string rendered(std::string_view text) {
  const Environment environment({{"HOST", "example.com"}, {"EMPTY", ""}, {"N", "3"}});
  Findings findings;
  const auto result = render_template(std::string(text), 0, environment, findings);
  if (result) return result->text;
  const Finding& finding = findings.all()[0];
  return std::to_string(finding.mark.line) + ":" + std::to_string(finding.mark.column) + " " +
         finding.what;
}

// Where a place of the output stands in the template, as "LINE:COLUMN".
std::string source_of(std::string_view text, std::uint32_t line, std::uint32_t column) {
  Findings findings;
  const auto result = render_template(std::string(text), 7, Environment(), findings);
  if (!result) return findings.all()[0].what;
  const Mark mark = result->map.translate({7, line, column});
  return std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

}  // namespace

TEST_GROUP(template_text){};

TEST(template_text, a_file_without_actions_is_returned_as_it_is) {
  static constexpr Row rows[] = {{"", ""}, {"a: b\n", "a: b\n"}, {"}} { {", "}} { {"}};
  check_rows(rows, rendered);
}

TEST(template_text, values_are_printed_as_go_prints_them) {
  static constexpr Row rows[] = {
      {"{{ 1 }}", "1"},
      {"{{ -1 }}", "-1"},
      {"{{ +1 }}", "1"},
      {"{{ 0x1F }} {{ 0b101 }} {{ 0o17 }} {{ 017 }}", "31 5 15 15"},
      {"{{ -9223372036854775808 }}", "-9223372036854775808"},
      {"{{ 1.50 }} {{ .5 }} {{ 1e3 }} {{ 1e21 }} {{ 0.00001 }}", "1.5 0.5 1000 1e+21 1e-05"},
      {"{{ true }} {{ false }} {{ . }} {{ $ }}", "true false false false"},
      {"{{ \"a\\tb\\\"\\u00e9\\x41\\101\" }}",
       "a\tb\"\xc3\xa9"
       "AA"},
      {"{{ `a\\t\r\nb` }}", "a\\t\nb"},
      {"{{ until 3 }} {{ until 0 }} {{ until -2 }}", "[0 1 2] [] [0 -1]"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, trim_markers_take_the_white_space_beside_them) {
  static constexpr Row rows[] = {
      {"a {{ 1 }} b", "a 1 b"},
      {"a {{- 1 }} b", "a1 b"},
      {"a {{ 1 -}} b", "a 1b"},
      {"a \n\t{{- 1 -}} \r\n b", "a1b"},
      {"a {{- 1 -}} {{- 2 -}} b", "a12b"},
      {"{{1}}\n{{2}}", "1\n2"},
      {"a {{-1}} b", "a -1 b"},
      {"a {{/* x */}} b", "a  b"},
      {"a {{- /* x */ -}} b", "ab"},
      {"a {{/* x\ny */ -}} b", "a b"},
      {"{{\n1\n}}", "1"},
      {"{{ 1 }} {{- \"\" }}", "1"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, conditions_choose_the_first_true_arm) {
  static constexpr Row rows[] = {
      {"{{ if true }}a{{ else }}b{{ end }}", "a"},
      {"{{ if . }}a{{ else }}b{{ end }}", "b"},
      {"{{ if 0 }}a{{ else if \"\" }}b{{ else if 1 }}c{{ else }}d{{ end }}", "c"},
      {"{{ if until 0 }}a{{ end }}", ""},
      {"{{ if 0.0 }}a{{ else if 0.1 }}b{{ end }}", "b"},
      {"{{ if eq (env \"HOST\") \"example.com\" }}a{{ end }}", "a"},
      {"{{ if $x := env \"HOST\" }}{{ $x }}{{ end }}", "example.com"},
      {"{{ if $x := env \"NO\" }}{{ else }}[{{ $x }}]{{ end }}", "[]"},
      {"{{ if true }}{{ if false }}a{{ else }}b{{ end }}{{ end }}", "b"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, ranges_walk_over_lists_and_numbers) {
  static constexpr Row rows[] = {
      {"{{ range until 3 }}{{ . }}{{ end }}", "012"},
      {"{{ range $e := until 3 }}{{ $e }}{{ end }}", "012"},
      {"{{ range $i, $e := split \"a,b\" \",\" }}{{ $i }}{{ $e }} {{ end }}", "0a 1b "},
      {"{{ range 3 }}{{ . }}{{ end }}", "012"},
      {"{{ range $i := 2 }}{{ $i }}{{ end }}", "01"},
      {"{{ range until 0 }}a{{ else }}none {{ . }}{{ end }}", "none false"},
      {"{{ $x := 0 }}{{ range $x = until 3 }}{{ end }}{{ $x }}", "2"},
      {"{{ range $i, $e := until 2 }}{{ range $j := until 2 }}{{ $i }}{{ $j }} {{ end }}{{ end }}",
       "00 01 10 11 "},
      {"{{ range true }}{{ end }}", "1:1 template: range cannot walk over a truth value"},
      {"{{ range \"ab\" }}{{ end }}", "1:1 template: range cannot walk over a text"},
      {"{{ range $i, $e := 3 }}{{ end }}", "1:1 template: range over a number takes one variable"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, variables_live_in_their_block) {
  static constexpr Row rows[] = {
      {"{{ $x := 1 }}{{ $x }}", "1"},
      {"{{ $x := 1 }}{{ $x = 2 }}{{ $x }}", "2"},
      {"{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"},
      {"{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"},
      {"{{ $s := 0 }}{{ range until 4 }}{{ $s = add $s . }}{{ end }}{{ $s }}", "6"},
      {"{{ if true }}{{ $x := 1 }}{{ end }}{{ $x }}", "1:39 template: undefined variable $x"},
      {"{{ if true }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}",
       "1:40 template: undefined variable $x"},
      {"{{ $x = 1 }}", "1:4 template: undefined variable $x"},
      {"{{ $x := $x }}", "1:10 template: undefined variable $x"},
      {"{{ $ := 1 }}", "1:4 template: $ cannot be set"},
      {"{{ $x, $y := 1 }}", "1:6 template: too many variables before := or ="},
  };
  check_rows(rows, rendered);
}

TEST(template_text, pipelines_hand_the_value_on_as_the_last_argument) {
  static constexpr Row rows[] = {
      {"{{ \"a\" | upper }}", "A"},
      {"{{ \"a-b\" | replace \"-\" \"+\" | upper | quote }}", "\"A+B\""},
      {"{{ env \"EMPTY\" | default \"d\" }}", "d"},
      {"{{ 2 | add 1 }}", "3"},
      {"{{ (add 1 2) | printf \"%d-%d\" 0 }}", "0-3"},
      {"{{ \"a\" | \"b\" }}", "1:10 template: only a function may stand behind a |"},
      {"{{ \"a\" | }}", "1:10 template: a value is missing"},
      {"{{ \"a\" \"b\" }}", "1:4 template: only a function takes arguments"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, functions_take_their_arguments_as_go_and_sprig_do) {
  static constexpr Row rows[] = {
      {"{{ eq 1 1 }} {{ eq 1 2 1 }} {{ eq \"a\" \"b\" }} {{ ne 1 2 }}", "true true false true"},
      {"{{ and 1 0 2 }} {{ and 1 2 }} {{ or 0 3 4 }} {{ or 0 \"\" }}", "0 2 3 "},
      {"{{ or 1 (add \"x\") }}", "1"},
      {"{{ not 1 }} {{ not \"\" }}", "false true"},
      {"{{ env \"HOST\" }}{{ env \"NO\" }}", "example.com"},
      {"{{ default \"d\" \"v\" }} {{ default \"d\" 0 }} {{ default \"d\" }}", "v d d"},
      {"{{ split \"a,b,,c\" \",\" }} {{ split \"abc\" \"\" }} {{ split \"\" \",\" }}",
       "[a b  c] [a b c] []"},
      {"{{ add 1 2 3 }} {{ add (env \"N\") 1 }} {{ add 1.9 1 }} {{ add \"\" 1 }}", "6 4 2 1"},
      {"{{ upper \"aB\" }}{{ lower \"aB\" }}{{ trim \" \\t a \\n\" }}", "ABaba"},
      {"{{ replace \"l\" \"LL\" \"hello\" }} {{ replace \"\" \"-\" \"ab\" }}", "heLLLLo -a-b-"},
      {"{{ quote \"a\\\"b\\n\" 1 }}", "\"a\\\"b\\n\" \"1\""},
      {"{{ b64enc \"\" }}{{ b64enc \"a\" }} {{ b64enc \"ab\" }} {{ b64enc \"abc\" }}",
       "YQ== YWI= YWJj"},
      {"{{ b64dec \"YQ==\" }}{{ b64dec \"YWI=\" }}{{ b64dec \"YWJj\" }}", "aababc"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, printf_knows_the_common_verbs) {
  static constexpr Row rows[] = {
      {"{{ printf \"%s:%d\" \"a\" 80 }}", "a:80"},
      {"{{ printf \"%v %v %v %v\" \"a\" 1 true (until 2) }}", "a 1 true [0 1]"},
      {"{{ printf \"[%5d|%-5d|%05d|%+d|% d]\" 42 42 -42 42 42 }}", "[   42|42   |-0042|+42| 42]"},
      {"{{ printf \"[%5s|%-5s|%.2s]\" \"ab\" \"ab\" \"abc\" }}", "[   ab|ab   |ab]"},
      {"{{ printf \"%x %X %o %b %.4d\" 255 255 8 5 7 }}", "ff FF 10 101 0007"},
      {"{{ printf \"%x %q\" \"hi\" \"a\\\"\" }}", "6869 \"a\\\"\""},
      {"{{ printf \"%.2f %f %e %g\" 1.5 0.5 1.5 2.5 }}", "1.50 0.500000 1.500000e+00 2.5"},
      {"{{ printf \"100%% %t\" true }}", "100% true"},
      {"{{ printf \"%d\" \"a\" }}", "1:4 template: printf: %d does not print a text"},
      {"{{ printf \"%s\" 1 }}", "1:4 template: printf: %s does not print a number"},
      {"{{ printf \"%d\" }}", "1:4 template: printf: %d has no argument"},
      {"{{ printf \"a\" 1 }}",
       "1:4 template: printf: there are more arguments than verbs in the format"},
      {"{{ printf \"%y\" 1 }}", "1:4 template: printf: the verb \"%y\" is not supported"},
      {"{{ printf \"%\" 1 }}", "1:4 template: printf: the format ends within a verb"},
      {"{{ printf \"%99999d\" 1 }}", "1:4 template: printf: a width over 1024"},
      {"{{ printf 1 }}", "1:4 template: printf: the format is a number, a text is needed"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, what_is_outside_of_the_subset_is_named_with_its_place) {
  static constexpr Row rows[] = {
      {"a\n  {{ with 1 }}{{ end }}", "2:6 template: with is not supported in templates"},
      {"{{ define \"x\" }}", "1:4 template: define is not supported in templates"},
      {"{{ template \"x\" }}", "1:4 template: template is not supported in templates"},
      {"{{ range until 1 }}{{ break }}{{ end }}",
       "1:23 template: break is not supported in templates"},
      {"{{ nil }}", "1:4 template: nil is not supported in templates"},
      {"{{ normalize \"a\" }}", "1:4 template: function \"normalize\" is not supported"},
      {"{{ uper \"a\" }}", "1:4 template: function \"uper\" is not supported"},
      {"{{ .Name }}", "1:4 template: .Name is not supported"},
      {"{{ 'a' }}", "1:4 template: characters in single quotes are not supported; write \"text\""},
      {"{{ @ }}", "1:4 template: this character has no meaning in an action"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, mistakes_have_their_place) {
  static constexpr Row rows[] = {
      {"{{", "1:3 template: the action is not closed with }}"},
      {"{{ }}", "1:4 template: a value is missing"},
      {"{{ 1", "1:5 template: the action is not closed with }}"},
      {"{{/* x", "1:3 template: the comment is not closed"},
      {"{{/* x */ }}", "1:10 template: a comment ends with */}} or */ -}}"},
      {"{{ /* x */ }}", "1:4 template: a comment stands right behind its delimiter: {{/* ... */}}"},
      {"{{ \"a }}", "1:4 template: the string is not closed"},
      {"{{ \"a\n\" }}", "1:4 template: the string is not closed"},
      {"{{ \"\\q\" }}", "1:4 template: an escape in this string is not one of Go's"},
      {"{{ 1x }}", "1:4 template: \"1x\" is not a number"},
      {"{{ 9223372036854775808 }}", "1:4 template: \"9223372036854775808\" is not a number"},
      {"{{ if true }}", "1:14 template: the file ends within an if or range that has no {{end}}"},
      {"{{ if }}{{ end }}", "1:7 template: a value is missing"},
      {"{{ end }}", "1:4 template: unexpected end"},
      {"{{ else }}", "1:4 template: unexpected else"},
      {"{{ if 1 }}{{ else }}{{ else }}{{ end }}", "1:29 template: a second else of one if"},
      {"{{ (1 }}", "1:7 template: unexpected \"}}\" in parentheses"},
      {"{{ 1) }}", "1:5 template: unexpected \")\" in an action"},
      {"{{ printf \"%s\"\"a\" }}",
       "1:15 template: unexpected \"\\\"a\\\"\" in a list of arguments"},
      {"{{ env }}", "1:4 template: wrong number of arguments of env"},
      {"{{ printf \"%s\" env }}", "1:16 template: env needs arguments here"},
      {"{{ eq 1 \"1\" }}", "1:4 template: eq: a number and a text cannot be compared"},
      {"{{ upper 1 }}", "1:4 template: upper: argument 1 is a number, a text is needed"},
      {"{{ add \"x\" }}",
       "1:4 template: add: argument 1 is a text \"x\", a whole number is needed"},
      {"{{ add 9223372036854775807 1 }}", "1:4 template: add: the sum is too large"},
      {"{{ b64dec \"a\" }}", "1:4 template: b64dec: the argument is not base64"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, work_is_bounded) {
  static constexpr Row rows[] = {
      {"{{ range until 1000000000 }}x{{ end }}",
       "1:10 template: until: 1000000000 is more than 100000 elements"},
      {"{{ range 1000000000 }}{{ end }}",
       "1:1 template: the values of the template take more than 64 MiB"},
      {"{{ range until 50000 }}{{ range until 50000 }}{{ end }}{{ end }}",
       "1:24 template: the values of the template take more than 64 MiB"},
      {"{{ $x := \"0123456789abcdef\" }}{{ range until 30 }}{{ $x = printf \"%s%s\" $x $x }}{{ end "
       "}}",
       "1:59 template: the values of the template take more than 64 MiB"},
  };
  check_rows(rows, rendered);
}

TEST(template_text, nesting_is_bounded) {
  const std::string deep = "{{ " + std::string(100'000, '(') + " }}";

  CHECK_EQUAL(std::string_view("1:69 template: the template is nested deeper than 64"),
              std::string_view(rendered(deep)));
}

TEST(template_text, the_number_of_parts_is_bounded) {
  std::string many = "{{ printf";
  for (int i = 0; i < 100'000; ++i)
    many += " 1";

  CHECK_EQUAL(std::string_view("1:200007 template: the template has more than 100000 parts"),
              std::string_view(rendered(many)));
}

TEST(template_text, places_of_the_output_lead_back_to_the_file) {
  constexpr std::string_view text = "a:\n{{- range until 2 }}\n  b{{ . }}: c\n{{- end }}\nz: 1\n";

  // The output: "a:", "  b0: c", "  b1: c", "z: 1".
  CHECK_EQUAL(std::string_view("1:1"), std::string_view(source_of(text, 1, 1)));
  CHECK_EQUAL(std::string_view("3:3"), std::string_view(source_of(text, 2, 3)));
  CHECK_EQUAL(std::string_view("3:4"), std::string_view(source_of(text, 2, 4)));
  CHECK_EQUAL(std::string_view("3:11"), std::string_view(source_of(text, 2, 5)));
  CHECK_EQUAL(std::string_view("3:3"), std::string_view(source_of(text, 3, 3)));
  CHECK_EQUAL(std::string_view("5:1"), std::string_view(source_of(text, 4, 1)));
}
