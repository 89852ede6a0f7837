// SPDX-License-Identifier: MIT
// exposition.h -- the text that Prometheus reads, in either of its two formats.
//
//   in      families, each followed by its samples; labels as text, already in order (`code="200",method="GET"`)
//   out     text format 0.0.4, or OpenMetrics 1.0
//   own     the text
//   cost    one line appended a sample
//   source  Prometheus "Exposition formats"; OpenMetrics 1.0 (counters: family without _total; le as a float; # EOF)
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pm::agent {

class Exposition {
 public:
  enum class Format : std::uint8_t { text, open_metrics };
  enum class Type : std::uint8_t { counter, gauge, histogram };

  explicit Exposition(Format format) : format_(format) {}

  // Says itself once there is a sample. The name of a counter ends in _total.
  void family(std::string_view name, Type type, std::string_view help);
  void sample(std::string_view labels, std::uint64_t value);
  void sample(std::string_view labels, double value);
  struct Histogram {
    std::span<const double> limits;
    std::span<const std::uint64_t> counts;  // one more than limits, each of its own bucket
    double sum = 0;
  };
  void histogram(std::string_view labels, const Histogram& histogram);

  std::string finish() &&;
  static std::string_view media_type(Format format) noexcept;

 private:
  void open();
  void begin_line(std::string_view suffix, std::string_view labels, std::string_view le = {});

  Format format_;
  Type type_ = Type::gauge;
  std::string name_;
  std::string help_;
  bool is_open_ = false;
  std::string text_;
};

}  // namespace pm::agent
