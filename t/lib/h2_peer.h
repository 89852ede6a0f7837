// SPDX-License-Identifier: MIT
// h2_peer.h -- the other end of an HTTP/2 connection, made by hand: it says what a test wants said, right or wrong, and reads
// what comes frame by frame.
//
//   in      bytes of the connection; a test's calls
//   out     say: bytes to carry over; what was heard of each stream, of the connection, and the first rule that was broken
//   flow    gives windows back as DATA comes, unless told not to; its own bodies wait for the other side's windows
//   source  RFC 9113, RFC 7541 (the library's inflater; what is sent are literals without an index)
#pragma once

#include "h2/library.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pm::test {

using H2Fields = std::vector<std::pair<std::string, std::string>>;

std::string h2_frame(int type, int flags, std::uint32_t stream, std::string_view payload = {});
std::string h2_block(const H2Fields& fields);
std::string h2_number(std::uint32_t value);  // 32 bits, as in WINDOW_UPDATE and RST_STREAM

class H2Peer {
 public:
  enum class Role : std::uint8_t { client, server };
  struct Heard {
    std::string statuses;  // "100 200"; of a request its method
    H2Fields fields;       // of the last head
    std::string body;
    std::string trailers;  // "a: b\n"
    bool ended = false;
    std::optional<std::uint32_t> reset;  // the code of an RST_STREAM
    std::string_view field(std::string_view name) const;
    // "100 200 done end", "200 x-sum: 1 end", "reset 8": a long body is its size in brackets.
    std::string story() const;
  };

  explicit H2Peer(Role role);
  ~H2Peer();
  H2Peer(const H2Peer&) = delete;
  H2Peer& operator=(const H2Peer&) = delete;

  void read(std::string_view bytes);
  Heard& heard(std::uint32_t stream) { return heard_[stream]; }
  const std::map<std::uint32_t, Heard>& all() const noexcept { return heard_; }

  // Of a client: the next stream. `ends`: no body follows.
  std::uint32_t ask(const H2Fields& fields, bool ends = true);
  void head(std::uint32_t stream, const H2Fields& fields, bool ends = false);
  // As much of it leaves as the other side's windows allow, the rest as they open.
  void body(std::uint32_t stream, std::string_view bytes, bool ends = true);
  void reset(std::uint32_t stream, std::uint32_t code);
  void goaway(std::uint32_t last, std::uint32_t code = 0);
  void setting(std::uint16_t id, std::uint32_t value);
  void window(std::uint32_t stream, std::uint32_t more);
  void ping() { say += h2_frame(6, 0, 0, "12345678"); }
  std::int64_t window_of(std::uint32_t stream);  // how much it may still send
  std::size_t unsent(std::uint32_t stream) { return bodies_[stream].bytes.size(); }

  std::string say;
  std::string goaways;  // "2147483647:0 1:0"
  std::string fault;    // of the side that is tested
  std::map<std::uint16_t, std::uint32_t> settings;
  int pings = 0;      // it was asked
  int ping_acks = 0;  // it was answered
  int setting_acks = 0;
  int frames = 0;
  bool gives_windows = true;
  bool keeps_books = true;  // of what it allows; not when bytes are said beside it
  bool answers_pings = true;

 private:
  struct Body {
    std::string bytes;
    bool ends = false;
  };
  void read_frame(int type, int flags, std::uint32_t stream, std::string_view payload);
  void read_block(std::uint32_t stream, bool ends);
  void read_data(std::uint32_t stream, std::string_view payload);
  void read_settings(int flags, std::string_view payload);
  void confirm_setting();
  void read_window(std::uint32_t stream, std::string_view payload);
  void send_bodies();
  void blame(std::string_view what);

  Role role_;
  nghttp2_hd_inflater* inflater_ = nullptr;
  std::string in_;
  std::string block_;  // of a head that is not complete
  bool in_block_ = false;
  bool block_ends_ = false;
  std::size_t preface_ = 0;  // still to come
  std::uint32_t next_ = 1;
  std::map<std::uint32_t, Heard> heard_;
  std::map<std::uint32_t, Body> bodies_;
  std::map<std::uint32_t, std::int64_t> theirs_;  // windows that we may use; 0: the connection's
  std::map<std::uint32_t, std::int64_t> ours_;    // that they may
  std::int64_t first_window_ = 65535;             // theirs, of a stream
  std::int64_t our_first_window_ = 65535;
  // What each SETTINGS that is not acknowledged yet makes of it: until then the other side goes by the old one.
  std::deque<std::optional<std::uint32_t>> unconfirmed_{std::nullopt};
};

}  // namespace pm::test
