// SPDX-License-Identifier: MIT
// session.h -- one HTTP/2 connection, either end: bytes through the library, frames out, and an end to both.
//
//   in      a connected stream; what the end that is derived from this makes of frames
//   out     frames, all of a pass in one send; at the end GOAWAY, FIN, and input thrown away for a moment
//   own     the stream and the library's session; frees itself at the end of the turn in which it closes
//   flow    the library's callbacks only note things down: nobody outside is called while the library works, and the library is
//           never called while it works. settle() follows, and tells everybody what has happened
//   errors  a fault of the connection ends it with the code that RFC 9113 names; after our own GOAWAY the library is not
//           called any more
//   cost    about 25 KiB idle, the library's
//   source  RFC 9113; security.md section 4; decision 45
//
//   open ── fault, budget spent, drained ──► ending (GOAWAY is out, its bytes not yet) ──► lingering ──► closed
#pragma once

#include "h2/flusher.h"
#include "h2/glitches.h"
#include "h2/library.h"
#include "h2/stream.h"
#include "net/stream.h"
#include "net/timer.h"

#include <algorithm>
#include <array>

namespace pm::h2 {

struct SessionSettings {
  std::uint64_t glitch_burst = 1000;
  std::uint64_t glitch_rate = 33;  // a second
  std::uint32_t decoder_table = 4096;
  std::uint32_t encoder_table = 4096;
  std::uint32_t connection_window = 1 << 20;
  std::size_t memory = 4 << 20;  // what the connection may pin
  std::uint64_t linger_ms = 1000;
};

class Session : public net::Mortal,
                public Flushed,
                protected net::StreamUser,
                protected net::Timer {
 public:
  enum class Role : std::uint8_t { server, client };
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void close() noexcept;  // at once, whatever runs
  net::Loop& loop() noexcept { return flusher_->loop(); }

  // Of its streams.
  bool is_open() const noexcept { return state_ == State::open; }
  nghttp2_session* library() noexcept { return library_.get(); }
  void mark() noexcept { flusher_->add(*this); }  // frames are to be sent
  void changed(Stream& stream) noexcept;          // it hears of it when the library is done
  void reset(Stream& stream, std::uint32_t code) noexcept;
  // What waits, ahead of its turn and as far as it may leave: a reset would take it away, or its bytes are lent.
  bool may_send_now() noexcept;
  void send_now() noexcept;

 protected:
  friend class Stream;
  Session(Flusher& flusher, net::Stream* stream, const SessionSettings& settings) noexcept;
  ~Session() override;

  // Begins to speak. `entries`: our SETTINGS. False: the library has no memory.
  bool speak(Role role, std::span<const nghttp2_settings_entry> entries) noexcept;
  void feed(std::string_view bytes) noexcept;  // what was read already

  virtual void on_bytes(std::string_view) noexcept {}  // before the library sees them
  // From within the library; the streams' own changes are noted by changed().
  virtual void on_frame_begins(const nghttp2_frame_hd&) noexcept {}
  virtual void on_reset_sent(std::int32_t) noexcept {}
  virtual void on_begin_headers(const nghttp2_frame& frame) noexcept = 0;
  virtual void on_field(const nghttp2_frame& frame, std::string_view name,
                        std::string_view value) noexcept = 0;
  virtual void on_bad_field(const nghttp2_frame& frame) noexcept = 0;
  virtual void on_headers(const nghttp2_frame& frame) noexcept = 0;  // the block is complete
  virtual void on_head_sent(Stream&) noexcept {}                     // a request of ours
  virtual void on_ping_answer() noexcept {}
  virtual void on_goaway(const nghttp2_frame&) noexcept {}
  virtual void on_settings() noexcept {}
  // From outside it.
  virtual void on_settled() noexcept = 0;  // everybody has heard of everything
  virtual void on_tick() noexcept = 0;     // the timer that it armed
  virtual void on_over() noexcept = 0;     // no frame comes or goes any more; streams are told
  virtual void on_gone() noexcept = 0;     // the socket is closed

  Stream* find(std::int32_t id) noexcept;
  void glitch() noexcept;                  // from within the library
  void doom(std::uint32_t code) noexcept;  // likewise: the connection ends when the library is done
  void end(std::uint32_t code) noexcept;   // GOAWAY and close, from outside
  void admit(Stream& stream) noexcept;
  void let_go(Stream& stream) noexcept;
  std::size_t open_streams() const noexcept { return open_streams_; }
  // Bytes of all streams that may wait to leave; then sources are held, but each stream may have a little (a quarter of all
  // when there are 250), and what the streams themselves cost is more than half.
  std::size_t room_to_queue() const noexcept { return settings_.memory / 6; }
  std::size_t room_left() const noexcept {
    return room_to_queue() - std::min(queued_, room_to_queue());
  }
  std::size_t most_streams() const noexcept { return most_streams_; }  // at once, so far
  std::uint64_t opened_ms() const noexcept { return opened_ms_; }
  std::uint64_t last_read_ms() const noexcept { return last_read_ms_; }

  net::Stream* stream_;
  List<Stream, OpenTag> streams_;
  std::uint64_t header_block_ms_ = 0;  // one has begun and not ended; 0: none

 private:
  enum class State : std::uint8_t { open, ending, lingering, closed };
  struct Calls;  // the library's

  void on_readable() noexcept override;
  void on_drained() noexcept override;
  void on_timer() noexcept override;
  void on_hangup() noexcept override {}
  void on_broken() noexcept override { close(); }
  void flush() noexcept override;

  bool may_read() noexcept;
  bool fill(net::Gather& gather) noexcept;
  void settle() noexcept;
  void note_data(Stream& stream, std::string_view piece) noexcept;
  void note_frame(const nghttp2_frame& frame) noexcept;
  void note_sent(const nghttp2_frame& frame) noexcept;
  int send_data(Stream& stream, const std::uint8_t* head, std::size_t size) noexcept;
  static std::uint32_t code_of(int error) noexcept;
  bool is_crowded(std::size_t own) const noexcept { return queued_ >= room_to_queue() && own > 0; }
  void finish_if_over() noexcept;
  void begin_ending() noexcept;
  void linger() noexcept;
  void throw_away() noexcept;

  Flusher* flusher_;
  std::shared_ptr<LibraryMemory> memory_;  // dies behind the flusher's last session
  SessionPtr library_;
  SessionSettings settings_;
  Glitches glitches_;
  List<Stream, ChangedTag> changed_;
  struct Piece {
    Stream* stream;
    std::string_view bytes;
  };
  static constexpr std::size_t most_pieces = 64;
  std::array<Piece, most_pieces> pieces_;
  std::size_t piece_count_ = 0;
  std::size_t queued_ = 0;  // of all streams
  std::size_t open_streams_ = 0;
  std::size_t most_streams_ = 0;
  std::uint64_t opened_ms_;
  std::uint64_t last_read_ms_;
  std::uint64_t discarded_ = 0;
  std::uint32_t doom_ = 0;  // code of the end that was decided within the library
  State state_ = State::open;
  Role role_ = Role::server;
  bool in_library_ = false;
  bool doomed_ = false;
  bool paused_ = false;  // the library has more for us
  bool full_ = false;    // the gather is
};

}  // namespace pm::h2
