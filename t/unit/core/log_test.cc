// SPDX-License-Identifier: MIT
#include "core/log.h"

#include "core/regex.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

#include <string>

#include <fcntl.h>
#include <unistd.h>

using namespace pm;

namespace {

class Kept final : public LogSink {
 public:
  void write(std::string_view line) noexcept override { text += line; }
  std::string text;
};

// The parts that change from run to run, replaced by their shape.
std::string steady(const std::string& text) {
  const auto time = Regex::compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ");
  const auto pid = Regex::compile("(pid\"?[=:])" + std::to_string(getpid()) + "\\b");
  return pid->replace_all(time->replace_all(text, "TIME"), "${1}PID");
}

}  // namespace

TEST_GROUP(log) {
  Kept kept;
  Log log{kept};

  void setup() override {
    log.set_level(Level::trace);
  }
  std::string written() {
    return steady(kept.text);
  }
};

TEST(log, text_lines_look_like_those_of_traefik) {
  log.info("configuration loaded", {{"file", "traefik.yml"}, {"routers", "3"}});

  CHECK_EQUAL(std::string("TIME INF configuration loaded pid=PID file=traefik.yml routers=3\n"),
              written());
}

TEST(log, json_lines_have_level_time_and_message) {
  log.set_format(LogFormat::json);
  log.set_role("worker 3");

  log.warn("a \"name\"", {{"host", "a\\b"}});

  CHECK_EQUAL(std::string("{\"level\":\"warn\",\"time\":\"TIME\",\"message\":\"a \\\"name\\\"\","
                          "\"pid\":PID,\"role\":\"worker 3\",\"host\":\"a\\\\b\"}\n"),
              written());
}

TEST(log, the_role_stands_in_every_line) {
  log.set_role("worker 3");

  log.error("gone");

  CHECK_EQUAL(std::string("TIME ERR gone pid=PID role=\"worker 3\"\n"), written());
}

TEST(log, what_is_below_the_level_is_not_written) {
  log.set_level(Level::warn);

  log.notice("quiet");
  log.warn("loud");

  CHECK_EQUAL(std::string("TIME WRN loud pid=PID\n"), written());
}

TEST(log, a_peer_cannot_begin_a_line_of_its_own) {
  log.info("path\nTIME ERR fake", {{"path", "a\r\nb=c \x1b[2J\xc2\x9b\xff"}});

  CHECK_EQUAL(std::string("TIME INF path\\nTIME ERR fake pid=PID "
                          "path=\"a\\r\\nb=c \\x1b[2J\\xc2\\x9b\\xff\"\n"),
              written());
}

TEST(log, json_escapes_what_json_must_escape) {
  log.set_format(LogFormat::json);

  log.info("m", {{"v", std::string_view("\0\n\"\\\x7f\xff\xc2\x85\xe2\x80\xae\xc3\xa4", 13)}});

  CHECK_EQUAL(std::string("{\"level\":\"info\",\"time\":\"TIME\",\"message\":\"m\",\"pid\":PID,"
                          "\"v\":\"\\u0000\\n\\\"\\\\\\u007f\\ufffd\\u0085\\u202e\xc3\xa4\"}\n"),
              written());
}

TEST(log, values_are_quoted_only_when_they_must_be) {
  log.info("m", {{"a", "x/y:1"}, {"b", ""}, {"c", "x y"}, {"d", "x\"y"}, {"e", "x=y"}});

  CHECK_EQUAL(std::string("TIME INF m pid=PID a=x/y:1 b=\"\" c=\"x y\" d=\"x\\\"y\" e=\"x=y\"\n"),
              written());
}

TEST(log, a_long_value_is_cut_and_the_line_stays_whole) {
  log.set_format(LogFormat::json);
  const std::string hostile(20'000, '\x01');

  log.info("m", {{"v", hostile}, {"w", "behind"}});

  CHECK_TRUE(kept.text.size() <= 8192);
  CHECK_TRUE(kept.text.size() > 8000);
  CHECK_TRUE(kept.text.ends_with("\\u0001...\"}\n"));
}

TEST(log, a_long_message_is_cut_too) {
  const std::string hostile(20'000, 'x');

  log.info(hostile, {{"v", hostile}});

  CHECK_TRUE(kept.text.size() <= 8192);
  CHECK_TRUE(kept.text.ends_with("xxx...\n"));
}

TEST(log, colors_are_for_terminals) {
  log.set_color(true);

  log.info("m", {{"k", "v"}});

  CHECK_EQUAL(std::string("TIME \x1b[32mINF\x1b[0m m \x1b[36mpid=\x1b[0m") +
                  std::to_string(getpid()) + " \x1b[36mk=\x1b[0mv\n",
              written());
}

TEST(log, levels_are_named_without_regard_to_case) {
  static constexpr Row rows[] = {
      {"DEBUG", "debug"}, {"Warning", "warn"}, {"warn", "warn"}, {"PANIC", "panic"},
      {"trace", "trace"}, {"", "none"},        {"loud", "none"},
  };
  check_rows(rows, [](std::string_view name) {
    const auto level = parse_level(name);
    return level ? level_name(*level) : std::string_view("none");
  });
}

TEST(log, a_sink_counts_what_it_could_not_write) {
  FdSink sink(-1);

  sink.write("line\n");

  CHECK_EQUAL(1u, sink.dropped());
}

TEST(log, a_torn_line_does_not_run_into_the_next) {
  int ends[2];
  CHECK_EQUAL(0, pipe2(ends, O_NONBLOCK | O_CLOEXEC));
  CHECK_EQUAL(4096, fcntl(ends[1], F_SETPIPE_SZ, 4096));
  FdSink sink(ends[1]);
  const std::string large(6000, 'x');
  std::string taken(8192, '\0');

  sink.write(large + "\n");
  const ssize_t torn = read(ends[0], taken.data(), taken.size());
  sink.write("next\n");
  const ssize_t rest = read(ends[0], taken.data(), taken.size());

  CHECK_EQUAL(4096, torn);
  CHECK_EQUAL(1u, sink.dropped());
  CHECK_EQUAL(std::string_view("\nnext\n"), std::string_view(taken.data(), rest < 0 ? 0 : rest));
  close(ends[0]);
  close(ends[1]);
}
