// SPDX-License-Identifier: MIT
#include "modules/middleware/compress/choice.h"

#include "core/number.h"
#include "core/text.h"

#include <algorithm>

namespace pm::compress {
namespace {

// "gzip;q=0.8" without its blanks, which may stand anywhere.
struct Wish {
  std::string_view token;
  double weight = 1;
};

constexpr std::size_t longest_wish = 64;

Wish read_wish(std::string_view text, char (&room)[longest_wish]) noexcept {
  std::size_t size = 0;
  for (const char c : text) {
    if (c != ' ' && c != '\t' && size < longest_wish) room[size++] = c;
  }
  Wish wish;
  std::string_view rest(room, size);
  const std::size_t end = rest.find(';');
  wish.token = rest.substr(0, end);
  while (end != std::string_view::npos && !rest.empty()) {
    const std::size_t at = rest.find(';');
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at + 1);
    const std::string_view parameter = rest.substr(0, rest.find(';'));
    if (parameter.starts_with("q=")) wish.weight = parse_float(parameter.substr(2)).value_or(0);
  }
  return wish;
}

// Of equal weight: "*" before everything, then the order of the offer, "identity" last.
std::size_t rank_of(std::string_view token, const Offer& offer) noexcept {
  if (token == "*") return 0;
  const auto& all = offer.encodings;
  const auto at =
      std::find_if(all.begin(), all.end(), [token](Encoding e) { return name_of(e) == token; });
  if (at != all.end()) return static_cast<std::size_t>(at - all.begin()) + 1;
  return token == "identity" ? all.size() + 1 : SIZE_MAX;
}

}  // namespace

std::string_view name_of(Encoding encoding) noexcept {
  switch (encoding) {
    case Encoding::gzip: return "gzip";
    case Encoding::br: return "br";
    case Encoding::zstd: return "zstd";
  }
  return {};
}

std::optional<Encoding> encoding_named(std::string_view name) noexcept {
  for (const Encoding encoding : {Encoding::gzip, Encoding::br, Encoding::zstd}) {
    if (name_of(encoding) == name) return encoding;
  }
  return std::nullopt;
}

std::optional<Encoding> choose(const http::Headers& headers, const Offer& offer) noexcept {
  std::size_t lines = 0;
  bool all_empty = true;
  std::size_t best_rank = SIZE_MAX;
  double best_weight = 0;
  for (const http::Field& field : headers) {
    if (field.dropped || field.id != http::FieldId::accept_encoding) continue;
    ++lines;
    all_empty = all_empty && field.value.empty();
    text::for_each_part(field.value, ',', [&](std::string_view part) {
      char room[longest_wish];
      const Wish wish = read_wish(part, room);
      const std::size_t rank = rank_of(wish.token, offer);
      if (rank == SIZE_MAX || wish.weight <= 0) return;
      if (wish.weight < best_weight || (wish.weight == best_weight && rank >= best_rank)) return;
      best_weight = wish.weight;
      best_rank = rank;
    });
  }
  if (lines == 0) return offer.fallback;
  if (best_rank == SIZE_MAX || best_rank == offer.encodings.size() + 1) return std::nullopt;
  if (best_rank == 0) return offer.fallback ? offer.fallback : offer.encodings.front();
  return offer.encodings[best_rank - 1];
}

}  // namespace pm::compress
