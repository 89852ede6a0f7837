// SPDX-License-Identifier: MIT
#include "process/pid_file.h"

#include "os/fd.h"
#include "t/lib/table.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace pm;
using process::PidFile;

namespace {

std::string parsed(std::string_view text) {
  const auto pid = process::parse_pid(text);
  return pid ? std::to_string(*pid) : "none";
}

std::string reparsed(std::string_view line) {
  const auto status = process::parse_status(line);
  return status ? process::format_status(*status) : "none";
}

}  // namespace

TEST_GROUP(pid_file) {
  std::string folder;
  std::string path;
  pid_t child = 0;

  void setup() override {
    char name[] = "/tmp/pointsman-pid-XXXXXX";
    folder = ::mkdtemp(name);
    path = folder + "/pid";
  }
  void teardown() override {
    if (child > 0) ::kill(child, SIGKILL);
    if (child > 0) ::waitpid(child, nullptr, 0);
    ::unlink(path.c_str());
    LONGS_EQUAL(0, ::rmdir(folder.c_str()));
  }
  bool exists() const {
    return ::access(path.c_str(), F_OK) == 0;
  }
  void name(pid_t pid) const {
    CHECK_TRUE(os::replace_file(path, std::to_string(pid) + "\n", 0644).has_value());
  }
  void start_child() {
    child = ::fork();
    if (child == 0) ::pause();
  }
};

TEST(pid_file, a_pid_is_a_positive_number) {
  static constexpr Row rows[] = {
      {"1\n", "1"}, {"4711", "4711"}, {"0", "none"}, {"-1", "none"},
      {"", "none"}, {"1 2", "none"},  {"x", "none"}, {"99999999999", "none"},
  };
  check_rows(rows, parsed);
}

TEST(pid_file, a_status_line_survives_a_round) {
  static constexpr Row rows[] = {
      {"1 reopen ok\n", "1 reopen ok\n"},
      {"7 reopen failed cannot open \"/x y\": denied\n",
       "7 reopen failed cannot open \"/x y\": denied\n"},
      {"x reopen ok", "none"},
      {"1 reopen", "none"},
      {"1 reopen perhaps", "none"},
      {"", "none"},
  };
  check_rows(rows, reparsed);
}

TEST(pid_file, it_is_removed_by_its_owner) {
  {
    auto file = PidFile::write(path);
    CHECK_TRUE(file.has_value());
    CHECK_TRUE(exists());
  }
  CHECK_FALSE(exists());
}

TEST(pid_file, the_file_of_a_successor_is_left_alone) {
  auto file = PidFile::write(path);
  name(1);

  file->remove();

  CHECK_TRUE(exists());
}

TEST(pid_file, a_living_process_is_running) {
  start_child();
  name(child);

  LONGS_EQUAL(child, process::running_pid(path).value_or(0));
}

TEST(pid_file, a_dead_one_is_stale) {
  start_child();
  name(child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  child = 0;

  CHECK_FALSE(process::running_pid(path).has_value());
}

TEST(pid_file, a_process_younger_than_the_file_is_another_one) {
  start_child();
  name(child);
  const timeval long_ago[2] = {{1000000, 0}, {1000000, 0}};
  ::utimes(path.c_str(), long_ago);

  CHECK_FALSE(process::running_pid(path).has_value());
}

TEST(pid_file, without_a_file_nothing_runs) {
  CHECK_FALSE(process::running_pid(path).has_value());
}

TEST(pid_file, the_status_lies_beside_it_and_goes_with_it) {
  auto file = PidFile::write(path);
  file->write_status(path, {3, "reopen", true, ""});
  LONGS_EQUAL(3, process::read_status(path)->serial);

  file->remove();

  CHECK_FALSE(process::read_status(path).has_value());
}
