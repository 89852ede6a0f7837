// SPDX-License-Identifier: MIT
// peer_reader.h -- what a scripted peer understands of HTTP/1.1: enough to tell where messages end, nothing of ours in it.
//
//   in      bytes as they come, in pieces of any size
//   out     one message at a time: its head, its body (or the bytes of a tunnel), its trailers
//   errors  `broken` says what no peer could understand
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pm::test {

class PeerReader {
 public:
  enum class Kind : std::uint8_t { request, response };
  enum class State : std::uint8_t {
    head,
    body,      // of a length
    size,      // the line before a chunk
    data,      // of a chunk
    data_end,  // its line end
    trailers,
    until_close,
    raw,  // behind a 101
    done,
  };
  explicit PeerReader(Kind kind) : kind_(kind) {}

  // Takes from the front of `bytes` what belongs to the present message.
  void feed(std::string_view& bytes);
  void feed_end();                    // the stream has ended
  void next(bool is_answer_to_head);  // a new message begins
  void expect_head_answer(bool is_head) { to_head_ = is_head; }

  State state() const { return state_; }
  bool is_done() const { return state_ == State::done; }
  bool has_head() const { return state_ != State::head; }
  bool is_fresh() const { return state_ == State::head && start.empty() && line_.empty(); }
  std::string_view field(std::string_view lower_name) const;
  std::string_view trailer(std::string_view lower_name) const;
  int status() const;
  void start_raw() { state_ = State::raw; }

  std::string start;
  std::string body;
  std::vector<int> interims;
  std::string broken;

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  void take_line();
  void take_field(Fields& fields);
  void end_of_head();
  void take_data(std::string_view& bytes);

  Kind kind_;
  State state_ = State::head;
  bool to_head_ = false;
  std::string line_;
  std::uint64_t left_ = 0;
  Fields fields_;
  Fields trailers_;
};

}  // namespace pm::test
