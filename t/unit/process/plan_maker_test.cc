// SPDX-License-Identifier: MIT
#include "process/plan_maker.h"

#include "process/build_paths.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm;
using namespace std::chrono_literals;

TEST_GROUP(plan_maker) {
  config::Config config;
  config::Findings findings;
  runtime::BundleContent out;
  bool is_root = false;

  void add(const std::string& name, const std::string& address) {
    config::EntryPoint entry_point;
    entry_point.name = name;
    entry_point.address = {address, {1, 3, 5}};
    config.fixed.entry_points.push_back(std::move(entry_point));
  }
  bool make() {
    config.sources = {"", "traefik.yml"};
    return process::make_plan({config, "traefik.yml", "/etc/pointsman", is_root, 4}, out, findings);
  }
  std::string first_finding() const {
    return findings.all().empty() ? "" : findings.all()[0].what;
  }
};

TEST(plan_maker, an_address_keeps_its_place_and_its_spelling) {
  add("web", "127.0.0.1:8080");

  CHECK_TRUE(make());

  const runtime::PlanAddress& address = out.addresses.at(0);
  CHECK_EQUAL(std::string_view("web"), address.name.view());
  CHECK_EQUAL(std::string_view("127.0.0.1:8080"), address.text.view());
  CHECK_EQUAL(std::string_view("traefik.yml:3:5"), address.place.view());
  LONGS_EQUAL(8080, address.port);
  LONGS_EQUAL(0, address.any_family);
}

TEST(plan_maker, the_folder_for_the_agents_socket_is_that_of_the_pid_file) {
  add("web", ":80");
  CHECK_TRUE(make());
  CHECK_EQUAL(std::string_view(""), out.plan.run_path.view());
  LONGS_EQUAL(0, out.plan.has_agent_site);

  config.fixed.pid_path = "run/p.pid";
  config.fixed.api.emplace();
  CHECK_TRUE(make());
  CHECK_EQUAL(std::string_view("/etc/pointsman/run"), out.plan.run_path.view());
  LONGS_EQUAL(1, out.plan.has_agent_site);
}

TEST(plan_maker, an_empty_host_means_every_family) {
  add("web", ":80");

  CHECK_TRUE(make());

  LONGS_EQUAL(1, out.addresses.at(0).any_family);
}

TEST(plan_maker, a_name_is_looked_up) {
  add("web", "localhost:80");

  CHECK_TRUE(make());

  LONGS_EQUAL(0, out.addresses.at(0).any_family);
}

TEST(plan_maker, a_name_without_address_is_an_error_with_a_place) {
  add("web", "no-such-host.invalid:80");

  CHECK_FALSE(make());

  CHECK_EQUAL(
      std::string(
          "entryPoints.web.address \"no-such-host.invalid:80\": no address found for that name"),
      first_finding());
  LONGS_EQUAL(3, findings.all().at(0).mark.line);
}

TEST(plan_maker, automatic_workers_follow_the_cores) {
  CHECK_TRUE(make());

  LONGS_EQUAL(4, out.plan.workers);
}

TEST(plan_maker, workers_may_be_counted) {
  config.fixed.workers.value = "7";
  CHECK_TRUE(make());

  LONGS_EQUAL(7, out.plan.workers);
}

TEST(plan_maker, a_count_of_workers_that_is_none_is_an_error) {
  config.fixed.workers.value = "0";
  CHECK_FALSE(make());

  CHECK_EQUAL(std::string("workers \"0\" is not a count"), first_finding());
}

TEST(plan_maker, masks_are_read_as_nginx_reads_them) {
  config.fixed.worker_cpu_affinity = "01 0110";
  CHECK_TRUE(make());

  CHECK_TRUE(out.plan.affinity == runtime::PlanAffinity::masks);
  LONGS_EQUAL(2, out.plan.mask_count);
  LONGS_EQUAL(1, out.plan.masks[0]);
  LONGS_EQUAL(6, out.plan.masks[1]);
}

TEST(plan_maker, a_mask_that_is_none_is_an_error) {
  config.fixed.worker_cpu_affinity = "02";
  CHECK_FALSE(make());
}

TEST(plan_maker, the_sandbox_is_what_the_configuration_says) {
  config.fixed.operations.seccomp = "off";
  CHECK_TRUE(make());
  CHECK_TRUE(out.plan.sandbox == os::SandboxMode::off);

  config.fixed.operations.seccomp = "log";
  CHECK_TRUE(make());
  CHECK_TRUE(out.plan.sandbox == os::SandboxMode::log);
}

TEST(plan_maker, the_sandbox_is_in_force_unless_the_build_is_instrumented) {
  CHECK_TRUE(make());

  CHECK_TRUE(out.plan.sandbox ==
             (process::is_instrumented ? os::SandboxMode::log : os::SandboxMode::enforce));
}

TEST(plan_maker, relative_paths_begin_at_the_base) {
  config.fixed.pid_path = "run/p.pid";
  config.fixed.log.file_path = "/var/log/x.log";
  CHECK_TRUE(make());

  CHECK_EQUAL(std::string_view("/etc/pointsman/run/p.pid"), out.plan.pid_path.view());
  CHECK_EQUAL(std::string_view("/var/log/x.log"), out.plan.log.path.view());
  CHECK_TRUE(out.plan.access_log_path.view().empty());
}

TEST(plan_maker, a_path_too_long_for_the_plan_is_an_error) {
  config.fixed.pid_path = std::string(2000, 'x');

  CHECK_FALSE(make());
}

TEST(plan_maker, the_longest_grace_of_all_entry_points_counts) {
  add("a", ":80");
  add("b", ":81");
  config.fixed.entry_points[0].transport.life_cycle.grace_timeout = 3s;
  config.fixed.entry_points[1].transport.life_cycle.grace_timeout = 1500us;
  config.fixed.entry_points[1].transport.life_cycle.request_accept_grace_timeout = 2s;
  CHECK_TRUE(make());

  LONGS_EQUAL(3000, out.plan.grace_ms);
  LONGS_EQUAL(2000, out.plan.accept_grace_ms);
}

TEST(plan_maker, a_user_is_a_warning_without_root) {
  config.fixed.user = {"nobody", {}};
  CHECK_TRUE(make());

  LONGS_EQUAL(0, out.plan.user_given);
  LONGS_EQUAL(1, findings.count(config::Severity::warning));
}

TEST(plan_maker, root_becomes_the_user_that_is_named) {
  is_root = true;
  config.fixed.user = {"nobody", {}};
  CHECK_TRUE(make());

  LONGS_EQUAL(1, out.plan.user_given);
  LONGS_EQUAL(65534, out.plan.uid);
}

TEST(plan_maker, root_never_stays_root_by_omission) {
  is_root = true;
  CHECK_TRUE(make());

  LONGS_EQUAL(1, out.plan.user_given);
  CHECK_TRUE(out.plan.uid != 0);
}

TEST(plan_maker, an_unknown_user_is_an_error) {
  is_root = true;
  config.fixed.user = {"nobody-of-this-name", {}};

  CHECK_FALSE(make());
}
