// SPDX-License-Identifier: MIT
// The whole table through the program that is made of it, run by an interpreter of the few instructions it has: calls that
// would halt the machine are not tried for real.
#include "os/sandbox_calls.h"

#include "t/lib/text.h"

#include <CppUTest/TestHarness.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

using namespace pm;
using os::CallAnswer;
using os::SandboxKind;
using os::SandboxMode;

namespace {

#ifdef __aarch64__
constexpr std::uint32_t here = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t here = AUDIT_ARCH_X86_64;
#endif

std::uint32_t run(const std::vector<sock_filter>& program, const seccomp_data& call) {
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    switch (step.code) {
      case BPF_RET | BPF_K: return step.k;
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&value, reinterpret_cast<const char*>(&call) + step.k, sizeof value);
        break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += value == step.k ? step.jt : step.jf; break;
      case BPF_JMP | BPF_JGE | BPF_K: at += value >= step.k ? step.jt : step.jf; break;
      case BPF_JMP | BPF_JSET | BPF_K: at += (value & step.k) != 0 ? step.jt : step.jf; break;
      default: return 0xbad;
    }
  }
  return 0xbad;
}

std::uint32_t answer_for(SandboxKind kind, std::uint32_t number, std::uint32_t machine = here) {
  seccomp_data call{};
  call.nr = static_cast<int>(number);
  call.arch = machine;
  return run(os::sandbox_filter(kind, SandboxMode::enforce), call);
}

std::uint32_t meant(CallAnswer answer) {
  switch (answer) {
    case CallAnswer::end: return SECCOMP_RET_KILL_PROCESS;
    case CallAnswer::not_allowed: return SECCOMP_RET_ERRNO | EPERM;
    case CallAnswer::no_access: return SECCOMP_RET_ERRNO | EACCES;
    case CallAnswer::no_family: return SECCOMP_RET_ERRNO | EAFNOSUPPORT;
    case CallAnswer::not_known: return SECCOMP_RET_ERRNO | ENOSYS;
  }
  return 0;
}

// "" or the number of the first call whose answer is not the one of its rule.
std::string first_wrong(SandboxKind kind, std::span<const os::CallRule> rules) {
  const auto wrong = std::find_if(rules.begin(), rules.end(), [&](const os::CallRule& rule) {
    return answer_for(kind, rule.number) != meant(rule.answer);
  });
  return wrong == rules.end() ? "" : fmt::format("call {}", wrong->number);
}

std::string first_refused(std::initializer_list<std::uint32_t> numbers) {
  const auto refused = std::find_if(numbers.begin(), numbers.end(), [](std::uint32_t number) {
    return answer_for(SandboxKind::closed, number) != SECCOMP_RET_ALLOW;
  });
  return refused == numbers.end() ? "" : fmt::format("call {}", *refused);
}

}  // namespace

TEST_GROUP(sandbox_calls){};

TEST(sandbox_calls, each_call_of_the_tables_gets_its_answer) {
  CHECK_EQUAL(std::string(), first_wrong(SandboxKind::closed, os::calls_of_everybody()));
  CHECK_EQUAL(std::string(), first_wrong(SandboxKind::reading, os::calls_of_everybody()));
  CHECK_EQUAL(std::string(), first_wrong(SandboxKind::closed, os::calls_of(SandboxKind::closed)));
}

TEST(sandbox_calls, what_a_worker_does_all_day_is_allowed) {
  CHECK_EQUAL(std::string(),
              first_refused({SYS_read,         SYS_write,         SYS_writev,     SYS_sendmsg,
                             SYS_recvmsg,      SYS_accept4,       SYS_connect,    SYS_close,
                             SYS_epoll_ctl,    SYS_splice,        SYS_pread64,    SYS_pwrite64,
                             SYS_shutdown,     SYS_futex,         SYS_setsockopt, SYS_getrandom,
                             SYS_fallocate,    SYS_madvise,       SYS_munmap,     SYS_exit_group,
                             SYS_pipe2,        SYS_eventfd2,      SYS_sendto,     SYS_epoll_pwait,
                             SYS_memfd_create, SYS_rt_sigprocmask}));
}

TEST(sandbox_calls, another_machine_s_numbers_are_the_end) {
  UNSIGNED_LONGS_EQUAL(SECCOMP_RET_KILL_PROCESS,
                       answer_for(SandboxKind::closed, SYS_getpid, AUDIT_ARCH_I386));
}

TEST(sandbox_calls, all_that_is_newer_is_not_known) {
  UNSIGNED_LONGS_EQUAL(SECCOMP_RET_ERRNO | ENOSYS,
                       answer_for(SandboxKind::reading, os::first_unknown_call));
  UNSIGNED_LONGS_EQUAL(SECCOMP_RET_ERRNO | ENOSYS, answer_for(SandboxKind::reading, 5000));
}

TEST(sandbox_calls, the_program_fits_into_the_kernel) {
  CHECK_TRUE(os::sandbox_filter(SandboxKind::closed, SandboxMode::enforce).size() <= BPF_MAXINSNS);
}
