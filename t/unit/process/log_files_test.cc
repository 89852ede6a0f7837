// SPDX-License-Identifier: MIT
#include "process/log_files.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <cstdlib>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

using namespace pm;
using process::LogFiles;

TEST_GROUP(log_files) {
  runtime::Plan plan;
  LogFiles files;
  std::string folder;

  void setup() override {
    char name[] = "/tmp/pointsman-log-XXXXXX";
    folder = ::mkdtemp(name);
  }
  void teardown() override {
    LONGS_EQUAL(0, ::system(("rm -rf " + folder).c_str()));
  }

  static LogFiles::Names foreground(const runtime::Plan& plan, const std::string& given) {
    return LogFiles::names(plan, given, LogFiles::Mode::foreground);
  }
  std::size_t size_of(const std::string& name) const {
    struct stat info {};
    return ::stat((folder + name).c_str(), &info) == 0 ? static_cast<std::size_t>(info.st_size)
                                                       : 9999;
  }
};

TEST(log_files, the_configuration_goes_before_the_command_line) {
  plan.log.path.set("/a");

  CHECK_EQUAL(std::string("/a"), foreground(plan, "/b").error);
}

TEST(log_files, the_command_line_names_the_file_where_the_configuration_names_none) {
  CHECK_EQUAL(std::string("/b"), foreground(plan, "/b").error);
}

TEST(log_files, in_the_foreground_without_a_name_it_is_standard_output) {
  CHECK_EQUAL(std::string(""), foreground(plan, "").error);
}

TEST(log_files, a_daemon_without_a_name_has_the_compiled_in_files) {
  const LogFiles::Names names = LogFiles::names(plan, "", LogFiles::Mode::daemon);

  CHECK_FALSE(names.error.empty());
  CHECK_FALSE(names.access.empty());
}

TEST(log_files, an_access_log_that_is_off_is_not_opened) {
  CHECK_TRUE(files.open({folder + "/error.log", folder + "/access.log", false}).has_value());

  LONGS_EQUAL(-1, files.access());
  LONGS_EQUAL(9999, size_of("/access.log"));
}

TEST(log_files, after_a_rename_reopening_writes_to_a_new_file) {
  CHECK_TRUE(files.open({folder + "/e", folder + "/a", true}).has_value());
  CHECK_TRUE(os::write_all(files.access(), "old").has_value());
  LONGS_EQUAL(0, ::rename((folder + "/a").c_str(), (folder + "/a.1").c_str()));

  CHECK_TRUE(files.reopen().has_value());
  CHECK_TRUE(os::write_all(files.access(), "new!").has_value());

  LONGS_EQUAL(3, size_of("/a.1"));
  LONGS_EQUAL(4, size_of("/a"));
}

TEST(log_files, a_failed_reopening_changes_nothing) {
  CHECK_TRUE(files.open({folder + "/e", folder + "/sub", true}).has_value());
  const int before = files.error();
  ::unlink((folder + "/sub").c_str());
  ::mkdir((folder + "/sub").c_str(), 0755);

  CHECK_FALSE(files.reopen().has_value());

  LONGS_EQUAL(before, files.error());
  CHECK_TRUE(os::write_all(files.access(), "x").has_value());
}

TEST(log_files, logs_are_not_for_everybody) {
  CHECK_TRUE(files.open({folder + "/e", "", false}).has_value());

  struct stat info {};
  ::stat((folder + "/e").c_str(), &info);
  LONGS_EQUAL(0, info.st_mode & 07);
}
