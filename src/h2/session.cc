// SPDX-License-Identifier: MIT
#include "h2/session.h"

#include <algorithm>
#include <cstring>

namespace pm::h2 {
namespace {

constexpr std::size_t read_budget = 262144;     // of one turn, then other streams have theirs
constexpr std::size_t write_budget = 1048576;   // likewise
constexpr std::size_t most_in_a_send = 196608;  // with one frame more it still fits the scratch
constexpr std::size_t pieces_of_a_frame = 8;
constexpr std::size_t most_control_frames = 1000;  // waiting: nothing more is read until they left
constexpr std::size_t most_discarded = 262144;
constexpr std::size_t largest_send_block = 1 << 20;  // a head of ours

void put(char*& to, std::uint32_t value) noexcept {
  for (int shift = 24; shift >= 0; shift -= 8)
    *to++ = static_cast<char>(value >> shift);
}

bool is_provoked(std::uint32_t code) noexcept {
  return code != NGHTTP2_NO_ERROR && code != NGHTTP2_CANCEL && code != NGHTTP2_INTERNAL_ERROR;
}

}  // namespace

// What the library calls while it works. Each of them notes something down and returns.
struct Session::Calls {
  static Session& self(void* user) noexcept { return *static_cast<Session*>(user); }

  static int verdict(const Session& session) noexcept {
    return session.doomed_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
  }
  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) noexcept {
    Session& session = self(user);
    const bool is_data = head->type == NGHTTP2_DATA;
    const bool brings_nothing =
        head->length == 0 && (!is_data || (head->flags & NGHTTP2_FLAG_END_STREAM) == 0);
    if (brings_nothing &&
        (is_data || head->type == NGHTTP2_HEADERS || head->type == NGHTTP2_CONTINUATION))
      session.glitch();
    session.on_frame_begins(*head);
    return verdict(session);
  }
  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    Session& session = self(user);
    session.header_block_ms_ = session.loop().now_ms();
    session.on_begin_headers(*frame);
    return verdict(session);
  }
  static int header(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                    nghttp2_rcbuf* value, std::uint8_t, void* user) noexcept {
    Session& session = self(user);
    session.on_field(*frame, view(name), view(value));
    return verdict(session);
  }
  static int invalid_header(nghttp2_session*, const nghttp2_frame* frame, nghttp2_rcbuf*,
                            nghttp2_rcbuf*, std::uint8_t, void* user) noexcept {
    self(user).on_bad_field(*frame);
    return 0;
  }
  static int frame(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    Session& session = self(user);
    session.note_frame(*frame);
    return verdict(session);
  }
  static int invalid_frame(nghttp2_session*, const nghttp2_frame*, int, void* user) noexcept {
    Session& session = self(user);
    session.header_block_ms_ = 0;
    session.glitch();
    return verdict(session);
  }
  static int data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                  std::size_t size, void* user) noexcept {
    Session& session = self(user);
    Stream* stream = session.find(id);
    if (stream == nullptr) {
      nghttp2_session_consume_connection(session.library(), size);
      return 0;
    }
    session.note_data(*stream, view(bytes, size));
    if (session.piece_count_ < session.pieces_.size()) return 0;
    session.paused_ = true;
    return NGHTTP2_ERR_PAUSE;
  }
  static int closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) noexcept {
    Session& session = self(user);
    if (Stream* stream = session.find(id)) {
      stream->closed_ = true;
      stream->error_ = code;
      session.changed(*stream);
    }
    return 0;
  }
  static int sent(nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
    Session& session = self(user);
    session.note_sent(*frame);
    return verdict(session);
  }
  static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* head, std::size_t size,
                       nghttp2_data_source* source, void* user) noexcept {
    return self(user).send_data(*static_cast<Stream*>(source->ptr), head, size);
  }
};

Session::Session(Flusher& flusher, net::Stream* stream, const SessionSettings& settings) noexcept
    : stream_(stream),
      flusher_(&flusher),
      memory_(flusher.memory()),
      settings_(settings),
      glitches_(settings.glitch_burst, settings.glitch_rate),
      opened_ms_(flusher.loop().now_ms()),
      last_read_ms_(opened_ms_) {
  stream->set_user(*this);
}

Session::~Session() = default;

bool Session::speak(Role role, std::span<const nghttp2_settings_entry> entries) noexcept {
  role_ = role;
  nghttp2_session_callbacks* raw = nullptr;
  if (nghttp2_session_callbacks_new(&raw) != 0) return false;
  const CallbacksPtr callbacks(raw);
  nghttp2_session_callbacks_set_on_begin_frame_callback(raw, Calls::begin_frame);
  nghttp2_session_callbacks_set_on_begin_headers_callback(raw, Calls::begin_headers);
  nghttp2_session_callbacks_set_on_header_callback2(raw, Calls::header);
  nghttp2_session_callbacks_set_on_invalid_header_callback2(raw, Calls::invalid_header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(raw, Calls::frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(raw, Calls::invalid_frame);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw, Calls::data);
  nghttp2_session_callbacks_set_on_stream_close_callback(raw, Calls::closed);
  nghttp2_session_callbacks_set_on_frame_send_callback(raw, Calls::sent);
  nghttp2_session_callbacks_set_send_data_callback(raw, Calls::send_data);
  nghttp2_option* raw_option = nullptr;
  if (nghttp2_option_new(&raw_option) != 0) return false;
  const OptionPtr option(raw_option);
  nghttp2_option_set_no_auto_window_update(raw_option, 1);
  nghttp2_option_set_no_closed_streams(raw_option, 1);
  nghttp2_option_set_max_send_header_block_length(raw_option, largest_send_block);
  nghttp2_option_set_max_deflate_dynamic_table_size(raw_option, settings_.encoder_table);
  nghttp2_option_set_max_outbound_ack(raw_option, most_control_frames);
  nghttp2_option_set_builtin_recv_extension_type(raw_option, NGHTTP2_PRIORITY_UPDATE);
  // Resets are counted here, with everything else that is odd.
  nghttp2_option_set_stream_reset_rate_limit(raw_option, UINT32_MAX, UINT32_MAX);
  nghttp2_session* session = nullptr;
  nghttp2_mem& memory = memory_->calls();
  const int made = role == Role::server
                       ? nghttp2_session_server_new3(&session, raw, this, raw_option, &memory)
                       : nghttp2_session_client_new3(&session, raw, this, raw_option, &memory);
  if (made != 0) return false;
  library_.reset(session);
  if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, entries.data(), entries.size()) != 0)
    return false;
  nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(settings_.connection_window));
  mark();
  return true;
}

// ---- in ---------------------------------------------------------------------------------------------------------------

// A peer that does not take what it is sent gets to ask for no more.
bool Session::may_read() noexcept {
  return nghttp2_session_get_outbound_queue_size(library()) < most_control_frames;
}

void Session::on_readable() noexcept {
  if (state_ == State::ending || state_ == State::lingering) return throw_away();
  std::size_t budget = read_budget;
  while (state_ == State::open) {
    if (!may_read()) return stream_->pause();
    char* buffer = loop().read_buffer().data();
    const net::Got got = stream_->read(buffer, net::Loop::small_read);
    if (got.status == net::Io::again) return;
    if (got.status != net::Io::ok) return close();
    last_read_ms_ = loop().now_ms();
    feed({buffer, got.size});
    budget -= std::min(budget, got.size);
    if (budget == 0 || state_ != State::open || !stream_->is_readable()) return;
  }
}

void Session::feed(std::string_view bytes) noexcept {
  on_bytes(bytes);
  if (doomed_) return end(doom_);
  do {
    paused_ = false;
    in_library_ = true;
    const ssize_t used = nghttp2_session_mem_recv(
        library(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    in_library_ = false;
    if (used < 0) return end(doomed_ ? doom_ : code_of(static_cast<int>(used)));
    bytes.remove_prefix(static_cast<std::size_t>(used));
    settle();
  } while ((!bytes.empty() || paused_) && state_ == State::open);
  if (state_ != State::open) return;
  if (nghttp2_session_want_write(library()) != 0) mark();
  finish_if_over();
}

std::uint32_t Session::code_of(int error) noexcept {
  switch (error) {
    case NGHTTP2_ERR_FLOODED:
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS: return NGHTTP2_ENHANCE_YOUR_CALM;
    case NGHTTP2_ERR_BAD_CLIENT_MAGIC: return NGHTTP2_PROTOCOL_ERROR;
    default: return NGHTTP2_INTERNAL_ERROR;
  }
}

void Session::note_data(Stream& stream, std::string_view piece) noexcept {
  pieces_[piece_count_++] = {&stream, piece};
  changed(stream);
}

void Session::note_frame(const nghttp2_frame& frame) noexcept {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
      header_block_ms_ = 0;
      on_headers(frame);
      break;
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_PRIORITY_UPDATE: glitch(); break;
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) break;
      glitch();
      on_settings();
      break;
    case NGHTTP2_PING:
      (frame.hd.flags & NGHTTP2_FLAG_ACK) == 0 ? glitch() : on_ping_answer();
      break;
    case NGHTTP2_GOAWAY: on_goaway(frame); break;
    default: break;
  }
  const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
                    (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS);
  Stream* stream = ends ? find(frame.hd.stream_id) : nullptr;
  if (stream == nullptr) return;
  stream->end_came_ = true;
  changed(*stream);
}

// Tells those outside what the library brought, stream by stream: a head, what came behind it and the end are handed on before
// another exchange writes anything.
void Session::settle() noexcept {
  std::array<std::string_view, most_pieces> slices;
  List<Stream, ChangedTag> now;
  now.take_all(changed_);
  while (!now.empty()) {
    Stream& stream = now.pop_front();
    std::size_t count = 0;
    std::size_t size = 0;
    for (std::size_t i = 0; i < piece_count_; ++i) {
      if (pieces_[i].stream != &stream) continue;
      slices[count++] = pieces_[i].bytes;
      size += pieces_[i].bytes.size();
    }
    stream.remote_ended_ = stream.end_came_;
    stream.arrived({slices.data(), count}, size);
    stream.on_begin();
    stream.keep_fresh();
    stream.go_on();
    stream.on_change();
  }
  piece_count_ = 0;
  if (state_ == State::open) on_settled();
}

// ---- out --------------------------------------------------------------------------------------------------------------

void Session::flush() noexcept {
  if (state_ != State::open || stream_->queued() > 0) return;
  if (doomed_) return end(doom_);
  net::Gather& gather = loop().gather();
  std::size_t budget = write_budget;
  Flow flow = Flow::more;
  bool is_full = true;
  while (is_full && flow == Flow::more && budget > 0) {
    is_full = fill(gather);
    if (doomed_) {
      gather.clear();
      return end(doom_);
    }
    budget -= std::min(budget, gather.size());
    flow = stream_->write(gather);
  }
  if (is_full && flow == Flow::more) mark();
  settle();
  if (state_ != State::open) return;
  if (may_read()) stream_->resume();
  finish_if_over();
}

bool Session::may_send_now() noexcept {
  return state_ == State::open && !doomed_ && !in_library_ && stream_->queued() == 0 &&
         loop().gather().empty();
}

void Session::send_now() noexcept {
  net::Gather& gather = loop().gather();
  if (!may_send_now()) return;
  fill(gather);
  doomed_ ? gather.clear() : void(stream_->write(gather));
  mark();  // for those who are to hear of it
}

// True: the gather is full and there may be more.
bool Session::fill(net::Gather& gather) noexcept {
  full_ = false;
  in_library_ = true;
  while (gather.size() < most_in_a_send) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(library(), &bytes);
    if (size < 0) {
      doom(NGHTTP2_INTERNAL_ERROR);
      break;
    }
    if (size == 0) {
      in_library_ = false;
      return full_;
    }
    // The bytes are the library's until its next call, so none of them may be borrowed.
    std::string_view left = view(bytes, static_cast<std::size_t>(size));
    while (!left.empty()) {
      const std::string_view part = left.substr(0, net::Gather::copy_limit);
      gather.add(part);
      left.remove_prefix(part.size());
    }
  }
  in_library_ = false;
  return true;
}

int Session::send_data(Stream& stream, const std::uint8_t* head, std::size_t size) noexcept {
  net::Gather& gather = loop().gather();
  gather.add(view(head, frame_head));
  stream.put_front(gather, size);
  stream.took(size);
  // Behind a frame, never before one: the library would keep it, and its stream may lose its bytes before it is asked again.
  full_ = gather.size() >= most_in_a_send || !gather.has_room(pieces_of_a_frame);
  return full_ ? NGHTTP2_ERR_PAUSE : 0;
}

void Session::note_sent(const nghttp2_frame& frame) noexcept {
  if (frame.hd.type == NGHTTP2_RST_STREAM) {
    on_reset_sent(frame.hd.stream_id);
    if (is_provoked(frame.rst_stream.error_code)) glitch();
    return;
  }
  const bool is_head = frame.hd.type == NGHTTP2_HEADERS;
  if (!is_head && frame.hd.type != NGHTTP2_DATA) return;
  const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  Stream* stream = ends || is_head ? find(frame.hd.stream_id) : nullptr;
  if (stream == nullptr) return;
  if (is_head) on_head_sent(*stream);
  if (!ends) return;
  stream->local_ended_ = true;
  changed(*stream);
}

void Session::on_drained() noexcept {
  if (state_ == State::ending) return linger();
  if (state_ == State::open) flush();
}

// ---- streams ----------------------------------------------------------------------------------------------------------

Stream* Session::find(std::int32_t id) noexcept {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(library(), id));
}

void Session::changed(Stream& stream) noexcept {
  if (!static_cast<ListNode<ChangedTag>&>(stream).is_linked()) changed_.push_back(stream);
}

void Session::admit(Stream& stream) noexcept {
  streams_.push_back(stream);
  most_streams_ = std::max(most_streams_, ++open_streams_);
}

void Session::let_go(Stream& stream) noexcept {
  if (!static_cast<ListNode<OpenTag>&>(stream).is_linked()) return;
  static_cast<ListNode<OpenTag>&>(stream).unlink();
  static_cast<ListNode<ChangedTag>&>(stream).unlink();
  --open_streams_;
}

void Session::reset(Stream& stream, std::uint32_t code) noexcept {
  if (state_ != State::open || stream.closed_) return;
  nghttp2_submit_rst_stream(library(), NGHTTP2_FLAG_NONE, stream.id_, code);
  mark();
}

// ---- end --------------------------------------------------------------------------------------------------------------

void Session::glitch() noexcept {
  if (!glitches_.spend(loop().now_ms())) doom(NGHTTP2_ENHANCE_YOUR_CALM);
}

void Session::doom(std::uint32_t code) noexcept {
  if (doomed_) return;
  doomed_ = true;
  doom_ = code;
}

// Written by hand: whatever has happened to it, the library is not asked once more. What it has given so far were whole frames.
void Session::end(std::uint32_t code) noexcept {
  if (state_ != State::open) return;
  constexpr std::size_t size = frame_head + 8;
  const auto last =
      role_ == Role::server
          ? static_cast<std::uint32_t>(nghttp2_session_get_last_proc_stream_id(library()))
          : 0;
  char frame[size] = {0, 0, 8, NGHTTP2_GOAWAY, 0};
  char* to = frame + 5;
  put(to, 0);
  put(to, last);
  put(to, code);
  begin_ending();
  if (state_ == State::closed) return;
  stream_->write(std::string_view(frame, size));
  if (stream_->settle()) linger();
}

// The library has nothing more to say, and wants to hear nothing: the last GOAWAY is out.
void Session::finish_if_over() noexcept {
  if (state_ != State::open) return;
  if (nghttp2_session_want_read(library()) != 0 || nghttp2_session_want_write(library()) != 0)
    return;
  begin_ending();
  if (state_ != State::closed && stream_->settle()) linger();
}

void Session::begin_ending() noexcept {
  state_ = State::ending;
  piece_count_ = 0;
  loop().gather().clear();
  on_over();
  if (state_ == State::closed) return;
  stream_->resume();
  loop().arm(*this, loop().now_ms() + std::max<std::uint64_t>(settings_.linger_ms, 1));
}

void Session::linger() noexcept {
  state_ = State::lingering;
  stream_->shutdown_write();
  loop().arm(*this, loop().now_ms() + std::max<std::uint64_t>(settings_.linger_ms, 1));
}

// So that what was sent last is not lost to a reset.
void Session::throw_away() noexcept {
  do {
    const net::Got got = stream_->read(loop().read_buffer().data(), net::Loop::small_read);
    if (got.status == net::Io::again) return;
    discarded_ += got.size;
    if (got.status != net::Io::ok || discarded_ > most_discarded) return close();
  } while (stream_->is_readable());
}

void Session::on_timer() noexcept {
  if (state_ == State::closed) return;
  if (state_ != State::open) return close();
  on_tick();
}

void Session::close() noexcept {
  if (state_ == State::closed) return;
  const bool was_open = state_ == State::open;
  state_ = State::closed;
  piece_count_ = 0;
  if (was_open) on_over();
  loop().disarm(*this);
  static_cast<ListNode<FlushTag>*>(this)->unlink();
  stream_->close();
  stream_ = nullptr;
  on_gone();
  loop().reactor().retire(static_cast<net::Mortal*>(this));
}

}  // namespace pm::h2
