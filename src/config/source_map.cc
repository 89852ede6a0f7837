// SPDX-License-Identifier: MIT
#include "config/source_map.h"

#include <algorithm>

namespace pm::config {
namespace {

std::vector<std::uint32_t> line_starts(std::string_view text) {
  std::vector<std::uint32_t> starts{0};
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    starts.push_back(static_cast<std::uint32_t>(at + 1));
  }
  return starts;
}

}  // namespace

void SourceMap::add(std::size_t output, std::size_t source, bool copied) {
  // Of stretches that begin at one place the earlier ones are empty.
  if (!stretches_.empty() && stretches_.back().output == output) stretches_.pop_back();
  stretches_.push_back(
      {static_cast<std::uint32_t>(output), static_cast<std::uint32_t>(source), copied});
}

void SourceMap::finish(std::string_view source, std::string_view output) {
  source_lines_ = line_starts(source);
  output_lines_ = line_starts(output);
}

Mark SourceMap::translate(Mark mark) const noexcept {
  if (stretches_.empty() || mark.line == 0 || mark.line > output_lines_.size()) return mark;

  const std::uint32_t offset = output_lines_[mark.line - 1] + std::max(mark.column, 1U) - 1;
  const auto behind =
      std::upper_bound(stretches_.begin(), stretches_.end(), offset,
                       [](std::uint32_t at, const Stretch& s) { return at < s.output; });
  const Stretch& stretch = behind == stretches_.begin() ? *behind : *(behind - 1);
  const std::uint32_t origin = stretch.copied && offset >= stretch.output
                                   ? stretch.source + (offset - stretch.output)
                                   : stretch.source;
  const auto line = std::upper_bound(source_lines_.begin(), source_lines_.end(), origin);
  mark.line = static_cast<std::uint32_t>(line - source_lines_.begin());
  mark.column = origin - *(line - 1) + 1;
  return mark;
}

void SourceMap::translate_all(Node& node) const noexcept {
  node.mark = translate(node.mark);
  for (Node& item : node.items)
    translate_all(item);
  for (Entry& entry : node.entries) {
    entry.key_mark = translate(entry.key_mark);
    translate_all(entry.value);
  }
}

}  // namespace pm::config
