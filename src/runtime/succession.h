// SPDX-License-Identifier: MIT
// succession.h -- the configurations of one worker: the present one, the one that is being built, those on their way out.
//
//   shape   replace(Bundle) ─► decoded and built on a thread ─► swapped in between exchanges ─► the old one parts with the
//           routes that exchanges still hold; the rest of it is destroyed on a thread
//   own     every Runtime but what exchanges hold; borrows the pools, which outlive them
//   errors  a Bundle that this build cannot read changes nothing; done(false)
//   cost    on the loop: the swap, a visit of each route of the old one, a look-up for each certificate that it had decoded
//   source  architecture.md sections 2 and 3; decisions 16, 24 and 41
#pragma once

#include "net/background.h"
#include "net/timer.h"
#include "runtime/bundle.h"
#include "runtime/runtime.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace pm::runtime {

class Succession final : private net::Timer {
 public:
  using Done = std::function<void(bool)>;
  struct Options {
    net::Loop* loop = nullptr;
    const Modules* modules = nullptr;
    Runtime::Options runtime;
    upstream::PoolBook* pools = nullptr;
    std::function<void(const Runtime*)>
        present;  // told of each one that comes into force, and of null at the end
  };
  explicit Succession(Options options);
  ~Succession();

  void begin(config::Config config);  // the first; built on the spot
  // Of two that come while one is built, the later one counts: the other is told false.
  void replace(Bundle bundle, Done done);

 private:
  struct Request {
    Bundle bundle;
    Done done;
  };
  void go_on();
  void build();
  void take(std::unique_ptr<Runtime> made, const Done& done);
  void retire(std::unique_ptr<Runtime> old);
  void let_go() noexcept;  // of those that no exchange holds whole
  void on_timer() noexcept override;

  Options options_;
  std::unique_ptr<Runtime> present_;
  std::vector<std::unique_ptr<Runtime>> held_;     // by exchanges, whole
  std::vector<std::unique_ptr<Runtime>> garbage_;  // of nobody any more
  std::optional<Request> next_;
  net::Background thread_;  // the last: ends before what it works on
};

}  // namespace pm::runtime
