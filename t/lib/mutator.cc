// SPDX-License-Identifier: MIT
#include "t/lib/mutator.h"

#include "core/text.h"

#include <algorithm>
#include <utility>

namespace pm::test {
namespace {

enum class Sort : std::uint8_t { word, blank, sign };

Sort sort_of(char c) noexcept {
  if (text::is_alpha(c) || text::is_digit(c) || c == '-' || c == '_') return Sort::word;
  return c == ' ' || c == '\t' ? Sort::blank : Sort::sign;
}

}  // namespace

Mutator::Mutator(std::vector<std::string> corpus, std::uint64_t seed)
    : corpus_(std::move(corpus)), random_(seed) {
  if (corpus_.empty()) corpus_.emplace_back();
  for (const std::string& input : corpus_)
    collect_tokens(input);
  std::sort(tokens_.begin(), tokens_.end());
  tokens_.erase(std::unique(tokens_.begin(), tokens_.end()), tokens_.end());
}

// Runs of one sort of bytes: names, numbers, line ends, separators.
void Mutator::collect_tokens(std::string_view input) {
  for (std::size_t at = 0; at < input.size() && tokens_.size() < most_tokens;) {
    std::size_t end = at + 1;
    while (end < input.size() && sort_of(input[end]) == sort_of(input[at]))
      ++end;
    if (end - at <= 32) tokens_.emplace_back(input.substr(at, end - at));
    at = end;
  }
}

std::string Mutator::next() {
  std::string input = corpus_[random_.below(corpus_.size())];
  for (std::uint64_t changes = 1 + random_.below(4); changes > 0; --changes)
    change(input);
  input.resize(std::min(input.size(), most_bytes));
  return input;
}

void Mutator::change(std::string& input) {
  switch (random_.below(5)) {
    case 0: return flip(input);
    case 1: return splice(input);
    case 2: return cut(input);
    case 3: return repeat(input);
    default: return put_token(input);
  }
}

// A bit, a byte, or a byte at which readers take turns.
void Mutator::flip(std::string& input) {
  if (input.empty()) return;
  using namespace std::string_view_literals;
  constexpr std::string_view turns = "\0\xff\x7f\x80\r\n\t :;,=\"%/.09azAZ"sv;
  char& byte = input[random_.below(input.size())];
  switch (random_.below(3)) {
    case 0: byte = static_cast<char>(byte ^ 1 << random_.below(8)); return;
    case 1: byte = static_cast<char>(random_.below(256)); return;
    default: byte = turns[random_.below(turns.size())]; return;
  }
}

void Mutator::splice(std::string& input) {
  const std::string& other = corpus_[random_.below(corpus_.size())];
  input.resize(place_in(input));
  input.append(other, place_in(other), std::string::npos);
}

void Mutator::cut(std::string& input) {
  const std::size_t from = place_in(input);
  input.erase(from, random_.below(2) == 0 ? std::string::npos : 1 + random_.below(16));
}

void Mutator::repeat(std::string& input) {
  const std::size_t from = place_in(input);
  const std::string block = input.substr(from, 1 + random_.below(64));
  // Long runs are seldom: limits are passed by few, and each costs time.
  const std::uint64_t most = random_.below(16) == 0 ? 512 : 4;
  for (std::uint64_t times = 1 + random_.below(most); times > 0 && input.size() < most_bytes;
       --times)
    input.insert(from, block);
}

void Mutator::put_token(std::string& input) {
  if (tokens_.empty()) return;
  const std::string& token = tokens_[random_.below(tokens_.size())];
  const std::size_t at = place_in(input);
  input.replace(at, random_.below(2) * token.size(), token);
}

}  // namespace pm::test
