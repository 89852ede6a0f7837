// SPDX-License-Identifier: MIT
#include "config/findings.h"

#include "core/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace pm::config {
namespace {

constexpr std::size_t kept_of_each = 1000;
constexpr std::size_t printed_errors = 50;
constexpr std::size_t most_verdicts = 100000;

// A broken object does not stop the daemon, and yet it is an error to whoever wrote it.
std::string_view level(Severity severity) {
  return severity == Severity::warning ? "warning" : "error";
}

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::warning: return "warning";
    case Severity::broken: return "broken";
    case Severity::error: return "error";
  }
  return {};
}

// Names and values of files stand in messages: no byte of theirs may break the line or drive a terminal.
std::string on_one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = text::printable_length(text);
    if (length == 0) out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
    out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
  return out;
}

}  // namespace

std::uint32_t Findings::add_source(std::string name) {
  sources_.push_back(std::move(name));
  return static_cast<std::uint32_t>(sources_.size() - 1);
}

void Findings::add(Severity severity, Mark mark, std::string what, std::string advice) {
  if (!about_.empty()) blame(severity, advice.empty() ? what : fmt::format("{}; {}", what, advice));
  if (counts_[static_cast<std::size_t>(severity)]++ >= kept_of_each) return;
  findings_.push_back({severity, mark, std::move(what), std::move(advice)});
}

void Findings::blame(Severity severity, std::string what) {
  if (about_.empty() || verdicts_.size() >= most_verdicts) return;
  verdicts_.push_back({severity, about_, std::move(what)});
}

void Findings::warning(Mark mark, std::string what, std::string advice) {
  add(Severity::warning, mark, std::move(what), std::move(advice));
}

void Findings::broken(Mark mark, std::string what, std::string advice) {
  add(Severity::broken, mark, std::move(what), std::move(advice));
}

void Findings::error(Mark mark, std::string what, std::string advice) {
  add(Severity::error, mark, std::move(what), std::move(advice));
}

std::size_t Findings::count(Severity severity) const noexcept {
  return counts_[static_cast<std::size_t>(severity)];
}

std::string Findings::place(Mark mark) const {
  if (mark.source == 0 || mark.source >= sources_.size()) return {};
  const std::string name = on_one_line(sources_[mark.source]);
  return mark.line == 0 ? name : fmt::format("{}:{}:{}", name, mark.line, mark.column);
}

std::string Findings::line(const Finding& finding) const {
  std::string text = place(finding.mark);
  if (!text.empty()) text += ": ";
  text += level(finding.severity);
  text += ": ";
  text += on_one_line(finding.what);
  if (!finding.advice.empty()) {
    text += "; ";
    text += on_one_line(finding.advice);
  }
  return text;
}

std::vector<Finding> Findings::sorted() const {
  std::vector<Finding> all = findings_;
  std::stable_sort(all.begin(), all.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.mark.source, a.mark.line, a.mark.column) <
           std::tie(b.mark.source, b.mark.line, b.mark.column);
  });
  return all;
}

std::string Findings::text(bool errors_only) const {
  std::string out;
  std::size_t errors = 0;
  for (const Finding& finding : sorted()) {
    if (finding.severity == Severity::warning) {
      if (!errors_only) out += line(finding) + "\n";
    } else if (errors++ < printed_errors) {
      out += line(finding) + "\n";
    }
  }
  const std::size_t total = count(Severity::broken) + count(Severity::error);
  if (total > printed_errors) {
    out += fmt::format("error: {} more errors are not shown\n", total - printed_errors);
  }
  return out;
}

std::string Findings::json() const {
  std::string out = "[";
  for (const Finding& finding : sorted()) {
    const bool has_source = finding.mark.source < sources_.size();
    if (out.size() > 1) out += ',';
    out += fmt::format(
        "\n  {{\"file\": {}, \"line\": {}, \"column\": {}, \"level\": \"{}\", \"severity\": "
        "\"{}\", "
        "\"what\": {}, \"advice\": {}}}",
        json_text(has_source ? sources_[finding.mark.source] : ""), finding.mark.line,
        finding.mark.column, level(finding.severity), severity_name(finding.severity),
        json_text(finding.what), json_text(finding.advice));
  }
  out += out.size() > 1 ? "\n]\n" : "]\n";
  return out;
}

}  // namespace pm::config
