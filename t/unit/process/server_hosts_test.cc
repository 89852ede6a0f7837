// SPDX-License-Identifier: MIT
#include "process/server_hosts.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(server_hosts) {
  config::Config config;
  config::Findings findings;

  void setup() override {
    config.dynamic.services.emplace_back();
    config.dynamic.services[0].load_balancer.emplace();
  }
  void add(const std::string& url, std::uint32_t line) {
    config::Server server;
    server.url = {url, {0, line, 1}};
    config.dynamic.services[0].load_balancer->servers.push_back(server);
  }
};

TEST(server_hosts, each_name_is_there_once_with_its_first_place) {
  add("http://app.example:8080", 3);
  add("http://APP.example/", 4);
  add("https://other.example", 5);

  const auto hosts = process::server_hosts(config);

  LONGS_EQUAL(2, hosts.size());
  CHECK_EQUAL(std::string("app.example"), hosts.at(0).value);
  LONGS_EQUAL(3, hosts.at(0).mark.line);
  CHECK_EQUAL(std::string("other.example"), hosts.at(1).value);
}

TEST(server_hosts, addresses_and_what_is_no_url_are_left_out) {
  add("http://10.0.0.1:80", 1);
  add("http://[::1]:80", 2);
  add("nonsense", 3);

  CHECK_TRUE(process::server_hosts(config).empty());
}

TEST(server_hosts, a_name_without_address_is_a_warning) {
  add("http://localhost", 1);
  add("http://no-such-host.invalid", 2);

  process::warn_of_unknown_hosts(config, findings);

  LONGS_EQUAL(1, findings.all().size());
  CHECK_EQUAL(std::string("no address is known for the server \"no-such-host.invalid\""),
              findings.all().at(0).what);
  CHECK_TRUE(findings.all().at(0).severity == config::Severity::warning);
}
