// SPDX-License-Identifier: MIT
#include "modules/middleware/compress/encoder.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace pm::compress {
namespace {

constexpr std::uint64_t small_stream =
    262144;  // windows need not be larger than what they look back at

class GzipEncoder final : public Encoder {
 public:
  // Level 6 looks at up to 128 earlier places for each match; a deeper search than 12 of them costs more than twice the
  // time for the last seven percent.
  GzipEncoder() {
    constexpr int gzip_window = 15 + 16;
    constexpr int level = 6;
    constexpr int memory = 8;
    ok_ =
        deflateInit2(&stream_, level, Z_DEFLATED, gzip_window, memory, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipEncoder() override { deflateEnd(&stream_); }
  void begin(std::optional<std::uint64_t>) noexcept override {
    constexpr int good_length = 16;
    constexpr int lazy_up_to = 12;
    constexpr int nice_length = 64;
    constexpr int most_places = 12;
    ok_ = ok_ && deflateReset(&stream_) == Z_OK &&
          deflateTune(&stream_, good_length, lazy_up_to, nice_length, most_places) == Z_OK;
  }

 private:
  void take(std::string_view slice, Push push) noexcept override {
    if (!ok_) return;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(slice.data()));
    stream_.avail_in = static_cast<uInt>(slice.size());
    const int how = push == Push::finish  ? Z_FINISH
                    : push == Push::flush ? Z_SYNC_FLUSH
                                          : Z_NO_FLUSH;
    while (true) {
      stream_.next_out = reinterpret_cast<Bytef*>(room(step));
      stream_.avail_out = static_cast<uInt>(out_.size() - used_);
      const uInt before = stream_.avail_out;
      const int result = deflate(&stream_, how);
      used_ += before - stream_.avail_out;
      if (result == Z_STREAM_ERROR) ok_ = false;
      const bool has_room = stream_.avail_out > 0;
      if (!ok_ || result == Z_STREAM_END || (has_room && stream_.avail_in == 0)) return;
    }
  }
  z_stream stream_{};
};

// Brotli's state cannot begin anew: it is made for each stream, of the large blocks that the stream before gave back. The C
// library would return them to the kernel meanwhile, and the pages taken in anew cost more than the compression.
class Blocks {
 public:
  Blocks() = default;
  ~Blocks() {
    for (Block* block : free_)
      std::free(block);
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;
  static void* take(void* blocks, std::size_t size) noexcept {
    return static_cast<Blocks*>(blocks)->take(size);
  }
  static void give(void* blocks, void* memory) noexcept {
    if (memory != nullptr) static_cast<Blocks*>(blocks)->give(static_cast<Block*>(memory) - 1);
  }

 private:
  struct alignas(std::max_align_t) Block {
    std::size_t size;
  };
  void* take(std::size_t size) noexcept {
    const auto fits = std::find_if(free_.begin(), free_.end(),
                                   [size](const Block* block) { return block->size == size; });
    if (fits != free_.end()) {
      Block* const block = *fits;
      free_.erase(fits);
      return block + 1;
    }
    if (size > SIZE_MAX - sizeof(Block)) return nullptr;
    auto* const block = static_cast<Block*>(std::malloc(sizeof(Block) + size));
    if (block == nullptr) return nullptr;
    block->size = size;
    return block + 1;
  }
  // Sizes depend on what is compressed: of those that nobody asks for any more the oldest goes.
  void give(Block* block) noexcept {
    if (block->size < large) return std::free(block);
    if (free_.size() == most) {
      std::free(free_.front());
      free_.erase(free_.begin());
    }
    free_.push_back(block);
  }

  static constexpr std::size_t large = 32768;
  static constexpr std::size_t most = 8;
  std::vector<Block*> free_;
};

class BrotliEncoder final : public Encoder {
 public:
  ~BrotliEncoder() override { rest(); }
  void begin(std::optional<std::uint64_t> size) noexcept override {
    rest();
    const bool is_small = size && *size <= small_stream;
    if (is_small != is_small_) blocks_ = std::make_unique<Blocks>();
    is_small_ = is_small;
    state_ = BrotliEncoderCreateInstance(Blocks::take, Blocks::give, blocks_.get());
    ok_ = state_ != nullptr;
    if (!ok_) return;
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, quality);
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, is_small ? 18 : 20);
    if (size && *size < UINT32_MAX)
      BrotliEncoderSetParameter(state_, BROTLI_PARAM_SIZE_HINT, static_cast<std::uint32_t>(*size));
  }
  void rest() noexcept override {
    if (state_ != nullptr) BrotliEncoderDestroyInstance(state_);
    state_ = nullptr;
  }

 private:
  // Quality 5 costs two thirds more for 12 percent.
  static constexpr std::uint32_t quality = 4;
  void take(std::string_view slice, Push push) noexcept override {
    if (!ok_) return;
    const auto* next_in = reinterpret_cast<const std::uint8_t*>(slice.data());
    std::size_t left_in = slice.size();
    const BrotliEncoderOperation how = push == Push::finish  ? BROTLI_OPERATION_FINISH
                                       : push == Push::flush ? BROTLI_OPERATION_FLUSH
                                                             : BROTLI_OPERATION_PROCESS;
    do {
      auto* next_out = reinterpret_cast<std::uint8_t*>(room(step));
      std::size_t left_out = out_.size() - used_;
      const std::size_t before = left_out;
      ok_ = BrotliEncoderCompressStream(state_, how, &left_in, &next_in, &left_out, &next_out,
                                        nullptr);
      used_ += before - left_out;
    } while (ok_ && (left_in > 0 || BrotliEncoderHasMoreOutput(state_)));
  }
  BrotliEncoderState* state_ = nullptr;
  std::unique_ptr<Blocks> blocks_ = std::make_unique<Blocks>();
  bool is_small_ = true;  // the streams that the blocks are of
};

class ZstdEncoder final : public Encoder {
 public:
  ZstdEncoder() : context_(ZSTD_createCCtx()) {
    ok_ = context_ != nullptr;
    if (ok_) ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, 3);
  }
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }
  void begin(std::optional<std::uint64_t> size) noexcept override {
    if (!ok_) return;
    ZSTD_CCtx_reset(context_, ZSTD_reset_session_only);
    // Browsers refuse windows of more than 8 MiB (RFC 9659); level 3 stays below that. A stream whose length is known
    // does not get it written down: whether all of it comes is not ours to promise.
    ZSTD_CCtx_setParameter(context_, ZSTD_c_contentSizeFlag, 0);
    if (size) ZSTD_CCtx_setPledgedSrcSize(context_, *size);
  }

 private:
  void take(std::string_view slice, Push push) noexcept override {
    if (!ok_) return;
    ZSTD_inBuffer in{slice.data(), slice.size(), 0};
    const ZSTD_EndDirective how = push == Push::finish  ? ZSTD_e_end
                                  : push == Push::flush ? ZSTD_e_flush
                                                        : ZSTD_e_continue;
    std::size_t left = 0;
    do {
      char* const to = room(step);
      ZSTD_outBuffer out{to, out_.size() - used_, 0};
      left = ZSTD_compressStream2(context_, &out, &in, how);
      used_ += out.pos;
      if (ZSTD_isError(left)) ok_ = false;
    } while (ok_ && (in.pos < in.size || (how != ZSTD_e_continue && left > 0)));
  }
  ZSTD_CCtx* context_;
};

}  // namespace

std::unique_ptr<Encoder> Encoder::make(Encoding encoding) {
  switch (encoding) {
    case Encoding::gzip: return std::make_unique<GzipEncoder>();
    case Encoding::br: return std::make_unique<BrotliEncoder>();
    case Encoding::zstd: return std::make_unique<ZstdEncoder>();
  }
  return nullptr;
}

char* Encoder::room(std::size_t size) noexcept {
  if (out_.size() - used_ < size) out_.resize(std::max(out_.size() * 2, used_ + size));
  return out_.data() + used_;
}

const std::string_view& Encoder::encode(std::span<const std::string_view> slices,
                                        Push push) noexcept {
  used_ = 0;
  for (std::size_t i = 0; i < slices.size(); ++i)
    take(slices[i], i + 1 == slices.size() ? push : Push::none);
  if (slices.empty() && push != Push::none) take({}, push);
  view_ = {out_.data(), used_};
  return view_;
}

Encoder* Stock::take(Encoding encoding) {
  auto& resting = resting_[static_cast<std::size_t>(encoding)];
  if (resting.empty()) return Encoder::make(encoding).release();
  Encoder* const encoder = resting.back().release();
  resting.pop_back();
  return encoder;
}

void Stock::give(Encoding encoding, Encoder* encoder) noexcept {
  std::unique_ptr<Encoder> own(encoder);
  own->rest();
  auto& resting = resting_[static_cast<std::size_t>(encoding)];
  if (own->ok() && resting.size() < most_resting) resting.push_back(std::move(own));
}

}  // namespace pm::compress
