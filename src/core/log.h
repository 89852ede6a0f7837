// SPDX-License-Identifier: MIT
// log.h -- what a process says to its operator: a level, a sentence, named facts.
//
//   in      a message (one sentence, lower case, no full stop) and fields whose values may come from peers
//   out     one line per message to the sink, text or JSON, control bytes escaped, never cut inside a line
//   own     a Log is a value of the role object and is passed down by reference; it borrows its sink
//   cost    a branch when the level is off; a line is built on the stack otherwise (cut at 8 KiB)
//   source  observability.md section 3.1
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace pm {

enum class Level : std::uint8_t { trace, debug, info, notice, warn, error, fatal, panic };
// In any case, "warning" too.
std::optional<Level> parse_level(std::string_view name) noexcept;
std::string_view level_name(Level level) noexcept;  // "debug"

struct LogField {
  std::string_view key;
  std::string_view value;
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(std::string_view line) noexcept = 0;  // one whole line, with its "\n"
};

// Writes to a descriptor with one write(2) a line; what does not fit or fails is dropped and counted.
class FdSink final : public LogSink {
 public:
  explicit FdSink(int fd) noexcept : fd_(fd) {}
  void write(std::string_view line) noexcept override;
  void set_fd(int fd) noexcept { fd_ = fd; }
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  int fd_;
  bool torn_ = false;  // the last line went out without its end
  std::uint64_t dropped_ = 0;
};

enum class LogFormat : std::uint8_t { common, json };

class Log {
 public:
  explicit Log(LogSink& sink) noexcept : sink_(&sink) {}

  void set_level(Level level) noexcept { level_ = level; }
  void set_format(LogFormat format) noexcept { format_ = format; }
  void set_color(bool color) noexcept { color_ = color; }
  // "master", "worker 3": a fact of every line, beside the pid.
  void set_role(std::string role) { role_ = std::move(role); }
  Level level() const noexcept { return level_; }
  bool is_on(Level level) const noexcept { return level >= level_; }

  void write(Level level, std::string_view message,
             std::initializer_list<LogField> fields = {}) noexcept;
  void debug(std::string_view m, std::initializer_list<LogField> f = {}) noexcept {
    write(Level::debug, m, f);
  }
  void info(std::string_view m, std::initializer_list<LogField> f = {}) noexcept {
    write(Level::info, m, f);
  }
  void notice(std::string_view m, std::initializer_list<LogField> f = {}) noexcept {
    write(Level::notice, m, f);
  }
  void warn(std::string_view m, std::initializer_list<LogField> f = {}) noexcept {
    write(Level::warn, m, f);
  }
  void error(std::string_view m, std::initializer_list<LogField> f = {}) noexcept {
    write(Level::error, m, f);
  }

 private:
  LogSink* sink_;
  Level level_ = Level::error;
  LogFormat format_ = LogFormat::common;
  bool color_ = false;
  std::string role_;
};

}  // namespace pm
