// SPDX-License-Identifier: MIT
#include "tls/hello.h"

#include <CppUTest/TestHarness.h>

#include <vector>

using namespace pm;
using tls::Hello;

namespace {

using Bytes = std::string;

Bytes number(std::size_t value, std::size_t width) {
  Bytes text;
  for (std::size_t i = width; i-- > 0;)
    text += static_cast<char>(value >> (8 * i));
  return text;
}
Bytes vector(const Bytes& content, std::size_t width) {
  return number(content.size(), width) + content;
}
Bytes extension(std::size_t type, const Bytes& body) {
  return number(type, 2) + vector(body, 2);
}
Bytes server_name(const Bytes& name, std::size_t type = 0) {
  return extension(0, vector(number(type, 1) + vector(name, 2), 2));
}
Bytes protocols(const std::vector<Bytes>& names) {
  Bytes list;
  for (const Bytes& name : names)
    list += vector(name, 1);
  return extension(16, vector(list, 2));
}
Bytes message(const Bytes& extensions, const Bytes& suites = "\x13\x01",
              const Bytes& methods = Bytes(1, '\0')) {
  const Bytes body = "\x03\x03" + Bytes(32, 'r') + vector("", 1) + vector(suites, 2) +
                     vector(methods, 1) + vector(extensions, 2);
  return "\x01" + vector(body, 3);
}
Bytes record(const Bytes& content, char type = 0x16) {
  return Bytes(1, type) + "\x03\x01" + vector(content, 2);
}
Bytes records(const Bytes& content, std::size_t size) {
  Bytes all;
  for (std::size_t at = 0; at < content.size(); at += size)
    all += record(content.substr(at, size));
  return all;
}

}  // namespace

TEST_GROUP(tls_hello) {
  std::string assembled;
  Hello hello;

  Hello::Status parse(const Bytes& bytes) {
    kept = bytes;
    hello = tls::parse_hello(kept, assembled);
    return hello.status;
  }
  Bytes kept;
};

TEST(tls_hello, name_and_protocols_are_found) {
  CHECK(parse(record(message(server_name("A.test") + protocols({"h2", "http/1.1"})))) ==
        Hello::Status::found);
  CHECK_EQUAL(std::string("A.test"), std::string(hello.server_name));
  std::string names;
  tls::for_each_protocol(hello.protocols,
                         [&](std::string_view name) { names += std::string(name) + " "; });
  CHECK_EQUAL(std::string("h2 http/1.1 "), names);
}

TEST(tls_hello, without_extensions_there_is_no_name) {
  CHECK(parse(record(message(""))) == Hello::Status::found);
  CHECK_TRUE(hello.server_name.empty());
}

TEST(tls_hello, nothing_yet_is_incomplete) {
  CHECK(parse("") == Hello::Status::incomplete);
}

TEST(tls_hello, a_hello_of_tls_1_2_may_end_before_its_extensions) {
  const Bytes body = "\x03\x03" + Bytes(32, 'r') + vector(Bytes(32, 's'), 1) +
                     vector("\x13\x01", 2) + vector(Bytes(1, '\0'), 1);
  CHECK(parse(record("\x01" + vector(body, 3))) == Hello::Status::found);
  CHECK_TRUE(hello.server_name.empty());
}

TEST(tls_hello, names_of_another_kind_and_other_extensions_are_passed_over) {
  const Bytes other = extension(43, "\x02\x03\x04") + server_name("a.test", 1);
  CHECK(parse(record(message(other))) == Hello::Status::found);
  CHECK_TRUE(hello.server_name.empty());
}

TEST(tls_hello, it_is_incomplete_until_its_last_byte_wherever_it_is_cut) {
  const Bytes whole = message(server_name("a.test") + protocols({"h2"}));
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{50}, whole.size()}) {
    const Bytes bytes = records(whole, size);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
      CHECK(parse(bytes.substr(0, cut)) == Hello::Status::incomplete);
    CHECK(parse(bytes) == Hello::Status::found);
    CHECK_EQUAL(std::string("a.test"), std::string(hello.server_name));
    CHECK(parse(bytes + "more") == Hello::Status::found);
  }
}

TEST(tls_hello, another_first_byte_is_not_tls) {
  for (const char* text : {"GET / HTTP/1.1\r\n", "P", "\x15\x03\x01", "PRI * HTTP/2.0"})
    CHECK(parse(text) == Hello::Status::not_tls);
}

TEST(tls_hello, what_can_be_read_in_no_way_is_malformed) {
  const Bytes good = server_name("a.test");
  const Bytes cases[] = {
      Bytes("\x80\x2e\x01\x03\x01", 5),                         // SSLv2
      "\x16\x02" + Bytes(20, 'x'),                              // another major version
      record(""),                                               // an empty record
      Bytes("\x16\x03\x01\x40\x01\x01", 6),                     // a record that is too long
      record("\x02" + vector(Bytes(40, 'x'), 3)),               // a ServerHello
      record(number(1, 1) + number(70000, 3)),                  // too long
      record(message(good).substr(0, 20)) + record("x", 0x17),  // another record in between
      record(message(good, "")),                                // no suites
      record(message(good, "\x13")),                            // half a suite
      record(message(good, "\x13\x01", "")),                    // no compression methods
      record(message(good + "\x01")),                           // half an extension
      record(message(good + good)),                             // two names
      record(message(extension(0, ""))),                        // an empty name extension
      record(message(server_name(""))),                         // an empty name
      record(message(server_name(Bytes("a\0b", 3)))),           // a zero inside
      record(message(extension(0, vector("\x01", 2)))),         // half a name
      record(message(protocols({}))),                           // no protocols
      record(message(protocols({""}))),                         // an empty protocol
      record(message(protocols({"h2"}) + protocols({"h2"}))),
      record(message(extension(16, vector("\x05h2", 2)))),  // a protocol that is cut
      record(message(
          extension(0, vector(number(0, 1) + vector("a", 2), 2) + "x"))),  // bytes behind the names
      record(message(extension(16, vector("\x02h2", 2) + "x"))),  // bytes behind the protocols
      record(message(extension(16, "\x01"))),                     // half a length
      record(message(extension(0, "\x01"))),
  };
  for (const Bytes& bytes : cases)
    CHECK(parse(bytes) == Hello::Status::malformed);
}

TEST(tls_hello, a_body_that_is_cut_anywhere_before_its_extensions_is_malformed) {
  const Bytes whole = message(server_name("a.test")).substr(4);
  const std::size_t fixed = 2 + 32 + 1 + 2 + 2 + 1 + 1;  // where a hello of TLS 1.2 may end
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (size == fixed) continue;
    CHECK(parse(record("\x01" + vector(whole.substr(0, size), 3))) == Hello::Status::malformed);
  }
}

TEST(tls_hello, a_session_id_that_is_too_long_is_malformed) {
  const Bytes body = "\x03\x03" + Bytes(32, 'r') + vector(Bytes(33, 's'), 1) +
                     vector("\x13\x01", 2) + vector(Bytes(1, '\0'), 1);
  CHECK(parse(record("\x01" + vector(body, 3))) == Hello::Status::malformed);
}

TEST(tls_hello, a_body_that_goes_on_behind_its_extensions_is_malformed) {
  Bytes body = message(server_name("a.test")).substr(4) + "x";
  CHECK(parse(record("\x01" + vector(body, 3))) == Hello::Status::malformed);
}
