// SPDX-License-Identifier: MIT
#include "net/proxy_protocol.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;

namespace {

// "found 41 192.0.2.7:51000 192.0.2.1:80", "found 15 peer", "none", "incomplete", "bad".
std::string parsed(std::string_view bytes) {
  static constexpr const char* words[] = {"incomplete", "none", "found", "bad"};
  const net::ProxyHeader header = net::parse_proxy_header(bytes);
  std::string out = words[static_cast<unsigned>(header.status)];
  if (header.status != net::ProxyHeader::Status::found) return out;
  out += " " + std::to_string(header.length);
  if (!header.has_addresses) return out + " peer";
  return out + " " + header.source.to_string() + " " + header.destination.to_string();
}

std::string line(std::string_view text) {
  return parsed(std::string(text) + "\r\n");
}

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string block(std::uint8_t command, std::uint8_t family, std::string_view body) {
  std::string out = signature;
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(body.size() >> 8);
  out += static_cast<char>(body.size() & 255);
  return out.append(body);
}

const std::string v4("\xc0\0\2\7\xc0\0\2\1\xc7\x38\0\x50", 12);
const std::string v6 = std::string("\x20\1\xd\xb8", 4) + std::string(11, '\0') + "\7" +
                       std::string("\x20\1\xd\xb8", 4) + std::string(11, '\0') + "\1" +
                       std::string("\xc7\x38\0\x50", 4);

// The answers to each beginning of `bytes`, a run of equal ones written once.
std::string growing(const std::string& bytes) {
  std::string out;
  std::string last;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string now = parsed(std::string_view(bytes).substr(0, size));
    if (now != last) out += (out.empty() ? "" : ", ") + now;
    last = now;
  }
  return out;
}

}  // namespace

TEST_GROUP(proxy_protocol){};

TEST(proxy_protocol, version_1_is_one_line) {
  static constexpr Row rows[] = {
      {"PROXY TCP4 192.0.2.7 192.0.2.1 51000 80", "found 41 192.0.2.7:51000 192.0.2.1:80"},
      {"PROXY TCP6 2001:db8::7 2001:db8::1 51000 80",
       "found 45 [2001:db8::7]:51000 [2001:db8::1]:80"},
      {"PROXY TCP4 0.0.0.0 255.255.255.255 0 65535", "found 44 0.0.0.0:0 255.255.255.255:65535"},
      {"PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2", "found 37 192.0.2.7:1 [::1]:2"},
      {"PROXY UNKNOWN", "found 15 peer"},
      {"PROXY UNKNOWN ffff::1 ffff::2 1 2", "found 35 peer"},
      {"PROXY UNKNOWN anything at all", "found 31 peer"},
  };
  check_rows(rows, line);
}

TEST(proxy_protocol, a_bad_line_is_bad) {
  static constexpr Row rows[] = {
      {"PROXY ", "bad"},
      {"PROXY  TCP4 192.0.2.7 192.0.2.1 51000 80", "bad"},
      {"PROXY tcp4 192.0.2.7 192.0.2.1 51000 80", "bad"},
      {"PROXY TCP5 192.0.2.7 192.0.2.1 51000 80", "bad"},
      {"PROXY UNKNOWNS", "bad"},
      {"PROXY TCP4", "bad"},
      {"PROXY TCP4 192.0.2.7 192.0.2.1 51000", "bad"},
      {"PROXY TCP4 192.0.2.7 192.0.2.1 51000 ", "bad"},
      {"PROXY TCP4 192.0.2.7 192.0.2.1 51000 80 ", "bad"},
      {"PROXY TCP4 192.0.2.7 192.0.2.1 51000 80 x", "bad"},
      {"PROXY TCP4 192.0.2.7  192.0.2.1 51000 80", "bad"},
      {"PROXY TCP4 192.0.02.7 192.0.2.1 51000 80", "bad"},
      {"PROXY TCP4 300.0.2.7 192.0.2.1 51000 80", "bad"},
      {"PROXY TCP4 app.test 192.0.2.1 51000 80", "bad"},
      {"PROXY TCP4 2001:db8::7 2001:db8::1 51000 80", "bad"},
      {"PROXY TCP6 192.0.2.7 192.0.2.1 51000 80", "bad"},
      {"PROXY TCP6 fe80::1%eth0 fe80::2 51000 80", "bad"},
      {"PROXY TCP6 [::1] [::2] 51000 80", "bad"},
      {"PROXY TCP4 192.0.2.7 192.0.2.1 65536 80", "bad"},
      {"PROXY TCP4 192.0.2.7 192.0.2.1 -1 80", "bad"},
      {"PROXY TCP4 192.0.2.7 192.0.2.1 +1 80", "bad"},
      {"PROXY TCP4 192.0.2.7 192.0.2.1 080 80", "bad"},
      {"PROXY TCP4\t192.0.2.7 192.0.2.1 51000 80", "bad"},
  };
  check_rows(rows, line);
}

TEST(proxy_protocol, a_line_ends_in_cr_lf_within_107_bytes) {
  CHECK_EQUAL(std::string("bad"), parsed("PROXY UNKNOWN\n"));
  CHECK_EQUAL(std::string("bad"), parsed("PROXY UNKNOWN\rx"));
  CHECK_EQUAL(std::string("incomplete"), parsed("PROXY UNKNOWN\r"));
  CHECK_EQUAL(std::string("found 107 peer"), line("PROXY UNKNOWN " + std::string(91, 'x')));
  CHECK_EQUAL(std::string("bad"), line("PROXY UNKNOWN " + std::string(92, 'x')));
  CHECK_EQUAL(std::string("incomplete"), parsed("PROXY UNKNOWN " + std::string(92, 'x')));
  CHECK_EQUAL(std::string("bad"), parsed("PROXY UNKNOWN " + std::string(93, 'x')));
  CHECK_EQUAL(std::string("bad"), parsed("PROXY UNKNOWN " + std::string(92, 'x') + "\r"));
}

TEST(proxy_protocol, the_clients_own_bytes_are_left_alone) {
  static constexpr Row rows[] = {
      {"GET / HTTP/1.1", "none"},
      {"POST / HTTP/1.1", "none"},
      {"PROPFIND / HTTP/1.1", "none"},
      {"PROXYX / HTTP/1.1", "none"},
      {"proxy ", "none"},
      {"\x16\x03\x01", "none"},
      {"\r\n\r\nGET / HTTP/1.1", "none"},
      {"\r\nGET", "none"},
      {"", "incomplete"},
      {"P", "incomplete"},
      {"PROXY", "incomplete"},
      {"\r\n\r\n", "incomplete"},
  };
  check_rows(rows, parsed);
}

TEST(proxy_protocol, version_2_carries_both_families) {
  CHECK_EQUAL(std::string("found 28 192.0.2.7:51000 192.0.2.1:80"), parsed(block(0x21, 0x11, v4)));
  CHECK_EQUAL(std::string("found 52 [2001:db8::7]:51000 [2001:db8::1]:80"),
              parsed(block(0x21, 0x21, v6)));
  CHECK_EQUAL(std::string("found 28 192.0.2.7:51000 192.0.2.1:80"), parsed(block(0x21, 0x12, v4)));
}

TEST(proxy_protocol, what_follows_is_not_part_of_it) {
  CHECK_EQUAL(std::string("found 28 192.0.2.7:51000 192.0.2.1:80"),
              parsed(block(0x21, 0x11, v4) + "GET / HTTP/1.1"));
  CHECK_EQUAL(std::string("found 15 peer"), parsed("PROXY UNKNOWN\r\nPROXY UNKNOWN\r\n"));
}

TEST(proxy_protocol, tlvs_are_passed_over) {
  CHECK_EQUAL(std::string("found 41 192.0.2.7:51000 192.0.2.1:80"),
              parsed(block(0x21, 0x11, v4 + std::string("\4\0\12aaaaaaaaaa", 13))));
  CHECK_EQUAL(std::string("found 30 192.0.2.7:51000 192.0.2.1:80"),
              parsed(block(0x21, 0x11, v4 + "\4\1")));
}

TEST(proxy_protocol, the_peer_counts_when_the_sender_speaks_for_itself) {
  CHECK_EQUAL(std::string("found 16 peer"), parsed(block(0x20, 0x00, "")));
  CHECK_EQUAL(std::string("found 28 peer"), parsed(block(0x20, 0x11, v4)));
  CHECK_EQUAL(std::string("found 18 peer"), parsed(block(0x20, 0xff, "xx")));
  CHECK_EQUAL(std::string("found 16 peer"), parsed(block(0x21, 0x00, "")));
  CHECK_EQUAL(std::string("found 28 peer"), parsed(block(0x21, 0x10, v4)));
  CHECK_EQUAL(std::string("found 232 peer"), parsed(block(0x21, 0x31, std::string(216, 'x'))));
}

TEST(proxy_protocol, a_bad_block_is_bad) {
  CHECK_EQUAL(std::string("bad"), parsed(block(0x11, 0x11, v4)));
  CHECK_EQUAL(std::string("bad"), parsed(block(0x22, 0x11, v4)));
  CHECK_EQUAL(std::string("bad"), parsed(block(0x21, 0x41, v6)));
  CHECK_EQUAL(std::string("bad"), parsed(block(0x21, 0x13, v4)));
  CHECK_EQUAL(std::string("bad"), parsed(block(0x21, 0x11, v4.substr(1))));
  CHECK_EQUAL(std::string("bad"), parsed(block(0x21, 0x21, v6.substr(1))));
  CHECK_EQUAL(std::string("bad"), parsed(block(0x21, 0x31, std::string(215, 'x'))));
  CHECK_EQUAL(std::string("none"), parsed("\r\n\r\n" + block(0x21, 0x11, v4)));
}

TEST(proxy_protocol, a_block_is_bounded) {
  CHECK_EQUAL(std::string("found 4112 192.0.2.7:51000 192.0.2.1:80"),
              parsed(block(0x21, 0x11, v4 + std::string(4084, 'x'))));
  CHECK_EQUAL(std::string("bad"),
              parsed(block(0x21, 0x11, v4 + std::string(4085, 'x')).substr(0, 16)));
}

TEST(proxy_protocol, it_may_come_byte_by_byte) {
  CHECK_EQUAL(std::string("incomplete, found 41 192.0.2.7:51000 192.0.2.1:80"),
              growing("PROXY TCP4 192.0.2.7 192.0.2.1 51000 80\r\nGET"));
  CHECK_EQUAL(std::string("incomplete, found 28 192.0.2.7:51000 192.0.2.1:80"),
              growing(block(0x21, 0x11, v4) + "GET"));
  CHECK_EQUAL(std::string("incomplete, bad"), growing(block(0x23, 0x11, v4)));
  CHECK_EQUAL(std::string("incomplete, none"), growing("PUT / HTTP/1.1"));
}
