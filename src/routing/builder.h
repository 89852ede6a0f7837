// SPDX-License-Identifier: MIT
// builder.h -- the walk from drafts to tables; the inside of build().
//
//   walk    collect drafts -> arrange layers -> judge each router by itself (rule, priority, tls, middlewares, service)
//           -> children before parents: file the living ones -> one table for each entry point
#pragma once

#include "routing/build.h"
#include "routing/draft.h"
#include "routing/entry.h"

#include <array>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pm::routing {

class Builder {
 public:
  Builder(const BuildInput& input, config::Findings& findings)
      : input_(input), fixed_(input.config.fixed), findings_(findings) {}
  Routing run();

 private:
  void collect();
  void judge(Draft& draft);
  void judge_rule(Draft& draft);
  void judge_priority(Draft& draft);
  void judge_middlewares(Draft& draft);
  void judge_target(Draft& draft);
  void judge_service(Draft& draft);
  void judge_entry_points(Draft& draft);
  void judge_tls(Draft& draft);
  bool takes_middlewares(const config::Router& router, std::uint32_t entry_point);

  void settle_parent(Draft& draft);
  void place(Draft& draft);
  const config::RouterTls* tls_of(const Draft& draft, std::uint32_t entry_point) const;
  std::string tls_options_of(const Draft& draft, std::uint32_t entry_point) const;
  void settle_tls();
  void close_hosts(const Draft& draft);
  void complain_of_conflicts(const std::vector<TlsUse>& uses);
  std::uint32_t add_router(const Draft& draft, std::uint32_t entry_point);
  TableEntry entry_of(const Draft& draft, std::uint32_t id) const;
  std::uint32_t add_child_table(const Draft& draft);
  void add_root_tables();
  void report_unused_services();

  void disable(Draft& draft, config::Mark mark, std::string what, std::string advice);

  const BuildInput& input_;
  const config::Static& fixed_;
  config::Findings& findings_;
  std::deque<InternalRouter> internals_;
  std::vector<Draft> drafts_;
  std::vector<std::uint32_t> default_entry_points_;
  std::vector<std::array<std::vector<TableEntry>, 2>> root_entries_;    // by entry point, by kind
  std::map<std::pair<std::uint32_t, std::uint32_t>, TlsUse> tls_uses_;  // by draft and entry point
  std::set<std::pair<std::uint32_t, std::string>>
      told_middlewares_;  // of an entry point: one finding, not one a router
  Routing routing_;
};

}  // namespace pm::routing
