// SPDX-License-Identifier: MIT
#include "core/hash.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(hash) {
  // The key of the reference vectors: bytes 00 01 ... 0f.
  HashKey key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
};

// Vectors that Rust's core library tests its SipHasher13 with.
TEST(hash, siphash_is_siphash_1_3) {
  CHECK_EQUAL(0xabac0158050fc4dcu, siphash(key, ""));
  CHECK_EQUAL(0xc9f49bf37d57ca93u, siphash(key, std::string_view("\0", 1)));
  CHECK_EQUAL(0x369095118d299a8eu, siphash(key, std::string_view("\0\1\2\3\4\5\6\7", 8)));
}

TEST(hash, siphash_depends_on_key_and_length) {
  CHECK_FALSE(siphash(key, "a") == siphash(HashKey{}, "a"));
  CHECK_FALSE(siphash(key, "") == siphash(key, std::string_view("\0", 1)));
}

TEST(hash, fnv1a_is_the_published_one) {
  CHECK_EQUAL(0xcbf29ce484222325u, fnv1a(""));
  CHECK_EQUAL(0xaf63dc4c8601ec8cu, fnv1a("a"));
  CHECK_EQUAL(0x85944171f73967e8u, fnv1a("foobar"));
}
