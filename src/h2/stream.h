// SPDX-License-Identifier: MIT
// stream.h -- one stream, as far as both ends of a connection have it in common: bytes that came and bytes that wait to leave.
//
//   in      from the session: pieces of DATA, the end of them. From the exchange: chunks to send, and whether more is wanted
//   out     to the sink by hand_over*(); to the library by its data source
//   own     queues of the worker's pools; released by drop_bytes() or the end
//   flow    received bytes are the peer's window: it is given back when the sink has taken them. A stream whose sink takes
//           all that comes has its window doubled, up to 1 MiB
//   cost    a copy for each byte that leaves (frames are cut later), but for long chunks that leave at once; none for one that
//           comes while it is wanted
//   source  decisions 44 and 45
#pragma once

#include "core/buffer.h"
#include "core/flow.h"
#include "core/list.h"
#include "h2/library.h"
#include "http/exchange.h"
#include "net/gather.h"

#include <span>

namespace pm::h2 {

class Session;
struct OpenTag;  // streams of a session
struct
    ChangedTag;  // those to which something has happened that somebody outside the library is to hear of

class Stream : public ListNode<OpenTag>, public ListNode<ChangedTag> {
 public:
  Stream(Session& session, std::int32_t id) noexcept : session_(&session), id_(id) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  std::int32_t id() const noexcept { return id_; }

 protected:
  friend class Session;
  static constexpr std::size_t high_mark = 65536;  // queued to be sent: then the source is held
  static constexpr std::size_t low_mark = 16384;   // until so little is left

  ~Stream();
  // The sink of what comes.
  virtual void hand_over(const http::Chunk& chunk) noexcept = 0;
  virtual void hand_over_end() noexcept = 0;
  virtual Flow flush_sink() noexcept = 0;
  virtual bool has_sink() const noexcept = 0;  // somebody may still want the bytes
  // The source of what leaves.
  virtual void source_may_go_on() noexcept = 0;
  virtual const http::Headers* trailers() const noexcept = 0;  // null: there are none
  // Outside the library, each time that something has changed: before what came is handed over, and behind it.
  virtual void on_begin() noexcept = 0;
  virtual void on_change() noexcept = 0;

  // Receiving.
  void arrived(std::span<const std::string_view> slices, std::size_t size) noexcept;
  void keep_fresh() noexcept;
  void pull() noexcept;  // the sink wants more, and has taken what it was given
  void hold() noexcept { wants_ = false; }
  void pass_end() noexcept;
  void discard() noexcept;  // nobody wants anything any more
  bool is_drained() const noexcept { return in_.empty() && fresh_.empty(); }
  // Whatever has come was taken, so that more may come.
  bool awaits_more() const noexcept { return wants_ && is_drained(); }

  // Sending. What was queued may be borrowed until flush_queue().
  void queue(const http::Chunk& chunk) noexcept;
  void queue_end() noexcept;
  Flow flush_queue() noexcept;
  std::size_t waiting() const noexcept { return out_.size() + lent_.size(); }
  nghttp2_data_provider source() noexcept;
  void drop_bytes() noexcept;
  void put_front(net::Gather& gather, std::size_t size) noexcept;
  void took(std::size_t size) noexcept;  // so much has left

  Session* session_;
  ByteQueue out_;
  ByteQueue in_;
  std::uint64_t received_ = 0;  // bytes of DATA
  std::uint64_t sent_ = 0;
  std::int32_t id_;
  bool end_came_ = false;  // the peer's last frame; behind pieces that are still to be handed over
  bool remote_ended_ = false;  // the peer sends no more
  bool local_ended_ = false;   // our last frame is out
  bool closed_ = false;        // the library knows it no more
  bool ended_ = false;         // nothing more will be queued
  std::uint32_t error_ = 0;    // with closed_: the code

 private:
  static ssize_t on_read(nghttp2_session*, std::int32_t id, std::uint8_t* to, std::size_t room,
                         std::uint32_t* flags, nghttp2_data_source* source, void* user) noexcept;
  void pass(const http::Chunk& chunk, bool is_last) noexcept;
  void pass_queued() noexcept;
  void discard_now(std::size_t size) noexcept;
  bool may_lend(const http::Chunk& chunk) const noexcept;
  void keep_lent() noexcept;
  void give_back() noexcept;
  void grow() noexcept;
  void wake() noexcept;
  void go_on() noexcept;

  std::string_view lent_;                    // behind what is queued, until flush_queue()
  std::span<const std::string_view> fresh_;  // of the present read, behind what is queued
  std::size_t fresh_size_ = 0;
  std::uint64_t untaken_ = 0;      // handed over, but the sink has not taken it
  std::uint64_t since_grown_ = 0;  // taken at once since the window was doubled
  std::uint64_t window_ = 65535;   // the peer's
  bool wants_ = false;
  bool passing_ = false;
  bool end_passed_ = false;
  bool deferred_ = false;   // the library waits for bytes
  bool held_ = false;       // the source waits for room
  bool may_go_on_ = false;  // and is to hear that there is some
};

}  // namespace pm::h2
