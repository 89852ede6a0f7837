// SPDX-License-Identifier: MIT
#include "core/log.h"

#include "core/text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <unistd.h>

namespace pm {
namespace {

struct LevelWords {
  std::string_view name;
  std::string_view tag;    // as Traefik's console writer prints it
  std::string_view color;  // ECMA-48 parameters
};

// In the order of the enumerators.
constexpr LevelWords levels[] = {
    {"trace", "TRC", "34"},   {"debug", "DBG", "33"},   {"info", "INF", "32"},
    {"notice", "NTC", "36"},  {"warn", "WRN", "33"},    {"error", "ERR", "1;31"},
    {"fatal", "FTL", "1;31"}, {"panic", "PNC", "1;31"},
};

const LevelWords& words(Level level) noexcept {
  return levels[static_cast<unsigned>(level)];
}

// A sentence keeps its quotation marks; what stands between quotation marks has them escaped.
enum class Style : std::uint8_t { sentence, quoted, json };

constexpr char hex_digits[] = "0123456789abcdef";

std::uint32_t code_point(std::string_view character) noexcept {
  std::uint32_t value = static_cast<unsigned char>(character[0]);
  if (character.size() > 1) value &= 0x7fu >> character.size();
  for (char c : character.substr(1))
    value = value << 6 | (static_cast<unsigned char>(c) & 0x3f);
  return value;
}

// One line, built on the stack. Text that does not fit is cut at a character and marked with "...";
// the tail is reserved from the beginning, so a line is always whole and JSON always valid.
class Line {
 public:
  void raw(std::string_view text) noexcept {
    const std::size_t size = std::min(text.size(), limit - size_);
    std::memcpy(bytes_ + size_, text.data(), size);
    size_ += size;
  }
  void escaped(std::string_view text, Style style) noexcept;
  void number(std::uint64_t value, int width = 0) noexcept;
  bool has_room(std::size_t size) const noexcept { return size + tail <= limit - size_; }
  std::string_view end() noexcept {
    bytes_[size_++] = '\n';
    return {bytes_, size_};
  }

 private:
  void unicode_escape(std::uint32_t code) noexcept;
  void byte_escape(char c) noexcept;

  static constexpr std::size_t tail = 16;  // `..."` and `}`
  static constexpr std::size_t limit = 8191;
  std::size_t size_ = 0;
  char bytes_[limit + 1];
};

void Line::number(std::uint64_t value, int width) noexcept {
  char digits[20];
  const std::size_t size = text::write_decimal(digits, value);
  for (auto i = static_cast<int>(size); i < width; ++i)
    raw("0");
  raw({digits, size});
}

void Line::escaped(std::string_view text, Style style) noexcept {
  constexpr std::size_t longest_escape = 6;  // "\\u001b"
  while (!text.empty()) {
    if (!has_room(longest_escape)) return raw("...");
    const std::size_t printable = text::printable_length(text);
    const std::size_t whole = text::utf8_length(text);
    if (printable != 0) {
      const bool special = text[0] == '"' || text[0] == '\\';
      if (special && style != Style::sentence) raw("\\");
      raw(text.substr(0, printable));
    } else if (text[0] == '\n' || text[0] == '\t' || text[0] == '\r') {
      raw(text[0] == '\n' ? "\\n" : text[0] == '\t' ? "\\t" : "\\r");
    } else if (style == Style::json) {
      unicode_escape(whole == 0 ? 0xfffd : code_point(text.substr(0, whole)));
    } else {
      byte_escape(text[0]);
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(std::max<std::size_t>(whole, 1));
  }
}

void Line::unicode_escape(std::uint32_t code) noexcept {
  raw("\\u");
  for (int shift = 12; shift >= 0; shift -= 4)
    raw({&hex_digits[code >> shift & 15], 1});
}

void Line::byte_escape(char c) noexcept {
  raw("\\x");
  raw({&hex_digits[static_cast<unsigned char>(c) >> 4], 1});
  raw({&hex_digits[c & 15], 1});
}

// RFC 3339, UTC, whole seconds. Without gmtime: that reads the time zone's file the first time.
void add_time(Line& line) noexcept {
  using namespace std::chrono;
  const auto now = floor<seconds>(system_clock::now());
  const auto day = floor<days>(now);
  const year_month_day date(day);
  const hh_mm_ss clock(now - day);
  line.number(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  line.raw("-"), line.number(static_cast<unsigned>(date.month()), 2);
  line.raw("-"), line.number(static_cast<unsigned>(date.day()), 2);
  line.raw("T"), line.number(static_cast<std::uint64_t>(clock.hours().count()), 2);
  line.raw(":"), line.number(static_cast<std::uint64_t>(clock.minutes().count()), 2);
  line.raw(":"), line.number(static_cast<std::uint64_t>(clock.seconds().count()), 2);
  line.raw("Z");
}

bool needs_quotes(std::string_view value) noexcept {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
           return c <= ' ' || c > '~' || c == '"' || c == '\\' || c == '=';
         });
}

std::uint64_t process_number() noexcept {
  return static_cast<std::uint64_t>(getpid());
}

void add_pair(Line& line, const LogField& field, bool color) noexcept {
  if (!line.has_room(field.key.size() + 16)) return;
  line.raw(color ? " \x1b[36m" : " ");
  line.raw(field.key);
  line.raw(color ? "=\x1b[0m" : "=");
  const bool quotes = needs_quotes(field.value);
  line.raw(quotes ? "\"" : "");
  line.escaped(field.value, Style::quoted);
  line.raw(quotes ? "\"" : "");
}

void add_member(Line& line, const LogField& field) noexcept {
  if (!line.has_room(field.key.size() * 6 + 16)) return;
  line.raw(",\"");
  line.escaped(field.key, Style::json);
  line.raw("\":\"");
  line.escaped(field.value, Style::json);
  line.raw("\"");
}

void begin_text(Line& line, Level level, std::string_view message, bool color) noexcept {
  add_time(line);
  line.raw(color ? " \x1b[" : " ");
  if (color) line.raw(words(level).color), line.raw("m");
  line.raw(words(level).tag);
  line.raw(color ? "\x1b[0m " : " ");
  line.escaped(message, Style::sentence);
  char pid[20];
  add_pair(line, {"pid", {pid, text::write_decimal(pid, process_number())}}, color);
}

void begin_json(Line& line, Level level, std::string_view message) noexcept {
  line.raw("{\"level\":\"");
  line.raw(level_name(level));
  line.raw("\",\"time\":\"");
  add_time(line);
  line.raw("\",\"message\":\"");
  line.escaped(message, Style::json);
  line.raw("\"");
  if (!line.has_room(32)) return;
  line.raw(",\"pid\":");
  line.number(process_number());
}

}  // namespace

std::optional<Level> parse_level(std::string_view name) noexcept {
  if (text::equals_ignore_case(name, "warning")) return Level::warn;
  for (unsigned i = 0; i < std::size(levels); ++i) {
    if (text::equals_ignore_case(name, levels[i].name)) return static_cast<Level>(i);
  }
  return std::nullopt;
}

std::string_view level_name(Level level) noexcept {
  return words(level).name;
}

void FdSink::write(std::string_view line) noexcept {
  // What is left of a torn line must not run into this one.
  if (torn_ && ::write(fd_, "\n", 1) == 1) torn_ = false;
  std::string_view rest = line;
  while (!rest.empty() && !torn_) {
    const ssize_t sent = ::write(fd_, rest.data(), rest.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  if (rest.empty()) return;
  ++dropped_;
  torn_ = torn_ || rest.size() < line.size();
}

void Log::write(Level level, std::string_view message,
                std::initializer_list<LogField> fields) noexcept {
  if (!is_on(level)) return;
  Line line;
  if (format_ == LogFormat::json) {
    begin_json(line, level, message);
    if (!role_.empty()) add_member(line, {"role", role_});
    for (const LogField& field : fields)
      add_member(line, field);
    line.raw("}");
  } else {
    begin_text(line, level, message, color_);
    if (!role_.empty()) add_pair(line, {"role", role_}, color_);
    for (const LogField& field : fields)
      add_pair(line, field, color_);
  }
  sink_->write(line.end());
}

}  // namespace pm
