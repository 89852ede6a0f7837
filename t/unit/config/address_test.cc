// SPDX-License-Identifier: MIT
#include "config/address.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm::config;

TEST_GROUP(address){};

TEST(address, host_port_and_suffix_are_taken_apart) {
  static constexpr Row rows[] = {
      {":80", "|80|tcp"},
      {":0", "|0|tcp"},
      {":65535", "|65535|tcp"},
      {"127.0.0.1:80", "127.0.0.1|80|tcp"},
      {"[::1]:80", "::1|80|tcp"},
      {"[::]:443/tcp", "::|443|tcp"},
      {"localhost:8080/TCP", "localhost|8080|tcp"},
      {":53/udp", "|53|udp"},
      {":53/UDP", "|53|udp"},
      {"", "none"},
      {"80", "none"},
      {":", "none"},
      {":http", "none"},
      {":65536", "none"},
      {":0080000", "none"},
      {":-1", "none"},
      {":80/quic", "none"},
      {":80/", "none"},
      {"::1:80", "none"},
      {"[::1]", "none"},
      {"[::1:80", "none"},
      {"[127.0.0.1]:80", "none"},
      {"[]:80", "none"},
      {"300.1.1.1:80", "none"},
      {"a b:80", "none"},
      {"http://x:80", "none"},
      {"-x:80", "none"},
      {"a_b-c.test:80", "a_b-c.test|80|tcp"},
      {"1.2.3.4.5:80", "none"},
      {"[::1]x:80", "none"},
      {"[zz::1]:80", "none"},
  };

  check_rows(rows, [](std::string_view in) {
    const std::optional<ListenAddress> address = parse_listen_address(in);
    if (!address) return std::string("none");
    return address->host + "|" + std::to_string(address->port) +
           (address->is_udp ? "|udp" : "|tcp");
  });
}
