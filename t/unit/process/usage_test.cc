// SPDX-License-Identifier: MIT
#include "process/usage.h"

#include "core/text.h"
#include "process/cli_options.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace pm::process;

TEST_GROUP(usage) {
  const std::string help = help_text();

  void check_mentions(std::string_view text, std::string_view word) {
    CHECK_TRUE_TEXT(text.find(word) != std::string_view::npos, std::string(word).c_str());
  }
};

TEST(usage, help_names_every_option_that_is_there) {
  for (const OptionRow& row : all_options()) {
    if (row.help.empty()) continue;
    if (row.letter != '\0') check_mentions(help, std::string("  -") + row.letter);
    for (std::string_view name : text::split(row.names, ' ')) {
      if (!name.empty()) check_mentions(help, "--" + std::string(name));
    }
  }
}

TEST(usage, help_names_the_commands_that_are_there_and_no_others) {
  for (const VerbRow& row : all_verbs()) {
    const bool is_named = help.find("\n  " + std::string(row.name)) != std::string::npos;
    CHECK_EQUAL_TEXT(row.verb != Verb::later, is_named, std::string(row.name).c_str());
  }
}

TEST(usage, help_fits_a_wide_terminal) {
  for (std::string_view line : text::split(help, '\n'))
    CHECK_TRUE_TEXT(line.size() <= 100, std::string(line).c_str());
}

TEST(usage, the_version_is_said_as_nginx_says_it) {
  CHECK_EQUAL(std::string_view("pointsman version: pointsman/1.2.3\n"),
              std::string_view(version_text("1.2.3")));
}

TEST(usage, build_information_names_libraries_and_arguments) {
  const std::string text = build_text({"1.2.3", "g++ 12", "--with-debug", {{"libuv", "1.44"}}}, {});

  CHECK_EQUAL(
      std::string_view("pointsman version: pointsman/1.2.3\nbuilt by g++ 12\n"
                       "library libuv 1.44\nmatchers: none\nbalancers: none\nmiddlewares: none\n"
                       "configure arguments: --with-debug\n"),
      std::string_view(text));
}
