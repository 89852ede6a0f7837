// SPDX-License-Identifier: MIT
#include "core/ip.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

using namespace pm;

namespace {

std::string canonical(std::string_view text) {
  const auto address = Address::parse(text);
  return address ? address->to_string() : "none";
}

std::string block(std::string_view text) {
  const auto cidr = Cidr::parse(text);
  return cidr ? cidr->network().to_string() + "/" + std::to_string(cidr->bits()) : "none";
}

Address address(std::string_view text) {
  return Address::parse(text).value_or(Address());
}

}  // namespace

TEST_GROUP(ip){};

TEST(ip, ipv4_is_four_decimal_parts) {
  static constexpr Row rows[] = {
      {"1.2.3.4", "1.2.3.4"}, {"0.0.0.0", "0.0.0.0"}, {"255.255.255.255", "255.255.255.255"},
      {"", "none"},           {"1.2.3", "none"},      {"1.2.3.4.5", "none"},
      {"1.2.3.", "none"},     {".1.2.3", "none"},     {"1..2.3", "none"},
      {"01.2.3.4", "none"},   {"1.2.3.00", "none"},   {"1.2.3.256", "none"},
      {"1.2.3.4 ", "none"},   {"0x1.2.3.4", "none"},  {"1.2.3.-4", "none"},
      {"1.2.3.+4", "none"},   {"1.2.3.4%1", "none"},  {"1.2.3.4444", "none"},
      {"16909060", "none"},   {"localhost", "none"},
  };
  check_rows(rows, canonical);
}

TEST(ip, ipv6_is_written_as_rfc_5952_says) {
  static constexpr Row rows[] = {
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8::0001", "2001:db8::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"0:1:2:3:4:5:6:7", "0:1:2:3:4:5:6:7"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"::2:3:4:5:6:7", "::2:3:4:5:6:7"},
      {"64:ff9b::1.2.3.4", "64:ff9b::102:304"},
      {"fe80::1%eth0", "fe80::1"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  check_rows(rows, canonical);
}

TEST(ip, what_is_no_ipv6_is_refused) {
  static constexpr Row rows[] = {
      {":", "none"},
      {":::", "none"},
      {"1::2::3", "none"},
      {"1:2:3:4:5:6:7", "none"},
      {"1:2:3:4:5:6:7:8:9", "none"},
      {"12345::", "none"},
      {"g::", "none"},
      {"[::1]", "none"},
      {"::1%", "none"},
      {"::1 ", "none"},
      {"1:2:3:4:5:6:7:1.2.3.4", "none"},
      {"::1.2.3.256", "none"},
      {"::1:80000", "none"},
      {"0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "none"},
  };
  check_rows(rows, canonical);
}

TEST(ip, a_nul_byte_does_not_end_an_address) {
  CHECK_FALSE(Address::parse(std::string_view("::1\0", 4)).has_value());
}

TEST(ip, a_mapped_address_equals_its_ipv4) {
  CHECK_TRUE(address("::ffff:1.2.3.4") == address("1.2.3.4"));
  CHECK_TRUE(address("::ffff:102:304").is_v4());
  CHECK_EQUAL(std::string("1.2.3.4"), address("::ffff:102:304").to_string());
  CHECK_FALSE(address("::1.2.3.4") == address("1.2.3.4"));
}

TEST(ip, loopback_and_wildcard_are_known_in_both_families) {
  CHECK_TRUE(address("127.9.9.9").is_loopback());
  CHECK_TRUE(address("::1").is_loopback());
  CHECK_FALSE(address("128.0.0.1").is_loopback());
  CHECK_FALSE(address("::").is_loopback());
  CHECK_TRUE(address("0.0.0.0").is_any());
  CHECK_TRUE(address("::").is_any());
  CHECK_FALSE(address("::1").is_any());
}

TEST(ip, an_endpoint_goes_through_a_socket_address_unchanged) {
  sockaddr_storage storage{};
  const Endpoint v4{address("192.0.2.1"), 8080};
  CHECK_EQUAL(sizeof(sockaddr_in), v4.to_sockaddr(&storage));
  CHECK_TRUE(Endpoint::from(reinterpret_cast<sockaddr*>(&storage)) == v4);

  const Endpoint v6{address("2001:db8::1"), 65535};
  CHECK_EQUAL(sizeof(sockaddr_in6), v6.to_sockaddr(&storage));
  CHECK_TRUE(Endpoint::from(reinterpret_cast<sockaddr*>(&storage)) == v6);
}

TEST(ip, a_mapped_peer_of_a_dual_stack_socket_is_ipv4) {
  sockaddr_storage storage{};
  auto& in6 = reinterpret_cast<sockaddr_in6&>(storage);
  in6.sin6_family = AF_INET6;
  in6.sin6_port = htons(443);
  in6.sin6_addr = {{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1}}};

  const auto endpoint = Endpoint::from(reinterpret_cast<sockaddr*>(&storage));

  CHECK_TRUE(endpoint.has_value());
  CHECK_EQUAL(std::string("10.0.0.1:443"), endpoint.value_or(Endpoint{}).to_string());
}

TEST(ip, other_families_are_no_endpoint) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;

  CHECK_FALSE(Endpoint::from(reinterpret_cast<sockaddr*>(&storage)).has_value());
}

TEST(ip, an_endpoint_puts_ipv6_into_brackets) {
  CHECK_EQUAL(std::string("1.2.3.4:80"), (Endpoint{address("1.2.3.4"), 80}).to_string());
  CHECK_EQUAL(std::string("[::1]:0"), (Endpoint{address("::1"), 0}).to_string());
}

TEST(ip, blocks_are_masked_and_counted_in_128_bits) {
  static constexpr Row rows[] = {
      {"10.1.2.3/8", "10.0.0.0/104"},
      {"0.0.0.0/0", "0.0.0.0/96"},
      {"192.0.2.7", "192.0.2.7/128"},
      {"192.0.2.7/32", "192.0.2.7/128"},
      {"10.255.255.255/9", "10.128.0.0/105"},
      {"2001:db8:ffff::1/33", "2001:db8:8000::/33"},
      {"::1", "::1/128"},
      {"::/0", "::/0"},
      {"10.0.0.0/33", "none"},
      {"::/129", "none"},
      {"10.0.0.0/", "none"},
      {"10.0.0.0/08", "none"},
      {"10.0.0.0/-1", "none"},
      {"10.0.0.0/8/8", "none"},
      {"/8", "none"},
      {"fe80::%1/64", "none"},
      {"10.0.0.0/8 ", "none"},
      {"", "none"},
  };
  check_rows(rows, block);
}

TEST(ip, everything_of_one_family_is_nothing_of_the_other) {
  CHECK_FALSE(Cidr::parse("::/0")->contains(address("10.0.0.1")));
  CHECK_FALSE(Cidr::parse("0.0.0.0/0")->contains(address("2001:db8::1")));
}
