// SPDX-License-Identifier: MIT
// encoder.h -- one stream being compressed, and the worker's stock of those that rest.
//
//   in      slices, in order; whether what was given so far has to leave (flush), or the stream ends (finish)
//   out     what is ready, a view into the encoder's own buffer, good until the next call
//   own     the Stock owns encoders while they rest; whoever takes one gives it back
//   cost    nothing is allocated for a stream once the stock has an encoder of its kind
//   errors  false of ok(): the library had no memory; what comes out is then of no use
#pragma once

#include "modules/middleware/compress/choice.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pm::compress {

class Encoder {
 public:
  enum class Push : std::uint8_t { none, flush, finish };
  virtual ~Encoder() = default;
  static std::unique_ptr<Encoder> make(Encoding encoding);

  virtual void begin(
      std::optional<std::uint64_t> size) noexcept = 0;  // of the stream, where it is known
  const std::string_view& encode(std::span<const std::string_view> slices, Push push) noexcept;
  virtual void rest() noexcept {}  // lets go of what only a running stream needs
  bool ok() const noexcept { return ok_; }

 protected:
  static constexpr std::size_t step = 16384;
  // Appends to `out_`; with an empty slice only for what `push` asks.
  virtual void take(std::string_view slice, Push push) noexcept = 0;
  char* room(std::size_t size) noexcept;  // at least so much behind what is there

  std::vector<char> out_;
  std::size_t used_ = 0;
  bool ok_ = true;

 private:
  std::string_view view_;
};

class Stock {
 public:
  Encoder* take(Encoding encoding);
  void give(Encoding encoding, Encoder* encoder) noexcept;

 private:
  static constexpr std::size_t most_resting = 4;  // they are up to 4 MB each
  std::array<std::vector<std::unique_ptr<Encoder>>, encoding_count> resting_;
};

}  // namespace pm::compress
