// SPDX-License-Identifier: MIT
#include "core/slice.h"
#include "core/text.h"
#include "h1/bytes.h"
#include "h1/head.h"

#include <algorithm>
#include <cstring>

namespace pm::h1 {
namespace {

// Some clients of old send an empty line after a body; more than two say that it is no HTTP.
constexpr std::uint32_t max_skipped = 2 * 2;

constexpr Fault bare_lf{400, "bare LF in the head"};
constexpr Fault unclean{400, "control byte or bare CR in the head"};
constexpr Fault line_too_long{414, "request line too long"};
constexpr Fault head_too_large{431, "head too large"};
constexpr Fault not_http{400, "not HTTP"};
constexpr Fault no_version{400, "request line without a version"};
constexpr Fault empty_lines{400, "too many empty lines before the request"};

class Scanner {
 public:
  Scanner(std::string_view bytes, HeadKind kind, const HeadLimits& limits, HeadScan& state,
          Lines& lines) noexcept
      : bytes_(bytes), kind_(kind), limits_(limits), state_(state), lines_(lines) {}

  bool is_whole() noexcept;
  Scan run() noexcept;
  Fault fault() const noexcept;

 private:
  Scan refuse(const Fault& fault) noexcept {
    fault_ = fault;
    return Scan::refused;
  }
  Scan on_partial() noexcept;
  Scan on_empty_line(std::uint32_t next) noexcept;
  Fault judge_start_line(std::string_view line) const noexcept;
  bool begins_well(std::string_view line) const noexcept;
  bool is_over(std::uint64_t end) const noexcept {
    return end - state_.skipped > limits_.max_bytes;
  }

  std::string_view bytes_;
  HeadKind kind_;
  const HeadLimits& limits_;
  HeadScan& state_;
  Lines& lines_;
  Fault fault_;
};

// What cannot become a start line is refused at its first byte: a TLS hello on a plain port need not wait for a time-out.
bool Scanner::begins_well(std::string_view line) const noexcept {
  if (kind_ == HeadKind::request) return text::is_token_char(line.front()) || line == "\r";
  constexpr std::string_view prefix = "HTTP/1.";
  return line.substr(0, prefix.size()) == prefix.substr(0, line.size());
}

Scan Scanner::on_partial() noexcept {
  const std::string_view line = bytes_.substr(state_.line);
  // What has come since, and the byte before it, which may be a CR.
  const std::string_view fresh =
      bytes_.substr(state_.looked > state_.line ? state_.looked - 1 : state_.line);
  state_.looked = static_cast<std::uint32_t>(bytes_.size());
  if (is_over(bytes_.size())) {
    const bool long_line = !state_.first_done && line.size() > limits_.max_line;
    return refuse(long_line ? line_too_long : head_too_large);
  }
  if (!may_become_clean(fresh)) return refuse(unclean);
  if (state_.first_done || line.empty()) return Scan::incomplete;
  if (!begins_well(line)) return refuse(not_http);
  // One more byte may be the CR that ends the line.
  if (line.size() > std::size_t{limits_.max_line} + 1) return refuse(line_too_long);
  return Scan::incomplete;
}

Scan Scanner::on_empty_line(std::uint32_t next) noexcept {
  if (state_.first_done) {
    if (is_over(next)) return refuse(head_too_large);
    state_.length = next;
    return Scan::complete;
  }
  if (kind_ == HeadKind::response) return refuse(not_http);
  state_.skipped = next;
  return next > max_skipped ? refuse(empty_lines) : Scan::incomplete;
}

// A request of HTTP/0.9 is its first line, and its sender waits: it is told so without waiting for more.
Fault Scanner::judge_start_line(std::string_view line) const noexcept {
  constexpr std::string_view version = " HTTP/1.1";
  if (line.size() > limits_.max_line) return line_too_long;
  if (!begins_well(line)) return not_http;
  if (kind_ == HeadKind::response) return {};
  if (line.size() < version.size()) return no_version;
  const std::string_view end = text::behind(line, line.size() - version.size());
  return end.starts_with(" HTTP/") ? Fault{} : no_version;
}

// The usual case: all of a head has come at once, and it is within all limits. What else is wrong with it the parser finds.
bool Scanner::is_whole() noexcept {
  if (state_.looked != 0 || state_.first_done || bytes_.empty()) return false;
  const std::size_t end = lines_.find(bytes_);
  if (end != 0 && end <= limits_.max_bytes && !judge_start_line(lines_[0])) {
    state_.length = static_cast<std::uint32_t>(end);
    return true;
  }
  lines_.clear();
  return false;
}

Scan Scanner::run() noexcept {
  if (is_whole()) return Scan::complete;
  while (true) {
    const char* from = bytes_.data() + state_.looked;
    const void* found = bytes_.size() == state_.looked
                            ? nullptr
                            : std::memchr(from, '\n', bytes_.size() - state_.looked);
    if (found == nullptr) return on_partial();

    const auto lf = static_cast<std::uint32_t>(static_cast<const char*>(found) - bytes_.data());
    if (lf == state_.line || bytes_[lf - 1] != '\r') return refuse(bare_lf);
    const std::uint32_t begin = state_.line;
    const std::uint32_t length = lf - 1 - begin;
    // Behind it the end of the head may be awaited in vain.
    if (length > 0 && bytes_[lf - 2] == '\r') return refuse(unclean);
    Scan step = Scan::incomplete;
    if (length == 0) {
      step = on_empty_line(lf + 1);
    } else if (!state_.first_done) {
      const Fault fault = judge_start_line(text::first(text::behind(bytes_, begin), length));
      if (fault) return refuse(fault);
      state_.first_done = true;
    }
    if (step != Scan::incomplete) return step;
    state_.line = state_.looked = lf + 1;
  }
}

Fault Scanner::fault() const noexcept {
  return kind_ == HeadKind::response && fault_ ? Fault{502, fault_.why} : fault_;
}

}  // namespace

Scan scan_head(std::string_view bytes, HeadKind kind, const HeadLimits& limits, HeadScan& state,
               Lines& lines, Fault& fault) noexcept {
  // Offsets have 32 bits; the limit of a head ends far below, so nothing is lost.
  const std::size_t count = std::min<std::size_t>(bytes.size(), UINT32_MAX - 1);
  Scanner scanner(text::first(bytes, count), kind, limits, state, lines);
  const Scan result = scanner.run();
  if (result == Scan::refused) fault = scanner.fault();
  return result;
}

}  // namespace pm::h1
