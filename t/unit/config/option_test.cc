// SPDX-License-Identifier: MIT
// What must hold of the tables themselves, whoever adds a line.
#include "config/option.h"

#include "config/manual.h"
#include "config/options.h"
#include "config/schema.h"
#include "config/value.h"
#include "core/text.h"
#include "t/lib/config_trial.h"
#include "t/lib/maximal_config.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;
using namespace pm::config::trial;

namespace {

template <class F>
void for_each_option(const Section& section, const std::string& path, F&& visit) {
  for (const Option& option : section.options) {
    if (option.key.empty()) continue;
    const std::string below =
        path.empty() ? std::string(option.key) : path + "." + std::string(option.key);
    visit(option, section, below);
    if (option.section != nullptr) for_each_option(*option.section, below, visit);
  }
}

template <class F>
std::string all_that(F&& is_wrong) {
  std::string text;
  for (const Section* root : {&static_section(), &dynamic_section()}) {
    for_each_option(*root, {},
                    [&](const Option& option, const Section& section, const std::string& path) {
                      if (is_wrong(option, section)) text += path + " ";
                    });
  }
  return text;
}

// Options of `section` whose value in `object` is still the one that the struct was born with.
void collect_defaults(const Section& section, const void* object, const std::string& path,
                      std::string& out) {
  for (const Option& option : section.options) {
    if (option.key.empty()) continue;
    const std::string below = path + "." + std::string(option.key);
    if (option.value != nullptr) {
      const Value born = option.value(section.born().get());
      const Value given = option.value(object);
      const bool is_same = born.is_set == given.is_set && born.map == given.map &&
                           value_yaml(option, born) == value_yaml(option, given);
      if (is_same) out += below + " ";
    } else if (option.item != nullptr) {
      // The first of a list is the one with everything.
      if (option.count(object) == 0) out += below + " ";
      if (option.count(object) != 0)
        collect_defaults(*option.section, option.item(object, 0), below, out);
    }
  }
}

std::string left_at_defaults(const Section& root, const void* object) {
  std::string text;
  collect_defaults(root, object, {}, text);
  return text;
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++count;
  return count;
}

}  // namespace

TEST_GROUP(option){std::string manual(){std::string text;
for (int part = 0; part <= static_cast<int>(ManualPart::other_dynamic); ++part) {
  text += manual_options(static_cast<ManualPart>(part));
}
return text;
}
}
;

TEST(option, every_option_has_a_line_of_help_without_a_full_stop) {
  CHECK_EQUAL(std::string_view(""),
              std::string_view(all_that([](const Option& option, const Section&) {
                if (option.status == Status::refused) return option.reason.empty();
                return option.help.empty() || option.help.ends_with('.') || option.help.size() > 90;
              })));
}

TEST(option, every_option_can_be_told_from_its_siblings) {
  CHECK_EQUAL(std::string_view(""),
              std::string_view(all_that([](const Option& option, const Section& section) {
                return section.find(option.key) != &option;
              })));
}

TEST(option, a_choice_has_words_and_its_default_is_one_of_them) {
  CHECK_EQUAL(
      std::string_view(""),
      std::string_view(all_that([](const Option& option, const Section& section) {
        if (option.kind != Kind::choice) return false;
        const Value born = option.value(section.born().get());
        return option.words.empty() ||
               (born.is_set && static_cast<std::size_t>(born.number) >= option.words.size());
      })));
}

TEST(option, a_default_is_allowed) {
  CHECK_EQUAL(std::string_view(""),
              std::string_view(all_that([](const Option& option, const Section& section) {
                const bool is_number =
                    option.kind == Kind::integer || option.kind == Kind::duration;
                if (!is_number || option.value == nullptr) return false;
                const Value born = option.value(section.born().get());
                return born.is_set && (born.number < option.least || born.number > option.most);
              })));
}

TEST(option, the_maximal_configuration_of_the_tests_gives_every_option_a_value) {
  const Trial trial(maximal_config);

  CHECK_EQUAL(std::string_view("1"),
              std::string_view(std::to_string(count_of(trial.found(), "\n") + 1)));
  CHECK_EQUAL(std::string_view(""),
              std::string_view(left_at_defaults(static_section(), &trial.config.fixed)));
  CHECK_EQUAL(std::string_view(".http.services.weighted "),
              std::string_view(left_at_defaults(dynamic_section(), &trial.config.dynamic)));
}

TEST(option, the_manual_has_one_item_an_option_and_no_line_that_is_a_macro_by_accident) {
  const std::string text = manual();

  CHECK(count_of(text,
                 ".It Cm entryPoints.NAME.transport.bufferSize\n"
                 "Bytes queued in one direction before reading stops.\n"
                 "A whole number (bytes), at least 4096, at most 1073741824.\n"
                 "Default: 65536.\n") == 1);
  CHECK(count_of(text, ".It Cm http.routers.NAME.rule\n") == 1);
  CHECK(count_of(text, ".It Cm http.services.NAME.loadBalancer.servers[].url\n") == 1);
  CHECK(count_of(text, "http.services.NAME.mirroring") == 1);
  CHECK(count_of(text, "spiffe") == 0);
  UNSIGNED_LONGS_EQUAL(count_of(text, "\n.It Cm ") + 1, count_of(text, "\n.") + 1);
}

TEST(option, the_schema_closes_every_bracket_and_knows_kinds_and_bounds) {
  const std::string text = schema();

  UNSIGNED_LONGS_EQUAL(count_of(text, "{"), count_of(text, "}"));
  UNSIGNED_LONGS_EQUAL(count_of(text, "["), count_of(text, "]"));
  CHECK(count_of(text, "\"maxRequestLineBytes\": {\n") == 1);
  CHECK(count_of(text, "\"type\": \"integer\", \"minimum\": 16, \"maximum\": 1073741824") == 1);
  CHECK(count_of(text, "\"enum\": [\"keep\", \"delete\", \"reject\"]") == 1);
  CHECK(count_of(text, "\"spiffe\"") == 0);
}
