// SPDX-License-Identifier: MIT
#include "agent/exposition.h"

#include <fmt/format.h>

#include <iterator>

namespace pm::agent {
namespace {

constexpr std::string_view types[] = {"counter", "gauge", "histogram"};
constexpr std::string_view total = "_total";

std::string limit_text(double limit, Exposition::Format format) {
  std::string text = fmt::format("{}", limit);
  const bool is_whole = text.find_first_of(".e") == std::string::npos;
  if (format == Exposition::Format::open_metrics && is_whole) text += ".0";
  if (format == Exposition::Format::text && text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

}  // namespace

std::string_view Exposition::media_type(Format format) noexcept {
  return format == Format::text ? "text/plain; version=0.0.4; charset=utf-8"
                                : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

void Exposition::family(std::string_view name, Type type, std::string_view help) {
  name_ = name;
  type_ = type;
  help_ = help;
  is_open_ = false;
}

void Exposition::open() {
  if (is_open_) return;
  is_open_ = true;
  std::string_view name = name_;
  if (format_ == Format::open_metrics && type_ == Type::counter) name.remove_suffix(total.size());
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help_, name,
                 types[static_cast<std::size_t>(type_)]);
}

void Exposition::begin_line(std::string_view suffix, std::string_view labels, std::string_view le) {
  text_.append(name_).append(suffix);
  if (!labels.empty() || !le.empty()) {
    text_.append("{").append(labels);
    if (!le.empty())
      text_.append(labels.empty() ? "" : ",").append("le=\"").append(le).append("\"");
    text_ += '}';
  }
  text_ += ' ';
}

void Exposition::sample(std::string_view labels, std::uint64_t value) {
  open();
  begin_line({}, labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void Exposition::sample(std::string_view labels, double value) {
  open();
  begin_line({}, labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", value);
}

void Exposition::histogram(std::string_view labels, const Histogram& histogram) {
  open();
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    count += histogram.counts[i];
    begin_line("_bucket", labels,
               i < histogram.limits.size() ? limit_text(histogram.limits[i], format_) : "+Inf");
    fmt::format_to(std::back_inserter(text_), "{}\n", count);
  }
  begin_line("_sum", labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", histogram.sum);
  begin_line("_count", labels);
  fmt::format_to(std::back_inserter(text_), "{}\n", count);
}

std::string Exposition::finish() && {
  if (format_ == Format::open_metrics) text_ += "# EOF\n";
  return std::move(text_);
}

}  // namespace pm::agent
