// SPDX-License-Identifier: MIT
// Lines of Accept-Encoding behind a byte that says what is on offer: what is chosen is what a slow reader chooses, who sorts all
// wishes and takes the first.
#include "core/check.h"
#include "core/number.h"
#include "modules/middleware/compress/choice.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pm;
using namespace pm::compress;

std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t end = text.find(separator); end != std::string::npos;
       end = text.find(separator, at)) {
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  parts.push_back(text.substr(at));
  return parts;
}

struct Wish {
  double weight = 1;
  std::size_t rank = 0;
};

// "*", then the offer in its order, then "identity"; nothing for other words and for those that are not wanted.
std::optional<Wish> wish_of(std::string text, const std::vector<std::string>& ranked) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t'; });
  text.resize(std::min<std::size_t>(text.size(), 64));
  std::vector<std::string> parts = parts_of(text, ';');
  Wish wish;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (parts[i].starts_with("q=")) wish.weight = parse_float(parts[i].substr(2)).value_or(0);
  }
  const auto found = std::find(ranked.begin(), ranked.end(), parts[0]);
  wish.rank = static_cast<std::size_t>(found - ranked.begin());
  if (found == ranked.end() || wish.weight <= 0) return std::nullopt;
  return wish;
}

std::optional<Encoding> choose_slowly(const std::string& lines, const Offer& offer) {
  std::vector<std::string> ranked{"*"};
  for (const Encoding encoding : offer.encodings)
    ranked.emplace_back(name_of(encoding));
  ranked.emplace_back("identity");
  std::vector<Wish> wishes;
  for (const std::string& line : parts_of(lines, '\n')) {
    for (const std::string& part : parts_of(line, ',')) {
      if (const auto wish = wish_of(part, ranked)) wishes.push_back(*wish);
    }
  }
  if (wishes.empty()) return std::nullopt;
  const auto best =
      std::min_element(wishes.begin(), wishes.end(), [](const Wish& a, const Wish& b) {
        return a.weight != b.weight ? a.weight > b.weight : a.rank < b.rank;
      });
  if (best->rank == 0) return offer.fallback ? offer.fallback : offer.encodings.front();
  return encoding_named(ranked[best->rank]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr Encoding all[] = {Encoding::zstd, Encoding::gzip, Encoding::br};
  Offer offer{.encodings = {all, all + 1 + data[0] % 3}, .fallback = std::nullopt};
  if ((data[0] & 4) != 0) offer.fallback = Encoding::gzip;
  const std::string lines(reinterpret_cast<const char*>(data) + 1, size - 1);

  BlockPool pool(4096);
  Arena arena(pool);
  http::Headers headers(arena);
  PM_CHECK(choose(headers, offer) == offer.fallback, "who says nothing gets what is meant for him");
  const std::vector<std::string> values = parts_of(lines, '\n');
  for (const std::string& value : values)
    headers.append(http::FieldId::accept_encoding, value);
  PM_CHECK(choose(headers, offer) == choose_slowly(lines, offer),
           "the best wish of all is granted");
  return 0;
}
