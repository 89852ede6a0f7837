// SPDX-License-Identifier: MIT
// The handshake of a WebSocket: the head of a request, behind a zero byte that of an answer. An upgrade is what a slow reader takes
// for one, and it reaches the other side as the same.
#include "core/check.h"
#include "core/text.h"
#include "http/hop.h"
#include "t/lib/h1_reading.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace pm;
using http::FieldId;

std::string joined(const http::Headers& headers, FieldId id) {
  std::string all;
  for (const http::Field& field : headers) {
    if (field.id == id && !field.dropped) all.append(field.value).append(",");
  }
  if (!all.empty()) all.pop_back();
  return all;
}

bool lists(const std::string& list, std::string_view word) {
  bool found = false;
  text::for_each_part(list, ',', [&](std::string_view part) {
    found = found || text::to_lower(text::trim_blanks(part)) == word;
  });
  return found;
}

// RFC 9110 section 7.8: one protocol, named in Connection too, and no body before it.
bool is_upgrade(const http::Request& request) {
  const std::string protocol = joined(request.headers, FieldId::upgrade);
  const std::size_t slash = std::min(protocol.find('/'), protocol.size());
  const std::string name = text::to_lower(protocol.substr(0, slash));
  const bool is_named =
      text::is_token(name) &&
      (slash == protocol.size() || text::is_token(std::string_view(protocol).substr(slash + 1)));
  return is_named && name != "h2c" && name != "tls" && request.method == "GET" &&
         request.version == http::Version::http11 && request.framing != http::Framing::chunked &&
         request.content_length == 0 &&
         lists(joined(request.headers, FieldId::connection), "upgrade");
}

template <class Message>
void check_same(const http::Headers& before, const Message& after) {
  for (const FieldId id :
       {FieldId::upgrade, FieldId::sec_websocket_key, FieldId::sec_websocket_version})
    PM_CHECK(joined(after.headers, id) == joined(before, id), "the handshake goes on as it came");
  for (const std::string_view name : {"Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"})
    PM_CHECK(after.headers.get(name) == before.get(name), "and so do fields without an id");
}

void request(std::string_view bytes) {
  trial::Reading<http::Request> came(bytes);
  trial::read(came);
  if (!came.is_accepted()) return;
  http::Request& request = came.message;
  PM_CHECK(request.wants_upgrade == is_upgrade(request), "an upgrade is what RFC 9110 says it is");
  if (!request.wants_upgrade || !request.target.starts_with('/')) return;
  // What Connection names besides goes at the hop, part of the handshake or not.
  if (text::to_lower(joined(request.headers, FieldId::connection)) != "upgrade") return;

  request.path = request.target;
  http::ForwardedRules rules;
  http::apply_forwarded(request, rules);
  http::prepare_for_server(request, rules);
  h1::RequestFrame frame;
  frame.host = request.authority;
  frame.connection = h1::ConnectionWord::upgrade;
  frame.upgrade = request.headers.get(FieldId::upgrade);
  std::string text(h1::write_request_head({}, request, frame), '\0');
  h1::write_request_head(text, request, frame);
  trial::Reading<http::Request> left(text);
  trial::read(left);
  PM_CHECK(left.is_accepted() && left.message.wants_upgrade, "the server is asked for an upgrade");
  check_same(request.headers, left.message);
}

void response(std::string_view bytes) {
  trial::Reading<http::Response> came(bytes);
  trial::read(came, "GET");
  if (!came.is_accepted()) return;
  http::Response& response = came.message;
  PM_CHECK(came.head.upgrade == (response.status == 101),
           "101 opens a tunnel, and nothing else does");
  if (!came.head.upgrade) return;
  PM_CHECK(response.framing == http::Framing::none && !came.head.keep_alive,
           "which has no end but its own");

  const std::string protocol = joined(response.headers, FieldId::upgrade);
  http::prepare_for_client(response);
  PM_CHECK(joined(response.headers, FieldId::connection).empty(), "Connection is the hop's");
  PM_CHECK(joined(response.headers, FieldId::upgrade).empty(), "and what it offers too");
  h1::ResponseFrame frame;
  frame.connection = h1::ConnectionWord::upgrade;
  frame.upgrade = protocol;
  std::string text(h1::write_response_head({}, response, frame), '\0');
  h1::write_response_head(text, response, frame);
  trial::Reading<http::Response> left(text);
  trial::read(left, "GET");
  PM_CHECK(left.is_accepted() && left.head.upgrade, "the client gets a 101");
  PM_CHECK(joined(left.message.headers, FieldId::upgrade) == protocol,
           "to the protocol of the server");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(all.find('\0'), size);
  request(all.substr(0, end));
  response(all.substr(std::min(end + 1, size)));
  return 0;
}
