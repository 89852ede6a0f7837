// SPDX-License-Identifier: MIT
#include "process/summary.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(summary) {
  process::Summary summary;

  void setup() override {
    summary.entry_points = {{"web", ":80"}, {"a\"b", ":81"}};
    summary.workers = 1;
    summary.worker_connections = 100;
    summary.open_files = 1024;
    summary.accept_queue = 4096;
    summary.counts.routers = 2;
    summary.counts.services = 1;
    summary.counts.servers = 3;
  }
};

TEST(summary, a_person_reads_one_line) {
  const std::string line = process::summary_text(summary);

  CHECK_TRUE(line.starts_with("pointsman "));
  CHECK_TRUE(line.ends_with(": 1 worker · web :80 · a\"b :81 · 2 routers, 1 service (3 servers)"));
}

TEST(summary, what_is_wrong_is_counted) {
  summary.counts.errors = 1;
  summary.counts.warnings = 2;

  CHECK_TRUE(process::summary_text(summary).ends_with(" · 1 error · 2 warnings"));
}

TEST(summary, the_limits_in_effect_are_told) {
  CHECK_EQUAL(std::string("1 worker, 100 connections each, nofile 1024, kernel somaxconn 4096"),
              process::limits_text(summary));
}

TEST(summary, a_program_reads_one_object) {
  const std::string line = process::summary_json(summary);

  CHECK_TRUE(line.find("\"entryPoints\":{\"web\":\":80\",\"a\\\"b\":\":81\"}") !=
             std::string::npos);
  CHECK_TRUE(line.starts_with('{') && line.ends_with('}'));
  CHECK_TRUE(line.find('\n') == std::string::npos);
}
