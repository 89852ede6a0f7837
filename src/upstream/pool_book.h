// SPDX-License-Identifier: MIT
// pool_book.h -- the pools of a worker, by what they are made of: they outlive the configurations that use them.
//
//   in      a PoolPlan: made away from the loop, with the configuration that it is part of
//   out     its pool, which may be there already: a plan that says the same as an earlier one finds what is idle there
//   own     the pools and their TLS contexts. Plans belong to those who use them; a pool without any is swept away
//   cost    a look-up at the first request of a plan; sweep() visits each pool
//   source  operations.md section 6 (what a reload keeps)
#pragma once

#include "upstream/pool.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pm::upstream {

struct PoolPlan {
  PoolPlan();
  ~PoolPlan();
  PoolPlan(const PoolPlan&) = delete;
  PoolPlan& operator=(const PoolPlan&) = delete;

  std::string key;  // the transport's name, and everything that is said of it
  TransportSettings settings;
  std::unique_ptr<tls::ClientContext>
      tls;  // null: nothing here is asked over TLS; goes to the pool that is made

 private:
  friend class PoolBook;
  Pool* pool_ = nullptr;  // the loop's
};

class PoolBook {
 public:
  struct Options {
    net::Loop* loop = nullptr;
    const shm::Names* names = nullptr;
    Connector* connector = nullptr;
    tls::Wire* wire = nullptr;
    tls::Gate* gate = nullptr;
    Log* log = nullptr;
  };
  explicit PoolBook(const Options& options);
  ~PoolBook();

  Pool& pool(const std::shared_ptr<PoolPlan>& plan);
  // Pools that no plan leads to any more: their idle connections are closed, and they go when the last one has. False:
  // some wait for that; come again.
  bool sweep() noexcept;
  void close_idle() noexcept;
  std::size_t size() const noexcept { return pools_.size(); }
  std::uint64_t open_connections() const noexcept;  // of all pools

 private:
  struct Entry {
    std::unique_ptr<tls::ClientContext> tls;  // outlives the pool
    std::unique_ptr<Pool> pool;
    std::vector<std::weak_ptr<PoolPlan>> users;
  };
  Options options_;
  std::map<std::string, Entry> pools_;
};

}  // namespace pm::upstream
