// SPDX-License-Identifier: MIT
// codec.h -- what the server ends of all codecs share: whom requests are handed to, and the worker's memory for exchanges.
//
//   in      heads that a codec has found good
//   out     on_request(): the exchange is the handler's to answer, now or later
//   own     the worker owns a CodecContext; it outlives every connection
//   source  layout.md, "A request, room by room"
#pragma once

#include "http/date.h"
#include "http/exchange.h"
#include "net/loop.h"

namespace pm::http {

// What a client of HTTP/2 says first (RFC 9113 section 3.4).
constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class RequestHandler {
 public:
  virtual void on_request(Exchange&) noexcept = 0;  // the head is complete

 protected:
  ~RequestHandler() = default;
};

struct CodecContext {
  net::Loop* loop = nullptr;
  BlockPool exchanges{sizeof(Exchange), 128};
  BlockPool blocks{4096, 256};  // a small request and its answer fit in one
  DateCache dates;
  bool draining = false;  // connections end with what runs on them

  std::string_view date() noexcept;  // of this second
};

}  // namespace pm::http
