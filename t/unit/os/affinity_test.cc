// SPDX-License-Identifier: MIT
#include "os/affinity.h"

#include "os/fd.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

#include <string>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace pm;

namespace {

std::string cores(std::optional<unsigned> count) {
  return count ? std::to_string(*count) : "none";
}

std::string parsed(std::string_view text) {
  return cores(os::parse_cpu_max(text));
}

}  // namespace

TEST_GROUP(affinity) {
  std::string root;

  void setup() override {
    char path[] = "/tmp/pointsman-affinity-XXXXXX";
    root = ::mkdtemp(path);
  }
  void teardown() override {
    LONGS_EQUAL(0, ::system(("rm -rf " + root).c_str()));
  }

  void put(const std::string& path, const std::string& text) {
    LONGS_EQUAL(0, ::system(("mkdir -p $(dirname " + root + path + ")").c_str()));
    CHECK_TRUE(os::replace_file(root + path, text, 0644).has_value());
  }
};

TEST(affinity, a_quota_counts_as_the_cores_that_it_touches) {
  static constexpr Row rows[] = {
      {"max 100000", "none"}, {"100000 100000\n", "1"}, {"150000 100000\n", "2"},
      {"50000 100000", "1"},  {"400000 100000", "4"},   {"", "none"},
      {"100000", "none"},     {"-1 100000", "none"},    {"100000 0", "none"},
      {"x y", "none"},
  };
  check_rows(rows, parsed);
}

TEST(affinity, version_2_takes_the_smallest_limit_on_the_way_up) {
  put("/proc/self/cgroup", "0::/house/room\n");
  put("/proc/self/mountinfo", "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
  put("/sys/fs/cgroup/house/room/cpu.max", "max 100000\n");
  put("/sys/fs/cgroup/house/cpu.max", "300000 100000\n");

  CHECK_EQUAL(std::string("3"), cores(os::quota_cores(root)));
}

TEST(affinity, a_container_sees_only_its_part_of_the_hierarchy) {
  put("/proc/self/cgroup", "0::/docker/abc\n");
  put("/proc/self/mountinfo", "30 23 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n");
  put("/sys/fs/cgroup/cpu.max", "200000 100000\n");

  CHECK_EQUAL(std::string("2"), cores(os::quota_cores(root)));
}

TEST(affinity, version_1_divides_quota_by_period) {
  put("/proc/self/cgroup", "5:cpu,cpuacct:/room\n1:name=systemd:/\n");
  put("/proc/self/mountinfo",
      "31 23 0:27 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n");
  put("/sys/fs/cgroup/cpu/room/cpu.cfs_quota_us", "250000\n");
  put("/sys/fs/cgroup/cpu/room/cpu.cfs_period_us", "100000\n");

  CHECK_EQUAL(std::string("3"), cores(os::quota_cores(root)));
}

TEST(affinity, nothing_readable_limits_nothing) {
  CHECK_EQUAL(std::string("none"), cores(os::quota_cores(root)));
}

TEST(affinity, there_is_always_a_core) {
  CHECK_TRUE(os::usable_cores() >= 1);
}
