// SPDX-License-Identifier: MIT
// shm_kill.cc -- what shared memory is after its users were killed in the middle of everything.
//
//   B/stress/shm_kill [KILLS [SEED]]      300 kills unless told otherwise; exit 1 when an invariant does not hold
//
// Some processes work on every structure at once, as fast as they can: one as the agent, the others as workers. This one is
// the master: it kills them at random instants with SIGKILL, does for the dead what the master does, and starts others. The
// ledger is a second account of everything, kept in plain shared memory, that the structures are compared with.
#include "core/random.h"
#include "os/inspect.h"
#include "shm/zones.h"
#include "upstream/schedule.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace pm;

namespace {

constexpr unsigned processes = 6;
constexpr std::size_t limits = 16;                 // sources of one rate that are always asked for
constexpr std::uint64_t step_ns = 1000;            // of the ledger's clock, at each question
constexpr std::uint64_t tokens_in_ten_s = 62'500;  // a tenth of what is asked for
constexpr std::uint64_t burst = 20;
constexpr std::size_t doors = 16;  // keys that only so many may be in at once
constexpr std::uint64_t amount = 3;
constexpr std::size_t identities = 200;
constexpr std::array<std::int64_t, 3> weights{5, 3, 2};
constexpr std::uint64_t schedule_start = 42;
constexpr std::size_t hosts = 16;
constexpr std::uint32_t lasting = 1;  // kinds of series: those that stay,
constexpr std::uint32_t passing = 2;  // those that come and go in all sizes,
constexpr std::uint32_t shown = 3 | shm::SeriesId::gauge;
constexpr std::size_t counters = 8;  // of the first kind, in each slab

using Word = std::atomic<std::uint64_t>;

struct Ledger {
  Word violations;
  Word clock;
  std::array<Word, limits> admitted;
  std::array<Word, weights.size()> turns;
  std::array<Word, identities> word_of;  // of each cursor: where it lies, + 1
  std::array<Word, doors> inside;  // a byte for each process, so that one look sees all of them
  std::array<Word, shm::Slots::most> holder;
  std::array<Word, counters> counted;
  Word entered, refused, questions, pages;
};

Ledger* ledger = nullptr;

void violation(const char* what) {
  // Said first: whoever says it may be killed at any moment.
  std::fprintf(stderr, "violated: %s\n", what);
  ledger->violations.fetch_add(1);
}

shm::Process self() {
  return {getpid(), os::start_time(getpid()).value_or(0)};
}

// ---- what a process does until it is killed ----

class Hammer {
 public:
  Hammer(shm::Zones& zones, unsigned number, unsigned slot, std::uint64_t seed)
      : zones_(zones),
        number_(number),
        slot_(slot),
        random_(seed),
        me_(self()),
        schedule_(weights, schedule_start, zones.cursors().find(identities).turns),
        slab_(zones.slabs().slab(slot)) {
    open_series();
  }

  void strike() {
    if (random_.below(2000) == 0) return read_series();
    switch (random_.below(10)) {
      case 8: return count();
      case 9: return come_and_go();
      case 0: return claim_slot();
      case 1: return find_cursor();
      case 2: return take_turn();
      case 3: return look_up();
      case 4: return flood();
      case 5: return go_through_door();
      default: return ask_limit();
    }
  }
  void publish() {
    const std::uint64_t number = 1 + random_.below(hosts);
    if (random_.below(4) == 0) return zones_.names().forget(host(number));
    const std::uint64_t count = 1 + random_.below(shm::most_addresses);
    std::vector<Address> run;
    for (std::uint64_t i = 0; i < count; ++i)
      run.push_back(Address::v4(static_cast<std::uint32_t>(number << 24 | count << 16 | i)));
    zones_.names().publish(host(number), run, shm::NameState::known);
  }

 private:
  static std::string host(std::uint64_t number) { return "host-" + std::to_string(number); }

  void claim_slot() {
    const auto slot = zones_.slots().claim(me_);
    if (!slot) return;
    std::uint64_t nobody = 0;
    if (!ledger->holder[*slot].compare_exchange_strong(nobody, number_ + 1))
      violation("a slot that two hold");
    ledger->holder[*slot].store(0);
    if (!zones_.slots().free(*slot, me_)) violation("a slot that was taken away");
  }

  void find_cursor() {
    const std::uint64_t identity = random_.below(identities);
    const shm::Cursor cursor = zones_.cursors().find(identity * 0x9e3779b97f4a7c15);
    const auto* const base = static_cast<const char*>(zones_.cursors().zone().data());
    const auto at =
        static_cast<std::uint64_t>(reinterpret_cast<const char*>(cursor.turns) - base) + 1;
    std::uint64_t before = 0;
    if (!ledger->word_of[identity].compare_exchange_strong(before, at) && before != at)
      violation("a cursor with two words");
  }

  void take_turn() { ledger->turns[*schedule_.next({})].fetch_add(1); }

  void look_up() {
    const std::uint64_t number = 1 + random_.below(hosts);
    const shm::NameAnswer answer = zones_.names().lookup(host(number));
    for (std::size_t i = 0; i < answer.addresses().size(); ++i) {
      const auto wanted = static_cast<std::uint32_t>(number << 24 | answer.count << 16 | i);
      if (answer.addresses()[i] != Address::v4(wanted))
        violation("a name that was never published");
    }
  }

  // Keys that come once, at a rate at which they crowd the tables.
  void flood() {
    const std::uint64_t key = zones_.buckets().key_of(random_.next(), "");
    zones_.buckets().take(key, rate_, ledger->clock.load());
    const auto place = zones_.counts().enter(random_.next() | 1u << 16, slot_, 1);
    if (place) zones_.counts().leave(*place, slot_);
  }

  // Stays in several at once, so that most are full.
  void go_through_door() {
    if (held_.size() > 8) return leave_door();
    const std::size_t door = random_.below(doors);
    const std::uint64_t key = zones_.counts().key_of(1, std::to_string(door));
    const auto place = zones_.counts().enter(key, slot_, amount);
    (place ? ledger->entered : ledger->refused).fetch_add(1);
    if (!place || place->number == 0) return;
    const std::uint64_t before = ledger->inside[door].fetch_add(one());
    std::uint64_t all = 1;
    for (unsigned process = 0; process < processes; ++process)
      all += before >> process * 8 & 0xff;
    if (all > amount) violation("more than there may be");
    held_.push_back({door, *place});
  }

  void leave_door() {
    std::swap(held_[random_.below(held_.size())], held_.back());
    ledger->inside[held_.back().door].fetch_sub(one());
    zones_.counts().leave(held_.back().place, slot_);
    held_.pop_back();
  }

  void ask_limit() {
    const std::size_t limit = random_.below(limits);
    const std::uint64_t key = zones_.buckets().key_of(7, std::to_string(limit));
    const std::uint64_t now = ledger->clock.fetch_add(step_ns) + step_ns;
    const shm::Decision decision = zones_.buckets().take(key, rate_, now);
    ledger->questions.fetch_add(1);
    if (decision.admission != shm::Admission::refuse) ledger->admitted[limit].fetch_add(1);
  }

  // What the holders of the slot before have left is gone on with, as a worker does it.
  void open_series() {
    slab_.for_each([this](const shm::SeriesId& id, shm::Cell* cells) {
      if (id.kind == lasting) lasting_[id.labels] = cells;
      if (id.kind == passing) passing_.push_back(cells);
      if (id.kind == shown) shown_ = cells;
    });
    for (std::uint32_t i = 0; i < counters; ++i) {
      if (lasting_[i] == nullptr)
        lasting_[i] = slab_.append({.kind = lasting, .labels = i, .name = "lasting"}, 1);
    }
    if (shown_ == nullptr) shown_ = slab_.append({.kind = shown}, 1);
  }

  void count() {
    const std::size_t which = random_.below(counters);
    shm::add(*lasting_[which], 1);
    ledger->counted[which].fetch_add(1);
    shm::put(*shown_, number_ + 1);
  }

  static std::string passing_name(std::uint32_t number) { return std::string(number * 3, 'x'); }
  static std::uint32_t passing_cells(std::uint32_t number) { return 1 + number % 5; }

  void come_and_go() {
    if (passing_.size() > 40) {
      std::swap(passing_[random_.below(passing_.size())], passing_.back());
      slab_.remove(passing_.back());
      return passing_.pop_back();
    }
    const auto number = static_cast<std::uint32_t>(random_.below(30));
    const std::string name = passing_name(number);
    const std::string second = std::to_string(number);
    shm::Cell* cells = slab_.append(
        {.kind = passing, .labels = number, .shape = ~number, .name = name, .second = second},
        passing_cells(number));
    if (cells != nullptr) passing_.push_back(cells);
  }

  void read_series() {
    ledger->pages.fetch_add(1);
    zones_.slabs().for_each([](const shm::Series& series) {
      const shm::SeriesId& id = series.id;
      if (id.kind != passing) return;
      if (id.name != passing_name(id.labels) || id.second != std::to_string(id.labels) ||
          id.shape != ~id.labels || series.cells.size() != passing_cells(id.labels))
        violation("a series that was never written");
    });
  }

  std::uint64_t one() const { return std::uint64_t{1} << number_ * 8; }

  struct Held {
    std::size_t door;
    shm::Counts::Place place;
  };
  shm::Zones& zones_;
  unsigned number_;
  unsigned slot_;
  std::vector<Held> held_;
  Random random_;
  shm::Process me_;
  upstream::Schedule schedule_;
  shm::Slab slab_;
  std::array<shm::Cell*, counters> lasting_{};
  std::vector<shm::Cell*> passing_;
  shm::Cell* shown_ = nullptr;
  shm::Rate rate_{tokens_in_ten_s, 10'000'000'000, burst, 0};
};

// ---- the master ----

class Killer {
 public:
  explicit Killer(std::uint64_t seed)
      : random_(seed),
        zones_(std::move(shm::Zones::create({.workers = 8,
                                             .names = 20,
                                             .buckets = 256,
                                             .counts = 64,
                                             .cursors = 1024,
                                             .slab = 16384}))
                   .value()),
        me_(self()) {}

  bool run(unsigned kills) {
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned number = 0; number < processes; ++number)
      start(number);
    for (killed_ = 0; killed_ < kills; ++killed_) {
      usleep(static_cast<useconds_t>(random_.below(2500)));
      const auto number = static_cast<unsigned>(random_.below(processes));
      end(number);
      start(number);
    }
    for (unsigned number = 0; number < processes; ++number)
      end(number);
    killed_ += processes;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%u kills in %.1f s\n", killed_, took.count());
    check_survivor();
    check_slots();
    check_buckets();
    check_counts();
    check_cursors();
    check_series();
    return ledger->violations.load() == 0;
  }

 private:
  void start(unsigned number) {
    const auto slot = zones_.slots().claim(me_);
    if (!slot) return violation("no slot is free, though all of the dead were released");
    const std::uint64_t seed = random_.next();
    const pid_t pid = fork();
    if (pid == 0) work(number, *slot, seed);
    zones_.slots().pass(*slot, me_, {pid, os::start_time(pid).value_or(0)});
    children_[number] = {pid, *slot};
  }

  [[noreturn]] void work(unsigned number, unsigned slot, std::uint64_t seed) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody else would end it
    Hammer hammer(zones_, number, slot, seed);
    for (;;)
      number == 0 ? hammer.publish() : hammer.strike();
  }

  // What the dead one held by the ledger goes first: from the release on others may hold it.
  void end(unsigned number) {
    const Child child = children_[number];
    kill(child.pid, SIGKILL);
    waitpid(child.pid, nullptr, 0);
    strike_out(number);
    if (!zones_.release_slot(child.slot, child.pid, me_))
      violation("a slot that cannot be released");
    zones_.release_dead_slots(os::start_time, me_);
  }

  void strike_out(unsigned number) {
    for (Word& inside : ledger->inside)
      inside.fetch_and(~(std::uint64_t{0xff} << number * 8));
    for (Word& holder : ledger->holder) {
      std::uint64_t its = number + 1;
      holder.compare_exchange_strong(its, 0);
    }
  }

  // After all that one process alone can do everything, and ends by itself.
  void check_survivor() {
    start(1);
    const auto slot = zones_.slots().claim(me_);
    const pid_t pid = fork();
    if (pid == 0) {
      alarm(60);
      Hammer hammer(zones_, 2, *slot, 1);
      for (int i = 0; i < 20000; ++i) {
        hammer.strike();
        hammer.publish();
      }
      _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    if (status != 0) violation("a process that cannot get on");
    strike_out(2);
    zones_.release_slot(*slot, pid, me_);
    end(1);
    killed_ += 1;
  }

  void check_slots() {
    for (unsigned slot = 0; slot < zones_.slots().capacity(); ++slot) {
      if (zones_.slots().holder(slot).pid != 0) violation("a slot that nobody gives back");
    }
  }

  void check_buckets() {
    const shm::Buckets::Figures figures = zones_.buckets().figures();
    const double now = static_cast<double>(ledger->clock.load());
    const double exact = burst + now / 1e10 * tokens_in_ten_s;
    double least = 2, most = 0;
    for (const Word& admitted : ledger->admitted) {
      const double share = static_cast<double>(admitted.load()) / exact;
      least = std::min(least, share);
      most = std::max(most, share);
    }
    std::printf(
        "buckets: %llu questions, %.0f tokens a source, admitted %.4f to %.4f of that; %llu "
        "evictions, at "
        "most %llu rounds, %llu given up, %llu twins\n",
        ull(ledger->questions.load()), exact, least, most, ull(figures.evictions),
        ull(figures.most_rounds), ull(figures.given_up), ull(figures.twins));
    if (least < 0.99 || most > 1.01) violation("admitted is not within 1 % of the exact sum");
    if (figures.twins != 0) violation("a key that lies in two records");
  }

  void check_counts() {
    std::printf("counts: %llu entered, %llu refused, %llu passed uncounted, %llu left over\n",
                ull(ledger->entered.load()), ull(ledger->refused.load()),
                ull(zones_.counts().passed_uncounted()), ull(zones_.counts().total()));
    if (zones_.counts().total() != 0) violation("a count that nobody gives back");
    if (ledger->entered.load() == 0) violation("a door that nobody gets through");
  }

  // A kill can come between what is counted and the ledger; nothing that was counted is lost.
  void check_series() {
    std::array<std::uint64_t, counters> found{};
    zones_.slabs().for_each([&found](const shm::Series& series) {
      if (series.id.kind == lasting) found[series.id.labels] += series.cells[0];
      if (series.id.kind == shown && series.cells[0] != 0) violation("a gauge of nobody");
    });
    std::uint64_t all = 0;
    std::uint64_t ahead = 0;
    for (std::size_t i = 0; i < counters; ++i) {
      const std::uint64_t by_ledger = ledger->counted[i].load();
      if (found[i] < by_ledger) violation("a counter that has fallen");
      all += found[i];
      ahead += found[i] - by_ledger;
    }
    std::printf("series: %llu counted, %llu ahead of the ledger; read %llu times beside that\n",
                ull(all), ull(ahead), ull(ledger->pages.load()));
    if (ahead > killed_) violation("more is counted than there was");
    if (ledger->pages.load() == 0) violation("nobody has read the series");
  }

  // Each kill can lose the turn that was taken and not written down; nobody has a turn that is not his.
  void check_cursors() {
    const std::uint64_t taken = zones_.cursors().find(identities).turns->load();
    upstream::Schedule schedule(weights, schedule_start);
    std::array<std::uint64_t, weights.size()> due{};
    for (std::uint64_t turn = 0; turn < taken; ++turn)
      ++due[*schedule.next({})];
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < due.size(); ++i) {
      if (ledger->turns[i].load() > due[i]) violation("a turn that was given twice");
      lost += due[i] - ledger->turns[i].load();
    }
    std::printf("cursors: %llu turns, %llu lost with their takers; %llu without a word\n",
                ull(taken), ull(lost), ull(zones_.cursors().turned_away()));
    if (lost > killed_) violation("turns that nobody had");
  }

  static unsigned long long ull(std::uint64_t value) { return value; }

  struct Child {
    pid_t pid = 0;
    unsigned slot = 0;
  };
  Random random_;
  shm::Zones zones_;
  shm::Process me_;
  std::array<Child, processes> children_;
  unsigned killed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const auto kills = static_cast<unsigned>(argc > 1 ? std::atoi(argv[1]) : 300);
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : Random().next();
  void* const memory =
      mmap(nullptr, sizeof(Ledger), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ledger = new (memory) Ledger{};
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  const bool is_good = Killer(seed).run(kills);
  std::printf(is_good ? "every invariant holds\n" : "%llu violations\n",
              static_cast<unsigned long long>(ledger->violations.load()));
  return is_good ? 0 : 1;
}
