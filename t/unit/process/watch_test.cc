// SPDX-License-Identifier: MIT
#include "process/watch.h"

#include "os/fd.h"

#include <CppUTest/TestHarness.h>

#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace pm;
using process::Watch;
using std::chrono::milliseconds;

TEST_GROUP(watch) {
  std::string folder;
  Watch watch;
  const Watch::Clock::time_point now = Watch::Clock::now();

  void setup() override {
    char path[] = "/tmp/pointsman-watch-XXXXXX";
    folder = ::mkdtemp(path);
    write("a.yaml", "one");
  }
  void teardown() override {
    CHECK_EQUAL(0, std::system(("rm -r " + folder).c_str()));
  }

  std::string file(const std::string& name) const {
    return folder + "/" + name;
  }
  void write(const std::string& name, const std::string& text) const {
    const os::Fd fd(::open(file(name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    CHECK_TRUE(os::write_all(fd.number(), text).has_value());
  }
  void exchange(const std::string& name) const {
    write(name + ".new", "two");
    CHECK_EQUAL(0, ::rename(file(name + ".new").c_str(), file(name).c_str()));
  }
  // In how many milliseconds a load is due; -1: never.
  long due(milliseconds throttle = milliseconds(0)) {
    watch.read(now);
    const auto at = watch.due(now, throttle);
    return at ? std::chrono::duration_cast<milliseconds>(*at - now).count() : -1;
  }
  void set(const std::string& path) {
    CHECK_TRUE(watch.set({path}, std::chrono::system_clock::now() + std::chrono::hours(1)).empty());
  }
};

TEST(watch, nothing_is_due_while_nothing_changes) {
  set(file("a.yaml"));

  LONGS_EQUAL(-1, due());
}

TEST(watch, what_comes_by_rename_is_due_at_once) {
  set(file("a.yaml"));
  exchange("a.yaml");

  LONGS_EQUAL(0, due());
}

TEST(watch, what_is_written_in_place_is_due_when_it_rests) {
  set(file("a.yaml"));
  write("a.yaml", "two");

  LONGS_EQUAL(100, due());
}

TEST(watch, a_writer_that_holds_the_file_open_is_waited_for) {
  set(file("a.yaml"));
  const os::Fd fd(::open(file("a.yaml").c_str(), O_WRONLY | O_CLOEXEC));
  CHECK_TRUE(os::write_all(fd.number(), "half").has_value());

  LONGS_EQUAL(2000, due());
}

TEST(watch, other_files_beside_it_do_not_count) {
  set(file("a.yaml"));
  write("b.yaml", "two");

  LONGS_EQUAL(-1, due());
}

TEST(watch, of_a_folder_documents_count_and_nothing_else) {
  set(folder);
  write(".a.yaml.swp", "x");
  write("notes.txt", "x");
  LONGS_EQUAL(-1, due());

  write("b.yml", "two");
  CHECK_TRUE(due() >= 0);
}

TEST(watch, any_link_on_the_way_may_be_exchanged) {
  CHECK_EQUAL(0, ::mkdir(file("1").c_str(), 0755));
  CHECK_EQUAL(0, ::mkdir(file("2").c_str(), 0755));
  write("1/c.yaml", "one");
  write("2/c.yaml", "two");
  CHECK_EQUAL(0, ::symlink("1", file("data").c_str()));
  CHECK_EQUAL(0, ::symlink("data/c.yaml", file("c.yaml").c_str()));
  set(file("c.yaml"));
  CHECK_EQUAL(0, ::symlink("2", file("new").c_str()));
  CHECK_EQUAL(0, ::rename(file("new").c_str(), file("data").c_str()));

  LONGS_EQUAL(0, due());
}

TEST(watch, what_changed_before_anybody_watched_is_due_too) {
  const auto read = std::chrono::system_clock::now();
  exchange("a.yaml");
  CHECK_TRUE(watch.set({file("a.yaml")}, read).empty());

  CHECK_TRUE(due() >= 0);
}

TEST(watch, setting_it_anew_loses_nothing_that_has_come) {
  set(file("a.yaml"));
  exchange("a.yaml");
  set(file("a.yaml"));

  LONGS_EQUAL(0, due());
}

TEST(watch, a_load_is_not_sooner_than_its_throttle) {
  set(file("a.yaml"));
  exchange("a.yaml");

  LONGS_EQUAL(2000, due(milliseconds(2000)));
}

TEST(watch, a_load_takes_all_that_came_before_it) {
  set(file("a.yaml"));
  exchange("a.yaml");
  watch.read(now);
  watch.loaded();

  LONGS_EQUAL(-1, due());
}

TEST(watch, a_file_that_is_never_at_rest_is_not_waited_for_for_ever) {
  set(file("a.yaml"));
  for (int second = 0; second < 60; ++second) {
    write("a.yaml", "more");
    watch.read(now + std::chrono::seconds(second));
  }

  CHECK_TRUE(watch.due(now, milliseconds(0)).value() < now + std::chrono::seconds(15));
}

TEST(watch, a_folder_that_is_not_there_is_said) {
  LONGS_EQUAL(1, watch.set({"/nonsense/a.yaml"}, {}).size());
}
