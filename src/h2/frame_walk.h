// SPDX-License-Identifier: MIT
// frame_walk.h -- the frames of a connection as they go by, without the library: what it passes over in silence is judged here.
//
//   in      the bytes of a connection behind the preface, in pieces of any size
//   out     a call for each PRIORITY frame: the library ignores them where RFC 9218 is in force, their faults included. Another
//           for the head of each DATA frame: of a stream that it has forgotten it says nothing. A third for each RST_STREAM, so
//           that DATA right behind one is known for what it is
//   cost    about ten instructions a frame
//   source  RFC 9113 sections 4.1, 5.1, 5.3.1 and 6.3
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pm::h2 {

struct PriorityFrame {
  std::uint32_t stream = 0;
  std::uint32_t length = 0;      // of the payload; 5 is right
  std::uint32_t depends_on = 0;  // with a length of 5
};

class FrameWalk {
 public:
  explicit FrameWalk(std::size_t preface) noexcept : skip_(preface) {}

  template <class OnPriority, class OnData, class OnReset>
  void pass(std::string_view bytes, OnPriority&& on_priority, OnData&& on_data,
            OnReset&& on_reset) {
    while (!bytes.empty()) {
      const std::size_t skipped = std::min(skip_, bytes.size());
      bytes.remove_prefix(skipped);
      skip_ -= skipped;
      if (bytes.empty()) return;
      const std::size_t taken = std::min(wanted_ - have_, bytes.size());
      std::memcpy(head_.data() + have_, bytes.data(), taken);
      have_ += taken;
      bytes.remove_prefix(taken);
      if (have_ < wanted_) return;
      const std::uint32_t length = number(0) >> 8;
      const std::uint32_t whole = payload_of(head_[3]);
      if (whole != 0 && length == whole && have_ == frame_head) {
        wanted_ = frame_head + whole;
        continue;
      }
      const auto stream = static_cast<std::int32_t>(number(5) & id_bits);
      if (head_[3] == priority) on_priority(frame(length));
      if (head_[3] == data) on_data(stream);
      if (head_[3] == reset) on_reset(stream);
      skip_ = length - (have_ - frame_head);
      have_ = 0;
      wanted_ = frame_head;
    }
  }

 private:
  static constexpr std::size_t frame_head = 9;
  static constexpr std::uint32_t priority_payload = 5;
  static constexpr std::uint32_t reset_payload = 4;
  static constexpr unsigned char data = 0;
  static constexpr unsigned char priority = 2;
  static constexpr unsigned char reset = 3;
  static constexpr std::uint32_t id_bits = 0x7FFFFFFF;

  // Of a frame that is told of when it is whole; 0: its head is enough.
  static std::uint32_t payload_of(unsigned char kind) noexcept {
    return kind == priority ? priority_payload : kind == reset ? reset_payload : 0;
  }
  std::uint32_t number(std::size_t at) const noexcept {
    return std::uint32_t{head_[at]} << 24 | std::uint32_t{head_[at + 1]} << 16 |
           std::uint32_t{head_[at + 2]} << 8 | head_[at + 3];
  }
  PriorityFrame frame(std::uint32_t length) const noexcept {
    const bool is_whole = have_ == frame_head + priority_payload;
    return {number(5) & id_bits, length, is_whole ? number(frame_head) & id_bits : 0};
  }

  std::array<unsigned char, frame_head + priority_payload> head_{};
  std::size_t have_ = 0;
  std::size_t wanted_ = frame_head;
  std::size_t skip_;
};

}  // namespace pm::h2
