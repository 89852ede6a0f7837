// SPDX-License-Identifier: MIT
#include "core/base64.h"

#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

using namespace pm;

TEST_GROUP(base64){};

TEST(base64, encodes_as_the_rfc_shows) {
  static constexpr Row rows[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  check_rows(rows, [](std::string_view in) { return base64_encode(in); });
}

TEST(base64, decodes_what_is_well_formed_and_nothing_else) {
  static constexpr Row rows[] = {
      {"", ""},         {"Zg==", "f"},          {"Zm8=", "fo"},
      {"Zm9v", "foo"},  {"Zm9vYmFy", "foobar"}, {"Zg", "none"},
      {"Zg=", "none"},  {"Z===", "none"},       {"Zm9v!", "none"},
      {"Zm 9", "none"}, {"====", "none"},       {"Zm=v", "none"},
  };
  check_rows(rows, [](std::string_view in) {
    std::string room(in.size() + 3, '\0');
    const auto size = base64_decode(in, room.data());
    return size ? room.substr(0, *size) : std::string("none");
  });
}

TEST(base64, every_byte_comes_back) {
  std::string all;
  for (int c = 0; c < 256; ++c)
    all += static_cast<char>(c);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    const std::string text = base64_encode(std::string_view(all).substr(0, size));
    std::string room(text.size() + 3, '\0');
    LONGS_EQUAL(size, base64_decode(text, room.data()).value());
    CHECK(std::string_view(room).substr(0, size) == std::string_view(all).substr(0, size));
  }
}

namespace {

// The text in two pieces, cut at `at`: what comes of it, or "none".
std::string read_cut(std::string_view text, std::size_t at) {
  Base64Reader reader;
  std::string out;
  for (const std::string_view piece : {text.substr(0, at), text.substr(at)}) {
    std::string room(Base64Reader::room_for(piece.size()), '\0');
    const auto size = reader.read(piece, room.data());
    if (!size) return "none";
    out += room.substr(0, *size);
  }
  return reader.is_whole() ? out : out + "...";
}

std::string write_cut(std::string_view bytes, std::size_t at) {
  Base64Writer writer;
  std::string room(Base64Writer::room_for(bytes.size()) + 8, '\0');
  std::size_t size = writer.write(bytes.substr(0, at), room.data());
  size += writer.write(bytes.substr(at), room.data() + size);
  size += writer.flush(room.data() + size);
  return room.substr(0, size);
}

}  // namespace

TEST(base64, pieces_are_read_as_the_whole_wherever_it_is_cut) {
  static constexpr Row rows[] = {
      {"", ""},
      {"Zm9vYmFy", "foobar"},
      {"Zg==", "f"},
      {"Zg==Zm8=Zm9v", "ffofoo"},
      {"Zm8=Zm8=", "fofo"},
      {"Zm9vYg", "foo..."},
      {"Zm9vYg=", "foo..."},
      {"Z===", "none"},
      {"=", "none"},
      {"Zg=v", "none"},
      {"Zg==Zg=Z", "none"},
      {"Zm9v\r\n", "none"},
      {"Zm9v Zm9v", "none"},
  };
  for (const Row& row : rows) {
    for (std::size_t at = 0; at <= row.in.size(); ++at)
      CHECK_EQUAL(std::string(row.out), read_cut(row.in, at));
  }
}

TEST(base64, pieces_are_written_as_the_whole_wherever_they_are_cut) {
  for (std::size_t at = 0; at <= 7; ++at)
    CHECK_EQUAL(std::string("Zm9vYmFyZA=="), write_cut("foobard", at));
}

TEST(base64, each_flush_ends_a_text_of_its_own) {
  Base64Writer writer;
  std::string room(64, '\0');
  std::size_t size = writer.write("f", room.data());
  size += writer.flush(room.data() + size);
  size += writer.flush(room.data() + size);
  size += writer.write("fo", room.data() + size);
  size += writer.flush(room.data() + size);
  CHECK_EQUAL(std::string("Zg==Zm8="), room.substr(0, size));
}
