// SPDX-License-Identifier: MIT
// kept_body.h -- a body that is held: taken from its source, and handed over later, once or several times.
//
//   shape   blocks of 64 KiB; the first ones in memory, those behind `memory` bytes in the worker's spill file
//   in      append() while its source delivers; hold: the file is not fast enough, on_room() follows
//   out     a request's: through pump(), as its ServerEnd would hand it over. An answer's: likewise towards the client
//   own     its blocks; lives in an arena
//   errors  failed(): the file is full (503), or cannot be read
//   cost    one copy in, none out of memory; a job of a pool thread for each block of the file
//   source  decisions 37 and 48; middlewares-2.md section 5.7
#pragma once

#include "http/exchange.h"
#include "net/spill.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace pm::http {

// Who hears of a body that moves again.
class KeptBodyUser {
 public:
  virtual void on_room() noexcept = 0;   // append() said hold
  virtual void on_block() noexcept = 0;  // next() said wait

 protected:
  ~KeptBodyUser() = default;
};

class KeptBody {
 public:
  KeptBody(net::SpillFile* spill, std::uint64_t memory) noexcept : spill_(spill), memory_(memory) {}
  ~KeptBody();
  KeptBody(const KeptBody&) = delete;
  KeptBody& operator=(const KeptBody&) = delete;

  void set_user(KeptBodyUser* user) noexcept { user_ = user; }
  Flow append(std::span<const std::string_view> slices) noexcept;
  void set_whole() noexcept { is_whole_ = true; }
  bool is_whole() const noexcept { return is_whole_; }
  std::uint64_t size() const noexcept { return size_; }
  bool failed() const noexcept { return failed_; }

  // From the beginning. `wait`: a block is on its way from the file, on_block() follows. The slice is good until the next call.
  enum class Step : std::uint8_t { slice, wait, end, failed };
  void rewind() noexcept { next_ = 0; }
  Step next(std::string_view& slice) noexcept;

 private:
  static constexpr std::size_t block_size = net::SpillFile::block_size;
  static constexpr std::size_t most_writes = 4;  // under way: no more is taken
  static constexpr std::size_t few_writes = 1;   // until so few are left
  struct Block {
    net::SpillFile::Block bytes;  // null: in the file, and nowhere else
    std::size_t size = 0;
    std::int64_t place = -1;  // in the file; -1: none
    bool is_moving = false;
  };
  // What a job that is under way may find when it comes back.
  struct Anchor {
    KeptBody* body;
  };
  void copy_in(std::string_view bytes) noexcept;
  void move_out(std::size_t at) noexcept;
  void wake_reader() noexcept;
  bool fetch(std::size_t at) noexcept;

  net::SpillFile* spill_;
  std::uint64_t memory_;
  KeptBodyUser* user_ = nullptr;
  std::vector<Block> blocks_;
  std::shared_ptr<Anchor> anchor_;  // made for the first job
  std::uint64_t size_ = 0;
  std::size_t next_ = 0;
  std::size_t lent_ = SIZE_MAX;  // block of the file whose bytes are here for the reader
  std::size_t writes_ = 0;
  bool held_ = false;          // append() said so
  bool reader_waits_ = false;  // next() said so
  bool is_whole_ = false;
  bool failed_ = false;
};

// A request's body that is kept, in place of what its ServerEnd hands over.
class KeptRequest final : private KeptBodyUser {
 public:
  KeptRequest(Exchange& exchange, KeptBody& body) noexcept : exchange_(&exchange), body_(&body) {}
  void resume() noexcept;  // whoever answers wants it
  void rewind() noexcept;  // once more, from the beginning
  KeptBody& body() noexcept { return *body_; }

 private:
  void on_room() noexcept override {}
  void on_block() noexcept override { resume(); }
  Exchange* exchange_;
  KeptBody* body_;
  bool is_resuming_ = false;
};

}  // namespace pm::http
