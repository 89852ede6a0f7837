// SPDX-License-Identifier: MIT
// call_body.h -- the bytes of a call: base64 taken off on the way in, the trailers' frame and base64 put on on the way out.
//
//   in      parts as they come, cut anywhere; padding may stand inside of a text
//   out     parts in their place, good until the next call
//   own     each lives in the exchange's arena and owns a buffer as large as the largest part
//   errors  a text that is no base64, or ends inside of a group
//   source  gRPC-Web protocol (PROTOCOL-WEB.md): "Message framing", "Trailers", "application/grpc-web-text"
#pragma once

#include "core/base64.h"
#include "http/headers.h"
#include "http/request_filter.h"

#include <vector>

namespace pm::grpc_web {

class TextRequest final : public http::RequestFilter {
 public:
  bool on_request_part(http::Exchange&, http::BodyPart& part) noexcept override;
  void rewind() noexcept override { reader_ = {}; }

 private:
  Base64Reader reader_;
  std::vector<char> out_;
  std::string_view view_;
};

class TextAnswer {
 public:
  void begin() noexcept { writer_ = {}; }
  void encode(http::BodyPart& part) noexcept;

 private:
  Base64Writer writer_;
  std::vector<char> out_;
  std::string_view view_;
};

// 0x80, the length in four bytes, then "name: value" lines in lower case; in the arena of the fields.
std::string_view trailers_frame(const http::Headers& trailers);

}  // namespace pm::grpc_web
