// SPDX-License-Identifier: MIT
// remembered.h -- what was found out about the last few texts that came: browsers send the same lines all day long.
//
//   in      a text; a function that finds out, called where the text is not remembered
//   cost    a compare where it is; a copy of the text where it is not, and none of texts above 128 bytes
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace pm {

template <class Value, std::size_t slots = 8>
class Remembered {
 public:
  template <class Find>
  Value get(std::string_view text, Find find) {
    if (text.empty() || text.size() > longest) return find(text);
    Entry& entry = entries_[(text.size() + static_cast<unsigned char>(text.back())) % slots];
    if (entry.text == text) return entry.value;
    entry.value = find(text);
    entry.text = text;
    return entry.value;
  }

 private:
  static constexpr std::size_t longest = 128;
  struct Entry {
    std::string text;
    Value value{};
  };
  std::array<Entry, slots> entries_;
};

}  // namespace pm
