// SPDX-License-Identifier: MIT
#include "agent/resolver.h"

#include "core/text.h"
#include "net/alarm.h"

#include <algorithm>
#include <set>

namespace pm::agent {
namespace {

NameBook::Time now() noexcept {
  return std::chrono::steady_clock::now();
}

// Lower case, each once, without what needs no look-up.
std::vector<std::string> names_to_ask(const std::vector<std::string>& hosts) {
  std::set<std::string> names;
  for (const std::string& host : hosts) {
    if (!host.empty() && !Address::parse(host)) names.insert(text::to_lower(host));
  }
  return {names.begin(), names.end()};
}

}  // namespace

struct Resolver::Work {
  Work(uv_loop_s* loop, shm::Names& n, Log& l, ResolverOptions options)
      : names(n),
        log(l),
        book(options.limits),
        dns(loop, std::move(options.dns)),
        parallel(options.parallel),
        alarm(loop, [this] { run(); }) {}

  void remember();
  void run();
  void arm() noexcept;
  void on_answer(const std::string& name, Answer answer);
  void tell(const std::string& name, const Answer& answer);
  void publish(const std::string& name, const Known& known);

  shm::Names& names;
  Log& log;
  NameBook book;
  DnsClient dns;
  unsigned parallel;
  unsigned asked = 0;             // questions under way
  std::set<std::string> failing;  // names whose failure was logged
  std::set<std::string> refused;  // names that the table does not take, logged too
  net::Alarm alarm;
};

// What the agent before this one has left.
void Resolver::Work::remember() {
  for (const std::string& name : names.list()) {
    const shm::NameAnswer before = names.lookup(name);
    const auto addresses = before.addresses();
    book.remember(name, {addresses.begin(), addresses.end()}, now());
  }
}

void Resolver::Work::run() {
  while (asked < parallel) {
    const auto task = book.take(now());
    if (!task) break;
    if (task->kind == NameBook::Task::Kind::forget) {
      names.forget(task->name);
      failing.erase(task->name);
      refused.erase(task->name);
      continue;
    }
    ++asked;
    const std::string& name = task->name;
    dns.look_up(name, [this, name](Answer answer) { on_answer(name, std::move(answer)); });
  }
  arm();
}

// With all questions out, the next answer arms it.
void Resolver::Work::arm() noexcept {
  const auto next = book.next_time();
  if (!next || asked >= parallel) return alarm.disarm();
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now());
  alarm.arm(std::max(left, std::chrono::milliseconds(0)));
}

// May be called from within look_up(), so it starts nothing itself: the alarm does, in the next turn.
void Resolver::Work::on_answer(const std::string& name, Answer answer) {
  --asked;
  tell(name, answer);
  const auto known = book.answer(name, std::move(answer), now());
  if (known) publish(name, *known);
  arm();
}

void Resolver::Work::tell(const std::string& name, const Answer& answer) {
  if (answer.outcome == LookupOutcome::found) {
    if (failing.erase(name) != 0) log.info("host name resolves again", {{"host", name}});
    return;
  }
  if (!failing.insert(name).second) return;
  log.warn("host name does not resolve; its last addresses, if any, stay in use for staleDnsFor",
           {{"host", name}, {"error", answer.why}});
}

void Resolver::Work::publish(const std::string& name, const Known& known) {
  if (names.publish(name, known.addresses, known.state)) {
    refused.erase(name);
    return;
  }
  if (!refused.insert(name).second) return;
  log.error(
      "host name cannot be published: it is too long, the table is full, or another agent writes "
      "it",
      {{"host", name}});
}

Resolver::Resolver(uv_loop_s* loop, shm::Names& names, Log& log, ResolverOptions options)
    : work_(std::make_unique<Work>(loop, names, log, std::move(options))) {
  work_->remember();
}

Resolver::~Resolver() = default;

void Resolver::set_names(const std::vector<std::string>& names) {
  if (work_ == nullptr) return;
  work_->book.use(names_to_ask(names), now());
  work_->run();
}

void Resolver::set_stale_for(std::chrono::seconds time) noexcept {
  if (work_ != nullptr) work_->book.set_stale_for(time);
}

void Resolver::stop() noexcept {
  work_.reset();
}

}  // namespace pm::agent
