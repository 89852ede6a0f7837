// SPDX-License-Identifier: MIT
// source_map.h -- where a rendered text came from: a place in the output, back to line and column of the source.
//
//   in      stretches in the order of the output: copied from the source, or produced by an action that stands there
//   out     places in the source; a produced stretch maps to the place of its action as a whole
//   cost    sixteen bytes a stretch; a look-up is two binary searches
#pragma once

#include "config/mark.h"
#include "config/node.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace pm::config {

class SourceMap {
 public:
  void add_copied(std::size_t output, std::size_t source) { add(output, source, true); }
  void add_produced(std::size_t output, std::size_t source) { add(output, source, false); }
  void finish(std::string_view source, std::string_view output);

  // A map without stretches says that nothing was rendered: places are the same.
  Mark translate(Mark mark) const noexcept;
  void translate_all(Node& node) const noexcept;  // every mark in the tree

 private:
  struct Stretch {
    std::uint32_t output;
    std::uint32_t source;
    bool copied;
  };
  void add(std::size_t output, std::size_t source, bool copied);

  std::vector<Stretch> stretches_;
  std::vector<std::uint32_t> source_lines_;  // offsets at which lines begin
  std::vector<std::uint32_t> output_lines_;
};

}  // namespace pm::config
