// SPDX-License-Identifier: MIT
// The walk sees the same frames however the bytes are cut.
#include "h2/frame_walk.h"

#include "h2/library.h"
#include "http/codec.h"
#include "t/lib/h2_peer.h"
#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>

#include <string>

using namespace pm;
using test::h2_frame;
using test::h2_number;

namespace {

constexpr int data = 0, headers = 1, priority = 2, reset = 3, ping = 6;

class Seen {
 public:
  explicit Seen(std::size_t preface = 0) : walk_(preface) {}
  void pass(std::string_view bytes) {
    walk_.pass(
        bytes,
        [this](const h2::PriorityFrame& frame) {
          text_ += std::to_string(frame.stream) + "/" + std::to_string(frame.length) + "<" +
                   std::to_string(frame.depends_on) + " ";
        },
        [this](std::int32_t stream) { data_ += std::to_string(stream) + " "; },
        [this](std::int32_t stream) { resets_ += std::to_string(stream) + " "; });
  }
  std::string_view text() const { return text_; }
  std::string_view data() const { return data_; }
  std::string_view resets() const { return resets_; }

 private:
  h2::FrameWalk walk_;
  std::string text_;
  std::string data_;
  std::string resets_;
};

std::string priority_of(std::uint32_t stream, std::uint32_t depends_on) {
  return h2_frame(priority, 0, stream, h2_number(depends_on) + "\x10");
}

// Payloads that look like frames of that kind.
std::string mixture() {
  const std::string decoy = priority_of(77, 78);
  return std::string(http::http2_preface) + h2_frame(headers, 4, 1, decoy + decoy) +
         priority_of(3, 0) + h2_frame(data, 1, 1) + h2_frame(reset, 0, 5, "abcd") +
         priority_of(0x80000005, 0x80000003) + h2_frame(priority, 0, 7, "abcd") +
         h2_frame(priority, 0, 9, decoy) + h2_frame(priority, 0, 11) +
         h2_frame(ping, 0, 0, "12345678") + priority_of(13, 13);
}
constexpr std::string_view expected = "3/5<0 5/5<3 7/4<0 9/14<0 11/0<0 13/5<13 ";

}  // namespace

TEST_GROUP(h2_frame_walk){};

TEST(h2_frame_walk, tells_each_frame_of_priority_data_and_reset_and_nothing_else) {
  Seen seen(http::http2_preface.size());

  seen.pass(mixture());

  CHECK_EQUAL(expected, seen.text());
  CHECK_EQUAL(std::string_view("1 "), seen.data());
  CHECK_EQUAL(std::string_view("5 "), seen.resets());
}

TEST(h2_frame_walk, sees_the_same_in_single_bytes) {
  Seen seen(http::http2_preface.size());

  for (const char byte : mixture())
    seen.pass({&byte, 1});

  CHECK_EQUAL(expected, seen.text());
}

TEST(h2_frame_walk, sees_the_same_whatever_two_places_it_is_cut_at) {
  const std::string bytes = mixture();
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); second += 3) {
      Seen seen(http::http2_preface.size());
      const std::string_view all = bytes;
      seen.pass(all.substr(0, first));
      seen.pass(all.substr(first, second - first));
      seen.pass(all.substr(second));
      CHECK_EQUAL(expected, seen.text());
    }
  }
}

TEST(h2_frame_walk, tells_nothing_of_a_frame_before_all_that_is_judged_has_come) {
  const std::string frame = priority_of(1, 1);
  Seen seen;

  seen.pass(std::string_view(frame).substr(0, frame.size() - 2));
  CHECK_EQUAL(std::string_view(), seen.text());
  seen.pass(std::string_view(frame).substr(frame.size() - 2));

  CHECK_EQUAL(std::string_view("1/5<1 "), seen.text());
}

TEST(h2_frame_walk, tells_of_a_reset_when_it_is_whole) {
  const std::string frame = h2_frame(reset, 0, 5, "abcd");
  Seen seen;

  seen.pass(std::string_view(frame).substr(0, frame.size() - 1));
  CHECK_EQUAL(std::string_view(), seen.resets());
  seen.pass(std::string_view(frame).substr(frame.size() - 1));

  CHECK_EQUAL(std::string_view("5 "), seen.resets());
}

TEST(h2_frame_walk, the_largest_length_is_passed_over) {
  Seen seen;

  seen.pass(std::string("\xff\xff\xff", 3) + h2_frame(data, 0, 1).substr(3));
  seen.pass(std::string(0xffffff, 'x'));
  seen.pass(priority_of(1, 0));

  CHECK_EQUAL(std::string_view("1/5<0 "), seen.text());
}
