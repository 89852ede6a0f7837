// SPDX-License-Identifier: MIT
#include "core/slice.h"
#include "core/text.h"
#include "h1/bytes.h"
#include "h1/fields.h"
#include "h1/head.h"

namespace pm::h1 {
namespace {

using http::Framing;
using http::Response;
using http::Version;

// Whatever is wrong with an answer, the client is told that the server gave a bad one.
Fault bad_answer(const char* why) noexcept {
  return {502, why};
}

// "HTTP/1.1 200 OK", "HTTP/1.0 200", "HTTP/1.1 200 ".
bool read_line(std::string_view line, Response& response, Version& version) noexcept {
  constexpr std::size_t bare = 12;  // up to the last digit of the code
  if (line.size() < bare || !line.starts_with("HTTP/1.") || line[8] != ' ') return false;
  if (line[7] != '0' && line[7] != '1') return false;
  version = line[7] == '0' ? Version::http10 : Version::http11;
  if (!text::is_digit(line[9]) || !text::is_digit(line[10]) || !text::is_digit(line[11]))
    return false;
  const int status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (status < 100) return false;
  response.status = static_cast<std::uint16_t>(status);
  if (line.size() == bare) return true;
  response.reason = text::behind(line, bare + 1);
  return line[bare] == ' ';
}

// Answers that end at their head whatever their fields say (RFC 9112 section 6.3).
bool is_bodiless_status(std::uint16_t status) noexcept {
  return status < 200 || status == 204 || status == 304;
}

bool stays_open(const FieldFacts& facts, Version version) noexcept {
  return version == Version::http11 ? !facts.connection_close
                                    : facts.connection_keep_alive && !facts.connection_close;
}

// HEAD and 304 announce what a GET would have brought. The others may not announce anything: a server that does so anyway
// may send it too, and then it must not be taken for the next answer.
bool may_be_followed_by_junk(const Response& response, const ResponseHead& head) noexcept {
  const bool may_announce = response.status >= 200 && response.status != 204;
  return head.claims_body && !may_announce &&
         !(response.content_length == 0 && response.framing == Framing::length);
}

}  // namespace

Fault parse_response(std::string_view block, Lines& lines, const HeadLimits& limits,
                     std::string_view request_method, Response& response,
                     ResponseHead& head) noexcept {
  if (!lines.are_of(block) && !is_clean(block))
    return bad_answer("control byte or bare line end in the head");
  const std::size_t end = lines.empty() ? block.find('\r') : lines[0].size();
  Version version = Version::http11;
  if (end == std::string_view::npos || !read_line(text::first(block, end), response, version)) {
    return bad_answer("malformed status line");
  }
  FieldFacts facts;
  if (const Fault fault = read_fields(text::behind(block, end + 2), lines, Section::response,
                                      limits.max_fields, response.headers, facts)) {
    return bad_answer(fault.why);
  }
  BodyFraming body;
  if (const Fault fault = judge_framing(facts, version, body)) return bad_answer(fault.why);

  response.content_length = body.content_length;
  response.framing = body.framing;
  head.upgrade = response.status == 101;
  head.keep_alive = stays_open(facts, version) && !head.upgrade;
  if (request_method == "HEAD" || is_bodiless_status(response.status)) {
    head.claims_body = body.framing != Framing::none;
    head.keep_alive = head.keep_alive && !may_be_followed_by_junk(response, head);
    response.framing = Framing::none;
  } else if (body.framing == Framing::none) {
    response.framing = Framing::until_close;
    head.keep_alive = false;
  }
  return {};
}

}  // namespace pm::h1
