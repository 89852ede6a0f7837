// SPDX-License-Identifier: MIT
#include "h1/fields.h"

#include "core/check.h"
#include "core/number.h"
#include "core/text.h"
#include "http/trailer.h"

#include <fmt/format.h>
#include <llhttp.h>

namespace pm::h1 {
namespace {

using http::FieldId;

constexpr Fault malformed{400, "malformed field line"};
constexpr Fault bad_name{400, "field name is no token"};
constexpr Fault folded{400, "folded or disordered field line"};
constexpr Fault too_many{431, "too many fields"};

// What llhttp's callbacks fill. Every field must begin where the one before it ended: so nothing that the library skips or
// joins (folded lines, blanks, stray line ends) can pass unseen.
struct Reader {
  http::Headers* fields;
  FieldFacts* facts;
  const char* expected;   // where the next field line begins
  std::string_view name;  // read, its value not yet
  std::uint32_t left;     // how many fields may still come
  bool is_trailers;
  bool is_complete = false;
  Fault fault{};
};

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

int refuse(Reader& reader, const Fault& fault) noexcept {
  reader.fault = fault;
  return -1;
}

void note_connection_word(FieldFacts& facts, std::string_view word) noexcept {
  constexpr std::string_view close = "close", keep_alive = "keep-alive", upgrade = "upgrade";
  if (word.size() == close.size()) {
    facts.connection_close |= text::equals_ignore_case(word, close);
  } else if (word.size() == keep_alive.size()) {
    facts.connection_keep_alive |= text::equals_ignore_case(word, keep_alive);
  } else if (word.size() == upgrade.size()) {
    facts.connection_upgrade |= text::equals_ignore_case(word, upgrade);
  }
}

void note_connection(FieldFacts& facts, std::string_view value) noexcept {
  text::for_each_part(value, ',', [&facts](std::string_view part) {
    note_connection_word(facts, text::trim_blanks(part));
  });
}

constexpr http::FieldSet noted =
    http::field_bit(FieldId::connection) | http::field_bit(FieldId::content_length) |
    http::field_bit(FieldId::expect) | http::field_bit(FieldId::host) |
    http::field_bit(FieldId::transfer_encoding) | http::field_bit(FieldId::upgrade);

void note(FieldFacts& facts, FieldId id, std::string_view value) noexcept {
  if (id == FieldId::host) {
    facts.host = value;
    ++facts.hosts;
  } else if (id == FieldId::connection) {
    note_connection(facts, value);
  } else if (id == FieldId::content_length) {
    facts.content_length = value;
    ++facts.content_lengths;
  } else if (id == FieldId::transfer_encoding) {
    facts.transfer_encoding = value;
    ++facts.transfer_encodings;
  } else if (id == FieldId::expect) {
    facts.expect = value;
    ++facts.expects;
  } else if (id == FieldId::upgrade) {
    facts.upgrade = value;
    ++facts.upgrades;
  }
}

// A name that we know holds token characters only; the others are looked at.
bool is_name(FieldId id, std::string_view name) noexcept {
  return id != FieldId::other || text::is_token(name);
}

int add(Reader& reader, std::string_view value) noexcept {
  const FieldId id = http::classify(reader.name);
  if (!is_name(id, reader.name)) return refuse(reader, bad_name);
  if (reader.is_trailers && http::is_forbidden_trailer(id, reader.name)) return 0;
  if ((http::field_bit(id) & noted) != 0) note(*reader.facts, id, value);
  reader.fields->append(id, reader.name, value);
  return 0;
}

int on_name(llhttp_t* parser, const char* at, std::size_t length) noexcept {
  Reader& reader = *static_cast<Reader*>(parser->data);
  if (!reader.name.empty() || at != reader.expected) return refuse(reader, folded);
  if (reader.left == 0) return refuse(reader, too_many);
  --reader.left;
  reader.name = {at, length};
  if (at[length] != ':') return refuse(reader, bad_name);
  return 0;
}

// llhttp gives an empty value a place behind its line end, so the line is read from the name on.
int on_value(llhttp_t* parser, const char* at, std::size_t length) noexcept {
  Reader& reader = *static_cast<Reader*>(parser->data);
  if (reader.name.empty()) return refuse(reader, folded);
  const char* begin = reader.name.data() + reader.name.size() + 1;
  while (is_blank(*begin))
    ++begin;
  if (length != 0 && begin != at) return refuse(reader, folded);
  const char* end = begin + length;
  if (*end != '\r') return refuse(reader, malformed);
  reader.expected = end + 2;

  while (end > begin && is_blank(end[-1]))
    --end;
  const int result = add(reader, {begin, static_cast<std::size_t>(end - begin)});
  reader.name = {};
  return result;
}

int on_complete(llhttp_t* parser) noexcept {
  static_cast<Reader*>(parser->data)->is_complete = true;
  return HPE_PAUSED;  // what follows is a body, and bodies are not llhttp's here
}

llhttp_settings_t make_settings() noexcept {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_header_field = on_name;
  settings.on_header_value = on_value;
  settings.on_headers_complete = on_complete;
  return settings;
}

// A parser that has eaten a start line; a copy of it reads field lines. llhttp refuses methods that it does not know, and
// ours pass unchanged, so start lines are read by us. The state holds no pointer into itself.
llhttp_t make_parser(llhttp_type_t type, std::string_view start_line) noexcept {
  static const llhttp_settings_t settings = make_settings();
  llhttp_t parser;
  llhttp_init(&parser, type, &settings);
  const llhttp_errno_t error = llhttp_execute(&parser, start_line.data(), start_line.size());
  PM_CHECK(error == HPE_OK, "llhttp reads a plain start line");
  return parser;
}

// Framing fields of a trailer section are read to be left out, so the library need not judge what they would mean together.
llhttp_t make_trailer_parser() noexcept {
  llhttp_t parser = make_parser(HTTP_REQUEST, "GET / HTTP/1.1\r\n");
  llhttp_set_lenient_chunked_length(&parser, 1);
  return parser;
}

const llhttp_t& prepared(Section section) noexcept {
  static const llhttp_t request = make_parser(HTTP_REQUEST, "GET / HTTP/1.1\r\n");
  static const llhttp_t response = make_parser(HTTP_RESPONSE, "HTTP/1.1 200 OK\r\n");
  static const llhttp_t trailers = make_trailer_parser();
  switch (section) {
    case Section::request: return request;
    case Section::response: return response;
    case Section::trailers: return trailers;
  }
  return request;
}

// llhttp takes no tab behind a length, where a tab is as good as a space (RFC 9110 section 5.6.3): the same lines, as long, with
// spaces there.
std::string_view with_spaces_behind(std::string_view lines, Arena& arena) noexcept {
  if (lines.find('\t') == std::string_view::npos) return lines;
  char* const text = static_cast<char*>(arena.allocate(lines.size(), 1));
  bool is_behind = false;  // nothing but blanks follows in this line
  for (std::size_t at = lines.size(); at-- > 0;) {
    is_behind = lines[at] == '\r' || (is_behind && is_blank(lines[at]));
    text[at] = is_behind && lines[at] == '\t' ? ' ' : lines[at];
  }
  return {text, lines.size()};
}

// Between the blanks around it.
std::string_view trimmed(const char* begin, const char* end) noexcept {
  while (begin < end && is_blank(*begin))
    ++begin;
  while (end > begin && is_blank(end[-1]))
    --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

// False: a line that is for the library to judge. Some fields may have been kept.
bool read_plain(const Lines& lines, std::uint32_t max_fields, http::Headers& fields,
                FieldFacts& facts) noexcept {
  if (lines.size() - 1 > max_fields) return false;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string_view line = lines[i];
    const std::size_t colon = lines.colon(line);
    if (colon == std::string_view::npos) return false;
    const std::string_view name(line.data(), colon);
    const FieldId id = http::classify(name);
    if (!is_name(id, name)) return false;
    const std::string_view value = trimmed(line.data() + colon + 1, line.data() + line.size());
    if ((http::field_bit(id) & noted) != 0) note(facts, id, value);
    fields.append(id, name, value);
  }
  return true;
}

Fault judge_coding(const FieldFacts& facts) noexcept {
  if (facts.transfer_encodings > 1) return {400, "several Transfer-Encoding fields"};
  if (text::equals_ignore_case(facts.transfer_encoding, "chunked")) return {};
  if (text::is_token(facts.transfer_encoding)) return {501, "unknown transfer coding"};
  return {400, "Transfer-Encoding is not one word"};
}

}  // namespace

std::string_view parser_version() noexcept {
  static const std::string version =
      fmt::format("{}.{}.{}", LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR, LLHTTP_VERSION_PATCH);
  return version;
}

Fault read_fields(std::string_view lines, const Lines& plain, Section section,
                  std::uint32_t max_fields, http::Headers& fields, FieldFacts& facts) noexcept {
  if (!plain.empty()) {
    if (read_plain(plain, max_fields, fields, facts)) return {};
    fields.clear();
    facts = {};
  }
  // With it there is a byte behind every name and value, whatever the library makes of the lines.
  if (!lines.ends_with("\r\n")) return malformed;
  lines = with_spaces_behind(lines, fields.arena());
  Reader reader{.fields = &fields,
                .facts = &facts,
                .expected = lines.data(),
                .name = {},
                .left = max_fields,
                .is_trailers = section == Section::trailers};
  llhttp_t parser = prepared(section);
  parser.data = &reader;
  const llhttp_errno_t error = llhttp_execute(&parser, lines.data(), lines.size());
  if (reader.fault) return reader.fault;
  if (error != HPE_PAUSED || !reader.is_complete) return malformed;
  // The empty line is all that is left, and no name waits for its value.
  const bool is_whole = reader.name.empty() && reader.expected + 2 == lines.data() + lines.size();
  return is_whole ? Fault{} : malformed;
}

Fault judge_framing(const FieldFacts& facts, http::Version version, BodyFraming& body) noexcept {
  constexpr std::size_t max_digits = 18;  // below 2^63 whatever they are
  if ((facts.content_lengths | facts.transfer_encodings) == 0) return {};
  if (facts.content_lengths != 0 && facts.transfer_encodings != 0) {
    return {400, "Content-Length with Transfer-Encoding"};
  }
  if (facts.transfer_encodings != 0) {
    if (version == http::Version::http10) return {400, "Transfer-Encoding in HTTP/1.0"};
    body.framing = http::Framing::chunked;
    return judge_coding(facts);
  }
  if (facts.content_lengths > 1) return {400, "several Content-Length fields"};
  const std::optional<std::uint64_t> length = parse_u64(facts.content_length);
  if (!length || facts.content_length.size() > max_digits) return {400, "malformed Content-Length"};
  body = {http::Framing::length, *length};
  return {};
}

}  // namespace pm::h1
