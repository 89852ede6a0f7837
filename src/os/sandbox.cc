// SPDX-License-Identifier: MIT
#include "os/sandbox.h"

#include "os/fd.h"
#include "os/sandbox_calls.h"

#include <cerrno>
#include <cstddef>
#include <utility>

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace pm::os {
namespace {

#if defined(__x86_64__) && !defined(__ILP32__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && !defined(__ILP32__) && !defined(__AARCH64EB__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t architecture = 0;  // tables of calls were checked for none but these
#endif

// Calls of x32, a second set on x86-64 with other numbers for some of them.
constexpr std::uint32_t x32_bit = 0x40000000;

constexpr std::uint32_t answer_of(CallAnswer answer) {
  switch (answer) {
    case CallAnswer::end: return SECCOMP_RET_KILL_PROCESS;
    case CallAnswer::not_allowed: return SECCOMP_RET_ERRNO | EPERM;
    case CallAnswer::no_access: return SECCOMP_RET_ERRNO | EACCES;
    case CallAnswer::no_family: return SECCOMP_RET_ERRNO | EAFNOSUPPORT;
    case CallAnswer::not_known: return SECCOMP_RET_ERRNO | ENOSYS;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

constexpr std::uint16_t load_word = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t jump_equal = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t jump_any_bit = BPF_JMP | BPF_JSET | BPF_K;
constexpr std::uint16_t jump_at_least = BPF_JMP | BPF_JGE | BPF_K;
constexpr std::uint16_t answer_with = BPF_RET | BPF_K;

// Straight down, a rule after the other: each is skipped unless the number fits, and each ends in an answer.
class Assembler {
 public:
  explicit Assembler(SandboxMode mode) : mode_(mode) {}

  void check_architecture();
  void add(const CallRule& rule);
  void add(const ArgumentRule& rule);
  std::vector<sock_filter> finish();

 private:
  void add_tests(const ArgumentRule& rule);
  void put(std::uint16_t code, std::uint32_t value, std::uint8_t if_true = 0,
           std::uint8_t if_false = 0) {
    program_.push_back({code, if_true, if_false, value});
  }
  void load(std::size_t offset) { put(load_word, static_cast<std::uint32_t>(offset)); }
  void refuse(CallAnswer answer) {
    put(answer_with, mode_ == SandboxMode::enforce ? answer_of(answer) : SECCOMP_RET_LOG);
  }
  void allow() { put(answer_with, SECCOMP_RET_ALLOW); }

  SandboxMode mode_;
  std::vector<sock_filter> program_;
};

void Assembler::check_architecture() {
  load(offsetof(seccomp_data, arch));
  put(jump_equal, architecture, 1, 0);
  refuse(CallAnswer::end);
  load(offsetof(seccomp_data, nr));
  if (architecture == AUDIT_ARCH_X86_64) {
    put(jump_at_least, x32_bit, 0, 1);
    refuse(CallAnswer::end);
  }
  put(jump_at_least, first_unknown_call, 0, 1);
  refuse(CallAnswer::not_known);
}

void Assembler::add(const CallRule& rule) {
  put(jump_equal, rule.number, 0, 1);
  refuse(rule.answer);
}

// A number that does not fit jumps over the rest of the rule: the load, the tests, the refusal, the allowance.
void Assembler::add(const ArgumentRule& rule) {
  put(jump_equal, rule.number, 0, static_cast<std::uint8_t>(rule.value_count + 3));
  load(offsetof(seccomp_data, args) + sizeof(std::uint64_t) * rule.argument);
  add_tests(rule);
  refuse(rule.answer);
  allow();
}

// What is true goes on with the refusal, what is false jumps over it.
void Assembler::add_tests(const ArgumentRule& rule) {
  switch (rule.test) {
    case ArgumentRule::Test::has_any_of: put(jump_any_bit, rule.values[0], 0, 1); return;
    case ArgumentRule::Test::has_none_of: put(jump_any_bit, rule.values[0], 1, 0); return;
    case ArgumentRule::Test::is: put(jump_equal, rule.values[0], 0, 1); return;
    case ArgumentRule::Test::is_not_in:
      for (std::uint8_t i = 0; i < rule.value_count; ++i) {
        put(jump_equal, rule.values[i], static_cast<std::uint8_t>(rule.value_count - i), 0);
      }
      return;
  }
}

std::vector<sock_filter> Assembler::finish() {
  allow();
  return std::move(program_);
}

bool has_answer(std::uint32_t answer) {
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &answer) == 0;
}

}  // namespace

bool can_sandbox() noexcept {
  return architecture != 0 && has_answer(SECCOMP_RET_KILL_PROCESS) && has_answer(SECCOMP_RET_LOG);
}

std::vector<sock_filter> sandbox_filter(SandboxKind kind, SandboxMode mode) {
  if (architecture == 0) return {};
  Assembler out(mode);
  out.check_architecture();
  for (const CallRule& rule : calls_of_everybody())
    out.add(rule);
  for (const CallRule& rule : calls_of(kind))
    out.add(rule);
  for (const ArgumentRule& rule : arguments_of_everybody())
    out.add(rule);
  for (const ArgumentRule& rule : arguments_of(kind))
    out.add(rule);
  for (const ArgumentRule& rule : arguments_of_self(static_cast<std::uint32_t>(::getpid())))
    out.add(rule);
  return out.finish();
}

Status enter_sandbox(SandboxKind kind, SandboxMode mode) noexcept {
  if (mode == SandboxMode::off) return success();
  std::vector<sock_filter> program = sandbox_filter(kind, mode);
  const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) != 0)
    return system_error("cannot filter system calls", errno);
  return success();
}

}  // namespace pm::os
