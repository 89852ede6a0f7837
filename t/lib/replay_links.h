// SPDX-License-Identifier: MIT
// replay_links.h -- middlewares for a World: they wait, hold, lag and ask again, and change not a byte.
//
//   in      choices: which of them, in what order, how long and how much
//   out     draw(): a chain of up to four
//   own     whoever draws; a chain's links live as long as this
#pragma once

#include "http/chain.h"
#include "t/lib/replay_peers.h"

#include <memory>
#include <vector>

namespace pm::test {

class Links {
 public:
  explicit Links(Ground& ground) : ground_(&ground) {}
  http::Chain draw();
  void wake();  // one of those who wait for somebody goes on

 private:
  Ground* ground_;
  std::vector<http::MiddlewarePtr> links_;
  std::vector<http::Resumer> waiting_;
};

}  // namespace pm::test
