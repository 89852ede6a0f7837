// SPDX-License-Identifier: MIT
#include "h1/chunk.h"

#include "t/lib/h1_reading.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using twin::Chunked;

namespace {

using namespace std::string_view_literals;

struct Row {
  std::string_view what;
  std::string_view bytes;
  Chunked::End end;
  std::string_view data;
};

constexpr auto more = Chunked::End::more;
constexpr auto trailers = Chunked::End::trailers;
constexpr auto fault = Chunked::End::fault;

constexpr Row rows[]{
    {"nothing yet", "", more, ""},
    {"one chunk", "5\r\nhello\r\n0\r\n", trailers, "hello"},
    {"two chunks", "1\r\na\r\n2\r\nbc\r\n0\r\n", trailers, "abc"},
    {"no chunk", "0\r\n", trailers, ""},
    {"several zeros", "000\r\n", trailers, ""},
    {"leading zeros", "0000000000000001\r\na\r\n", more, "a"},
    {"digits in both cases", "0a\r\n0123456789\r\n0A\r\n0123456789\r\n0\r\n", trailers,
     "01234567890123456789"},
    {"data not there yet", "5\r\nhel", more, "hel"},
    {"17 digits", "00000000000000001\r\n", fault, ""},
    {"size of 2^62", "4000000000000000\r\nab", more, "ab"},
    {"size over 2^62", "4000000000000001\r\n", fault, ""},
    {"size of 64 bits", "ffffffffffffffff\r\n", fault, ""},
    {"plus sign", "+5\r\nhello\r\n", fault, ""},
    {"minus sign", "-5\r\nhello\r\n", fault, ""},
    {"0x", "0x5\r\nhello\r\n", fault, ""},
    {"blank before", " 5\r\nhello\r\n", fault, ""},
    {"blank behind", "5 \r\nhello\r\n", fault, ""},
    {"tab behind", "5\t\r\nhello\r\n", fault, ""},
    {"blank before the extension", "5 ;a\r\nhello\r\n", fault, ""},
    {"no digit", "\r\nhello\r\n", fault, ""},
    {"extension without a size", ";a\r\n", fault, ""},
    {"letter behind the digits", "5g\r\nhello\r\n", fault, ""},
    {"NUL behind the digits", "5\0\r\nhello\r\n"sv, fault, ""},
    {"bare LF behind the size", "5\nhello\r\n", fault, ""},
    {"bare CR behind the size", "5\rhello\r\n", fault, ""},
    {"two CR behind the size", "5\r\r\nhello\r\n", fault, ""},
    {"bare LF behind the data", "5\r\nhello\n0\r\n", fault, "hello"},
    {"bare CR behind the data", "5\r\nhello\r0\r\n", fault, "hello"},
    {"more data than said", "5\r\nhello!\r\n", fault, "hello"},
    {"less data than said", "5\r\nhell\r\n0\r\n", fault, "hell\r"},
    {"bare LF behind the last chunk", "0\n", fault, ""},
    {"extension", "5;a=b\r\nhello\r\n0;c\r\n", trailers, "hello"},
    {"quoted extension", "5;a=\"b c\"; d\r\nhello\r\n", more, "hello"},
    {"control byte in an extension", "5;a\x01\r\nhello\r\n", fault, ""},
    {"tab in an extension", "5;a\tb\r\nhello\r\n", fault, ""},
    {"DEL in an extension", "5;a\x7f\r\nhello\r\n", fault, ""},
    {"bare LF in an extension", "5;a\nb\r\nhello\r\n", fault, ""},
    {"bare CR in an extension", "5;a\rb\r\nhello\r\n", fault, ""},
};

}  // namespace

TEST_GROUP(h1_chunk) {
  h1::ChunkReader reader;

  void check(const Row& row, std::size_t step) {
    const Chunked result = trial::read_chunked(row.bytes, step);
    CHECK_TEXT(row.end == result.end, std::string(row.what).c_str());
    CHECK_EQUAL_TEXT(row.data, std::string_view(result.data), std::string(row.what).c_str());
    if (result.end == trailers)
      LONGS_EQUAL_TEXT(row.bytes.size(), result.used, std::string(row.what).c_str());
  }
  Chunked::End end_of(const std::string& bytes) {
    return trial::read_chunked(bytes, 0).end;
  }
};

TEST(h1_chunk, is_read_strictly) {
  for (const Row& row : rows)
    check(row, 0);
}

TEST(h1_chunk, is_read_the_same_byte_by_byte) {
  for (const Row& row : rows)
    check(row, 1);
}

TEST(h1_chunk, gives_slices_of_the_input_and_stops_before_the_trailers) {
  const std::string_view bytes = "5\r\nhello\r\n0\r\nA: b\r\n\r\n";
  std::string_view input = bytes;

  CHECK(reader.read(input) == h1::ChunkReader::Step::data);
  POINTERS_EQUAL(bytes.data() + 3, reader.data().data());
  CHECK(reader.read(input) == h1::ChunkReader::Step::trailers);
  CHECK_EQUAL("A: b\r\n\r\n"sv, input);
  CHECK(reader.read(input) == h1::ChunkReader::Step::trailers);
}

TEST(h1_chunk, stays_broken_after_a_fault) {
  std::string_view input = "ffffffffffffffff\r\n";
  CHECK(reader.read(input) == h1::ChunkReader::Step::fault);

  input = "\r\n";
  CHECK(reader.read(input) == h1::ChunkReader::Step::fault);

  reader.reset();
  input = "1\r\n";
  CHECK(reader.read(input) == h1::ChunkReader::Step::more);
}

TEST(h1_chunk, bounds_the_extensions_of_a_line) {
  CHECK(end_of("1;" + std::string(255, 'a') + "\r\nx\r\n") == more);
  CHECK(end_of("1;" + std::string(256, 'a') + "\r\nx\r\n") == fault);
}

TEST(h1_chunk, bounds_the_extensions_of_a_message) {
  const std::string chunk = "1;" + std::string(255, 'a') + "\r\nx\r\n";
  std::string most;
  for (int i = 0; i < 64; ++i)
    most += chunk;

  CHECK(end_of(most + "1\r\nx\r\n") == more);
  CHECK(end_of(most + "1;\r\nx\r\n") == fault);
}
