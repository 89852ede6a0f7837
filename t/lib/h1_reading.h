// SPDX-License-Identifier: MIT
// h1_reading.h -- our reading of HTTP/1 bytes beside the twin's: the checks that fuzz targets and property tests share.
//
//   in      any bytes
//   out     "" when both readings agree, else a sentence that says where they do not
#pragma once

#include "core/random.h"
#include "h1/chunk.h"
#include "h1/fields.h"
#include "h1/head.h"
#include "h1/write.h"
#include "t/lib/h1_twin.h"

#include <string>
#include <string_view>
#include <vector>

namespace pm::trial {

// One message read as the codec reads it: scan as bytes come (all at once, or `step` at a time), then parse.
template <class Message>
struct Reading {
  explicit Reading(std::string_view all) : bytes(all) {}
  std::string bytes;
  BlockPool pool{4096};
  Arena arena{pool};
  Message message{arena};
  h1::HeadScan scan;
  h1::Lines lines;
  h1::Scan found = h1::Scan::incomplete;
  h1::Fault fault;
  h1::ResponseHead head;

  bool is_accepted() const { return found == h1::Scan::complete && !fault; }
  std::string_view block() const {
    return std::string_view(bytes).substr(scan.skipped, scan.length - scan.skipped);
  }
  void look(h1::HeadKind kind, const h1::HeadLimits& limits, std::size_t step) {
    for (std::size_t have = 0; found == h1::Scan::incomplete && have < bytes.size();) {
      have = step == 0 ? bytes.size() : std::min(bytes.size(), have + step);
      found =
          h1::scan_head(std::string_view(bytes).substr(0, have), kind, limits, scan, lines, fault);
    }
  }
};

inline void read(Reading<http::Request>& reading, const h1::HeadLimits& limits = {},
                 std::size_t step = 0) {
  reading.look(h1::HeadKind::request, limits, step);
  if (reading.found == h1::Scan::complete) {
    reading.fault = h1::parse_request(reading.block(), reading.lines, limits, reading.message);
  }
}

inline void read(Reading<http::Response>& reading, std::string_view method,
                 const h1::HeadLimits& limits = {}, std::size_t step = 0) {
  reading.look(h1::HeadKind::response, limits, step);
  if (reading.found == h1::Scan::complete) {
    reading.fault = h1::parse_response(reading.block(), reading.lines, limits, method,
                                       reading.message, reading.head);
  }
}

template <class Message>
std::string compare(const Reading<Message>& ours, const std::optional<twin::Head>& theirs) {
  // The form of a Host is http/authority's to judge, and tested there; the twin only counts them.
  const bool is_host_form = ours.fault && std::string_view(ours.fault.why) == "malformed Host";
  if (is_host_form) return {};
  if (ours.is_accepted() != theirs.has_value()) {
    return ours.is_accepted() ? "we accept what the twin refuses"
                              : std::string("we refuse what the twin accepts: ") +
                                    (ours.fault.why != nullptr ? ours.fault.why : "incomplete");
  }
  if (!theirs) return "";
  if (ours.scan.length != theirs->length || ours.scan.skipped != theirs->skipped)
    return "the head ends elsewhere";
  if (static_cast<int>(ours.message.framing) != static_cast<int>(theirs->body))
    return "another framing";
  if (theirs->body == twin::Body::length && ours.message.content_length != theirs->content_length) {
    return "another length";
  }
  if (ours.message.headers.slots() != theirs->fields.size()) return "another number of fields";
  auto other = theirs->fields.begin();
  for (const http::Field& field : ours.message.headers) {
    if (field.name != other->first || field.value != other->second) return "another field";
    ++other;
  }
  return "";
}

inline std::string write(const http::Request& request) {
  h1::RequestFrame frame;
  frame.framing = request.framing;
  frame.content_length = request.content_length;
  frame.host = request.authority;
  std::string text(h1::write_request_head({}, request, frame), '\0');
  return h1::write_request_head(text, request, frame) == text.size() ? text : "";
}

// What goes to the server parses strictly, and writing it again changes nothing.
inline std::string check_round_trip(http::Request& request) {
  request.path = request.target.substr(0, request.target.find('?'));
  request.has_query = request.path.size() < request.target.size();
  request.query = request.has_query ? request.target.substr(request.path.size() + 1) : "";
  const std::string first = write(request);
  Reading<http::Request> again(first);
  read(again);
  if (!again.is_accepted() || !twin::read_request(first)) return "what we write is refused";
  if (again.scan.length != first.size()) return "what we write goes on behind its head";
  http::Request& copy = again.message;
  if (copy.method != request.method || copy.target != request.target)
    return "what we write is another request";
  if (copy.framing != request.framing || copy.content_length != request.content_length)
    return "another body is written";
  copy.path = request.path;
  copy.query = request.query;
  copy.has_query = request.has_query;
  return write(copy) == first ? "" : "writing twice changes the text";
}

// The library reads lines as we do where we read them without it.
inline std::string check_lines(std::string_view block, h1::Section section) {
  h1::Lines plain;
  if (!plain.are_of(block)) return "";
  const std::string_view lines = block.substr(plain[0].size() + 2);
  BlockPool pool{4096};
  Arena arena{pool};
  http::Headers ours{arena}, theirs{arena};
  h1::FieldFacts facts, same_facts;
  h1::BodyFraming body;
  const bool is_good = !h1::read_fields(lines, plain, section, 1000, ours, facts);
  const bool is_good_to_it = !h1::read_fields(lines, {}, section, 1000, theirs, same_facts);
  const bool has_framing = !h1::judge_framing(facts, http::Version::http11, body);
  // It judges lengths and codings as it goes.
  if (is_good != is_good_to_it)
    return is_good && !has_framing ? "" : "the library judges otherwise";
  if (!is_good) return "";
  if (ours.slots() != theirs.slots()) return "the library finds other fields";
  for (std::uint32_t i = 0; i < ours.slots(); ++i) {
    const http::Field &a = ours.begin()[i], &b = theirs.begin()[i];
    if (a.id != b.id || a.name != b.name || a.value != b.value)
      return "the library finds another field";
  }
  return "";
}

inline std::string check_request(std::string_view bytes, const h1::HeadLimits& limits = {}) {
  Reading<http::Request> ours(bytes);
  Reading<http::Request> slow(bytes);
  read(ours, limits);
  read(slow, limits, 1);
  if (ours.is_accepted() != slow.is_accepted())
    return "bytes that come one by one are judged otherwise";
  const twin::Limits same{limits.max_bytes, limits.max_line, limits.max_fields};
  const std::string difference = compare(ours, twin::read_request(bytes, same));
  const bool has_path =
      ours.is_accepted() && (ours.message.target.front() == '/' || ours.message.target == "*");
  if (!difference.empty() || !has_path) return difference;
  const std::string other = check_lines(ours.block(), h1::Section::request);
  return other.empty() ? check_round_trip(ours.message) : other;
}

inline std::string check_response(std::string_view bytes, std::string_view method) {
  Reading<http::Response> ours(bytes);
  Reading<http::Response> slow(bytes);
  read(ours, method);
  read(slow, method, {}, 1);
  if (ours.is_accepted() != slow.is_accepted())
    return "bytes that come one by one are judged otherwise";
  const std::string difference = compare(ours, twin::read_response(bytes, method == "HEAD"));
  if (!difference.empty() || ours.found != h1::Scan::complete) return difference;
  return check_lines(ours.block(), h1::Section::response);
}

// Reads a chunked body in pieces of `step` bytes (0: whole).
inline twin::Chunked read_chunked(std::string_view bytes, std::size_t step) {
  twin::Chunked result;
  h1::ChunkReader reader;
  std::size_t end = 0;
  std::string_view input = bytes.substr(0, 0);
  while (result.end == twin::Chunked::End::more) {
    const h1::ChunkReader::Step what = reader.read(input);
    if (what == h1::ChunkReader::Step::data) result.data += reader.data();
    if (what == h1::ChunkReader::Step::fault) result.end = twin::Chunked::End::fault;
    if (what == h1::ChunkReader::Step::trailers) {
      result.end = twin::Chunked::End::trailers;
      result.used = end - input.size();
    }
    if (what != h1::ChunkReader::Step::more) continue;
    if (end == bytes.size()) return result;
    const std::size_t begin = end;
    end = step == 0 ? bytes.size() : std::min(bytes.size(), end + step);
    input = bytes.substr(begin, end - begin);
  }
  return result;
}

inline std::string check_chunked(std::string_view bytes) {
  const twin::Chunked theirs = twin::read_chunked(bytes);
  for (const std::size_t step : {0, 1, 3, 7}) {
    const twin::Chunked ours = read_chunked(bytes, step);
    if (ours.end != theirs.end) return "the body ends in another way";
    if (ours.data != theirs.data) return "other data";
    if (ours.used != theirs.used) return "the trailers begin elsewhere";
  }
  return "";
}

// `block`: a trailer section as the codec cuts it, or any other bytes.
inline std::string check_trailers(std::string_view block) {
  BlockPool pool{4096};
  Arena arena{pool};
  http::Headers ours{arena};
  const bool is_accepted = !h1::parse_trailers(block, {}, ours);
  twin::Head theirs;
  std::size_t at = 0;
  const bool is_whole = twin::take_fields(block, at, {}, theirs) && at == block.size();
  if (is_accepted && !is_whole) return "we accept trailers that the twin refuses";
  if (!is_accepted && is_whole && !theirs.has_length_or_coding()) {
    return "we refuse trailers that the twin accepts";
  }
  if (!is_accepted) return "";
  // What is left out is left out; what stays is what was sent, in order.
  auto other = theirs.fields.begin();
  for (const http::Field& field : ours) {
    while (other != theirs.fields.end() &&
           (other->first != field.name || other->second != field.value))
      ++other;
    if (other == theirs.fields.end()) return "a trailer that nobody sent";
  }
  return "";
}

// Bytes that are nearly a message: a seed with a few pieces put in, taken out or doubled.
inline std::string mutate(Random& random, std::string seed,
                          const std::vector<std::string_view>& pieces) {
  for (std::uint64_t edits = random.below(4); edits > 0; --edits) {
    const std::size_t at = random.below(seed.size() + 1);
    const std::size_t length = std::min<std::size_t>(random.below(4), seed.size() - at);
    const std::uint64_t kind = random.below(8);
    const std::string cut = seed.substr(at, length);
    if (kind == 0) {
      seed.erase(at, length);
    } else if (kind == 1) {
      seed.insert(at, cut);
    } else if (kind == 2) {
      seed.insert(at, 1, static_cast<char>(random.below(256)));
    } else {
      seed.replace(at, kind == 3 ? length : 0, pieces[random.below(pieces.size())]);
    }
  }
  return seed;
}

}  // namespace pm::trial
