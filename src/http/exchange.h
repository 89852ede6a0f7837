// SPDX-License-Identifier: MIT
// exchange.h -- one request and its response, and the two ends that carry them, whatever their protocols.
//
//   shape   ServerEnd: the codec towards the client. ClientEnd: whoever makes the answer (a connection to a server, or a
//           service that is still looking for one). Both are called through the Exchange only
//   own     the ServerEnd owns the Exchange and ends it; everything that the exchange allocates lives in its arena
//   flow    a direction moves by pulling: resume_*() asks the source to go on, the source hands over chunks until flush_*()
//           answers `hold`. A chunk is lent for the call. Nothing is buffered here
//   cost    one virtual call a step; no heap
//   source  architecture.md section 5; layout.md, "Flow control in one file"
//
//   client ──► ServerEnd ── request_chunk, request_end ──► ClientEnd ──► server
//          ◄──           ◄── response_head, _chunk, _end ──          ◄──
//
// Ends: finished when both directions have ended; cut when one side fails (fail(), cut_response(), client_gone()).
#pragma once

#include "core/arena.h"
#include "core/flow.h"
#include "core/number.h"
#include "http/request.h"
#include "http/request_filter.h"
#include "http/response.h"

#include <span>
#include <string_view>

namespace pm::net {
class Stream;
}

namespace pm::http {

class Exchange;
class KeptRequest;
class ReplyMaker;
class Run;
struct ForwardedRules;
struct WorkerTools;

struct Chunk {
  std::span<const std::string_view> slices;
  std::size_t size = 0;  // the sum of the slices; never 0
};

class ServerEnd {
 public:
  virtual void resume_request(
      Exchange&) noexcept = 0;  // the body is wanted: hand over what is here, read on
  // Whoever pulled the body is gone: no more until it is wanted again.
  virtual void hold_request(Exchange&) noexcept = 0;
  virtual void send_interim(Exchange&, std::uint16_t status,
                            const Headers&) noexcept = 0;  // 1xx but 101; leaves at once
  virtual void send_head(
      Exchange&) noexcept = 0;  // response() is complete; leaves with what follows
  virtual void send_chunk(Exchange&, const Chunk&) noexcept = 0;  // lent until flush_response()
  virtual void send_end(Exchange&) noexcept = 0;  // response().trailers are complete
  virtual Flow flush_response(Exchange&) noexcept = 0;
  // Where the bytes of a tunnel, or of an answer that has started, leave as they are. Null: they go by send_chunk().
  virtual net::Stream* raw_stream() noexcept { return nullptr; }
  virtual void cut(
      Exchange&) noexcept = 0;  // the answer cannot be finished: the client must see that
  // How many bytes a source should bring at once: what is brought is taken, however little of it can leave.
  virtual std::size_t room(Exchange&) noexcept { return SIZE_MAX; }

 protected:
  ~ServerEnd() = default;
};

class ClientEnd {
 public:
  virtual void request_chunk(Exchange&, const Chunk&) noexcept = 0;
  virtual void request_end(Exchange&) noexcept = 0;  // request().trailers are complete
  virtual Flow flush_request(Exchange&) noexcept = 0;
  virtual net::Stream* raw_stream() noexcept { return nullptr; }  // as the ServerEnd's
  virtual void resume_response(Exchange&) noexcept = 0;  // the client has taken what was sent
  virtual void cancel(
      Exchange&) noexcept = 0;  // no call follows; the connection behind it is given up unless it was done
  // No call follows here either, and the client is there still: the connection may be worth reading a short rest for.
  virtual void drop(Exchange& exchange) noexcept { cancel(exchange); }

 protected:
  ~ClientEnd() = default;
};

// Who is told when an exchange has ended, whatever way (access log, counters). Once.
class ExchangeEnd {
 public:
  virtual void on_exchange_end(Exchange&) noexcept = 0;

 protected:
  ~ExchangeEnd() = default;
};

// Figures and names for the log; filled as the exchange goes along. Times are the loop's monotonic nanoseconds.
struct Trace {
  std::uint64_t started_ns = 0;
  std::uint64_t sent_ns = 0;         // the request went to a server
  std::uint64_t origin_head_ns = 0;  // the server's response head was there
  std::uint64_t request_bytes = 0;   // body bytes, as received and as sent
  std::uint64_t response_bytes = 0;
  std::uint64_t origin_bytes = 0;
  std::uint16_t origin_status = 0;
  std::uint16_t status = 0;    // what the client got; 499 when it left first
  std::uint32_t attempts = 0;  // connections tried
  std::string_view server_url;
  std::string_view forwarded_for;  // before this hop
  std::string_view termination;    // short code of an abnormal end
  std::string_view user;           // whom an auth middleware was told, or knows, the client to be
  std::uint32_t repeats = 0;       // answers that a middleware dropped to ask once more
  std::uint64_t connection = 0;
  std::uint16_t request_kind =
      0;  // method and protocol as metrics name them; 0: nobody has looked yet
  std::string_view grpc_status;       // of a call whose trailers have left in the body
  bool is_grpc_web = false;           // how the client has made a call that goes on as gRPC
  bool is_websocket = false;          // counted by its entry point
  std::uint32_t websocket_place = 0;  // and where, when there is a bound
  bool is_logged = true;   // the router, or without one the entry point, wants it in the access log
  bool is_counted = true;  // and in the metrics
};

// An answer that takes its time: a page of another service, a body that was held.
class ReplyMaker {
 public:
  virtual void make(Exchange&) noexcept = 0;

 protected:
  ~ReplyMaker() = default;
};

class Exchange {
 public:
  Exchange(BlockPool& blocks, ServerEnd& server_end) noexcept
      : arena_(blocks),
        request_(arena_),
        response_(arena_),
        server_end_(&server_end),
        last_end_(&server_end) {}

  Arena& arena() noexcept { return arena_; }
  Request& request() noexcept { return request_; }
  Response& response() noexcept { return response_; }
  const Request& request() const noexcept { return request_; }
  const Response& response() const noexcept { return response_; }
  Trace& trace() noexcept { return trace_; }
  const Trace& trace() const noexcept { return trace_; }

  // What the worker attached: the route that was found, and who wants to know of the end.
  const void* route = nullptr;
  const void* configuration = nullptr;  // held as a whole; null: of it only the route is
  ExchangeEnd* on_end = nullptr;
  ExchangeEnd* attempt = nullptr;  // the last one to forward it; null: nobody counts those
  const ForwardedRules* forwarded = nullptr;  // of the entry point
  WorkerTools* tools = nullptr;

  // The innermost run of middlewares; what it and those around it make of the answer reaches the client (http/run.h).
  Run* run = nullptr;
  ServerEnd& server_end() const noexcept { return *server_end_; }
  void set_server_end(ServerEnd& end) noexcept { server_end_ = &end; }
  std::uint8_t depth = 0;  // of requests that middlewares make for one another

  ClientEnd* client_end() const noexcept { return client_end_; }
  void set_client_end(ClientEnd* end) noexcept { client_end_ = end; }

  // The attempt is over: another one begins, or the exchange ends.
  void end_attempt() noexcept {
    ExchangeEnd* const ended = attempt;
    attempt = nullptr;
    if (ended != nullptr) ended->on_exchange_end(*this);
  }

  // Towards whoever answers: all of the body was handed over; some of it was, and is gone.
  bool request_ended() const noexcept { return request_ended_; }
  bool request_taken() const noexcept { return request_taken_; }
  // From the client: its last byte is here.
  bool request_received() const noexcept { return request_received_; }
  // Towards the client: what middlewares hold back has not started.
  bool response_started() const noexcept { return response_started_; }
  bool response_ended() const noexcept { return response_ended_; }
  bool is_tunnel() const noexcept { return tunnel_; }
  // Counts answers that were begun: whoever made an earlier one has no say any more.
  std::uint32_t round() const noexcept { return round_; }
  bool answer_begun() const noexcept { return answer_begun_; }  // by its maker
  bool answer_ended() const noexcept { return answer_ended_; }

  // From the ServerEnd.
  void request_chunk(const Chunk& chunk) noexcept {
    request_taken_ = true;
    trace_.request_bytes += chunk.size;
    if (!filters_.is_empty()) return filter_chunk(chunk, BodySource::client);
    if (client_end_ != nullptr) client_end_->request_chunk(*this, chunk);
  }
  void request_end() noexcept {
    request_ended_ = request_received_ = true;
    if (!filters_.is_empty()) return filter_end(BodySource::client);
    if (client_end_ != nullptr) client_end_->request_end(*this);
  }
  Flow flush_request() noexcept {
    if (client_end_ != nullptr) return client_end_->flush_request(*this);
    return refusal_ == nullptr ? Flow::more : Flow::hold;
  }
  void note_empty_request() noexcept {
    request_ended_ = request_received_ = true;
  }  // a request without a body ends before it is served
  void resume_response() noexcept {
    if (client_end_ != nullptr) client_end_->resume_response(*this);
  }
  // Detaches and cancels whoever makes the answer. Safe at any time.
  void cancel_client_end() noexcept {
    ClientEnd* end = client_end_;
    client_end_ = nullptr;
    if (end != nullptr) end->cancel(*this);
  }
  // The same, of an answer in whose place another one comes.
  void drop_client_end() noexcept {
    ClientEnd* end = client_end_;
    client_end_ = nullptr;
    if (end != nullptr) end->drop(*this);
  }

  // From whoever makes the answer.
  void resume_request() noexcept {
    if (refusal_ != nullptr) return;
    kept_ == nullptr ? server_end_->resume_request(*this) : resume_kept();
  }
  void hold_request() noexcept {
    kept_ == nullptr ? server_end_->hold_request(*this) : rewind_kept();
  }
  void interim(std::uint16_t status, const Headers& headers) noexcept {
    server_end_->send_interim(*this, status, headers);
  }
  void response_head() noexcept {
    answer_begun_ = true;
    head_to(*server_end_);
  }
  void response_chunk(const Chunk& chunk) noexcept { server_end_->send_chunk(*this, chunk); }
  void response_end() noexcept {
    answer_ended_ = true;
    end_to(*server_end_);
  }
  Flow flush_response() noexcept { return server_end_->flush_response(*this); }
  // Where bytes may go past send_chunk() and request_chunk(), once what was sent before is flushed: who does that keeps the
  // trace. Towards the server only those of a tunnel.
  net::Stream* stream_to_client() noexcept { return server_end_->raw_stream(); }
  net::Stream* stream_to_server() noexcept {
    return client_end_ != nullptr ? client_end_->raw_stream() : nullptr;
  }
  void cut_response() noexcept { server_end_->cut(*this); }
  std::size_t response_room() noexcept { return last_end_->room(*this); }
  // 101: the request's direction opens anew, and both are raw bytes until each side has ended.
  void open_tunnel() noexcept {
    tunnel_ = true;
    request_ended_ = request_received_ = false;
  }

  // Between the ends of a chain: only what reaches the last one, the client's codec, has started.
  void head_to(ServerEnd& end) noexcept {
    if (&end == last_end_) response_started_ = true;
    end.send_head(*this);
  }
  void end_to(ServerEnd& end) noexcept {
    if (&end == last_end_) response_ended_ = true;
    end.send_end(*this);
  }
  // Another answer is going to be made, nothing of the present one has reached the client.
  void begin_anew() noexcept {
    ++round_;
    answer_begun_ = answer_ended_ = false;
    refusal_ = nullptr;
    response_.clear();
  }

  // A body that was taken from the client before (http/kept_body.h) is what whoever answers gets from now on.
  KeptRequest* kept() const noexcept { return kept_; }
  void keep(KeptRequest& body, bool has_bytes) noexcept {
    kept_ = has_bytes ? &body : nullptr;
    if (has_bytes) filters_.keep_here();
    if (has_bytes) rewind_request();
  }
  void stop_keeping() noexcept {
    kept_ = nullptr;
    request_taken_ = true;
  }
  void rewind_request() noexcept {
    request_ended_ = request_taken_ = false;
    if (!filters_.is_empty()) filters_.rewind_kept();
  }
  void hand_over(const Chunk& chunk) noexcept {
    if (!filters_.is_empty()) return filter_chunk(chunk, BodySource::kept);
    if (client_end_ != nullptr) client_end_->request_chunk(*this, chunk);
  }
  void hand_over_end() noexcept {
    request_ended_ = true;
    if (!filters_.is_empty()) return filter_end(BodySource::kept);
    if (client_end_ != nullptr) client_end_->request_end(*this);
  }

  // What links put between the body and whoever answers, the outermost first.
  RequestFilters& filters() noexcept { return filters_; }

  ReplyMaker* reply_maker = nullptr;  // makes the prepared answer, when it is more than a text
  std::string_view unique_id;         // "" until somebody asks (http/unique_id.h)
  std::string_view reply_body;        // of an answer that was prepared (http/reply.h)

 private:
  class Refusal;
  enum class BodySource : std::uint8_t { client, kept };
  void resume_kept() noexcept;
  void rewind_kept() noexcept;
  void filter_chunk(const Chunk& chunk, BodySource source) noexcept;
  void filter_end(BodySource source) noexcept;
  bool filter(BodyPart& part, BodySource source) noexcept;
  void refuse_soon() noexcept;
  void refuse() noexcept;

  Arena arena_;
  Request request_;
  Response response_;
  Trace trace_;
  ServerEnd* server_end_;
  ServerEnd* last_end_;
  ClientEnd* client_end_ = nullptr;
  KeptRequest* kept_ = nullptr;
  RequestFilters filters_;
  Refusal* refusal_ = nullptr;  // on its way: a filter could make nothing of the body
  std::uint32_t round_ = 0;
  bool answer_begun_ = false;
  bool answer_ended_ = false;
  bool request_received_ = false;
  bool request_ended_ = false;
  bool request_taken_ = false;
  bool response_started_ = false;
  bool response_ended_ = false;
  bool tunnel_ = false;
};

}  // namespace pm::http
