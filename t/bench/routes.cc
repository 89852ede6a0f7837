// SPDX-License-Identifier: MIT
// What routing costs: for tables of 10 to 100,000 routers Host(...) && PathPrefix(...), nanoseconds to clean a target and to
// find its route. `routes SIZE COUNT` makes COUNT look-ups in one table and prints nothing: for callgrind.
#include "http/url.h"
#include "routing/table.h"
#include "rules/compile.h"
#include "runtime/modules.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace pm;

struct Bench {
  std::vector<rules::Compiled> compiled;
  std::vector<std::string> hosts;
  std::vector<std::string> targets;
  routing::Table table;

  explicit Bench(unsigned size) {
    std::vector<routing::TableEntry> entries;
    for (unsigned i = 0; i < size; ++i) {
      const std::string number =
          std::to_string(i + 100000);  // names of one length, so that only their number differs
      hosts.push_back("h" + number + ".bench.test");
      targets.push_back("/p" + number + "/b/200");
      const std::string rule = "Host(`" + hosts.back() + "`) && PathPrefix(`/p" + number + "/`)";
      compiled.push_back(rules::compile(rule, rules::Syntax::v3, all_modules.matchers));
      entries.push_back(
          {compiled.back().rule.get(), rules::default_priority(rule), 0, "r" + number, i});
    }
    table = routing::Table(std::move(entries));
  }

  // One request: the target cleaned, the route found.
  std::uint32_t look_up(Arena& arena, unsigned which) const {
    http::Request request(arena);
    request.method = "GET";
    request.target = targets[which];
    request.authority = hosts[which];
    if (http::resolve_target(request, {})) return routing::Table::none;
    return table.find(request);
  }

  void run(unsigned count) const {
    BlockPool pool(4096);
    Arena arena(pool);
    const auto size = static_cast<unsigned>(targets.size());
    unsigned which = 0;
    for (unsigned i = 0; i < count; ++i) {
      which = (which * 7919 + 13) % size;  // not in the order in which they lie in memory
      if (look_up(arena, which) != which) std::abort();
    }
  }
};

}  // namespace

int main(int count, char** arguments) {
  if (count == 3) {
    const Bench bench(static_cast<unsigned>(std::atoi(arguments[1])));
    bench.run(static_cast<unsigned>(std::atoi(arguments[2])));
    return 0;
  }
  for (const unsigned size : {10u, 1000u, 10000u, 100000u}) {
    const auto begin = std::chrono::steady_clock::now();
    const Bench bench(size);
    const auto built = std::chrono::steady_clock::now();
    constexpr unsigned rounds = 1000000;
    bench.run(rounds);
    const auto end = std::chrono::steady_clock::now();
    const double build_ms = std::chrono::duration<double, std::milli>(built - begin).count();
    const double look_up_ns =
        std::chrono::duration<double, std::nano>(end - built).count() / rounds;
    std::printf("%6u routers: built in %8.2f ms, %6.1f ns a request\n", size, build_ms, look_up_ns);
  }
  return 0;
}
