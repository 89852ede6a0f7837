// SPDX-License-Identifier: MIT
// Each call is tried in a child that has entered the sandbox: what the kernel answers is what counts.
#include "os/sandbox.h"

#include "os/user.h"
#include "t/lib/table.h"

#include <CppUTest/TestHarness.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace pm;
using os::SandboxKind;
using os::SandboxMode;

namespace {

constexpr int cannot_enter = 200;

// "allowed", "EACCES", "killed".
template <class F>
std::string answer_to(SandboxKind kind, SandboxMode mode, F call) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!os::forbid_new_privileges() || !os::enter_sandbox(kind, mode)) ::_exit(cannot_enter);
    errno = 0;
    ::_exit(call() < 0 ? errno : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGSYS ? "killed" : "another signal";
  if (WEXITSTATUS(status) == cannot_enter) return "no sandbox";
  return WEXITSTATUS(status) == 0 ? "allowed" : ::strerrorname_np(WEXITSTATUS(status));
}

template <class F>
std::string in_worker(F call) {
  return answer_to(SandboxKind::closed, SandboxMode::enforce, call);
}
template <class F>
std::string in_agent(F call) {
  return answer_to(SandboxKind::reading, SandboxMode::enforce, call);
}

long open_for_reading() {
  return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}
long execute() {
  const char* const arguments[] = {"/bin/true", nullptr};
  return ::execve("/bin/true", const_cast<char* const*>(arguments), nullptr);
}
long start_thread() {
  pthread_t thread{};
  const auto body = [](void*) -> void* {
    ::setpriority(PRIO_PROCESS, 0, 10);
    return nullptr;
  };
  if (::pthread_create(&thread, nullptr, body, nullptr) != 0) return -1;
  return ::pthread_join(thread, nullptr) == 0 ? 0 : -1;
}
// As master and child do it: a message with a descriptor over a pair, then a connection to a name that nobody has.
long pass_descriptor() {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return -1;
  char byte = 'x';
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &pair[0], sizeof(int));
  if (::sendmsg(pair[0], &message, 0) != 1) return -1;
  return ::recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) == 1 ? 0 : -1;
}
long connect_unix() {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, "\0pointsman-nobody", 17);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return 0;
  return errno == ECONNREFUSED ? 0 : -1;
}
long map_code() {
  void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? -1 : 0;
}

}  // namespace

TEST_GROUP(sandbox){};

TEST(sandbox, a_worker_opens_no_file) {
  CHECK_EQUAL(std::string("EACCES"), in_worker(open_for_reading));
  CHECK_EQUAL(std::string("EACCES"),
              in_worker([] { return ::open("/tmp", O_TMPFILE | O_RDWR, 0600); }));
  CHECK_EQUAL(std::string("EACCES"), in_worker([] { return ::mkdir("/nowhere/at/all", 0700); }));
  CHECK_EQUAL(std::string("EACCES"), in_worker([] { return ::unlink("/nowhere/at/all"); }));
}

TEST(sandbox, the_agent_opens_files_for_reading_only) {
  CHECK_EQUAL(std::string("allowed"), in_agent(open_for_reading));
  CHECK_EQUAL(std::string("EACCES"), in_agent([] { return ::open("/dev/null", O_WRONLY); }));
  CHECK_EQUAL(std::string("EACCES"), in_agent([] { return ::open("/dev/null", O_RDWR); }));
  CHECK_EQUAL(std::string("EACCES"),
              in_agent([] { return ::open("/nowhere/at/all", O_CREAT, 0600); }));
}

TEST(sandbox, another_program_is_the_end) {
  CHECK_EQUAL(std::string("killed"), in_worker(execute));
  CHECK_EQUAL(std::string("killed"), in_agent(execute));
}

TEST(sandbox, who_asks_for_other_rights_is_ended) {
  CHECK_EQUAL(std::string("killed"), in_worker([] { return ::setresuid(0, 0, 0); }));
  CHECK_EQUAL(std::string("killed"),
              in_worker([] { return ::syscall(SYS_capset, nullptr, nullptr); }));
  CHECK_EQUAL(std::string("killed"), in_worker([] { return ::unshare(CLONE_NEWUSER); }));
  CHECK_EQUAL(std::string("killed"), in_worker([] { return ::syscall(SYS_ptrace, 0, 0, 0, 0); }));
  CHECK_EQUAL(std::string("killed"), in_worker([] { return ::syscall(SYS_bpf, 0, nullptr, 0); }));
}

TEST(sandbox, threads_are_made_and_processes_are_not) {
  CHECK_EQUAL(std::string("allowed"), in_worker(start_thread));
  CHECK_EQUAL(std::string("EPERM"), in_worker([] { return ::fork(); }));
}

TEST(sandbox, what_processes_say_to_each_other_gets_through) {
  CHECK_EQUAL(std::string("allowed"), in_worker(pass_descriptor));
  CHECK_EQUAL(std::string("allowed"), in_worker(connect_unix));
  CHECK_EQUAL(std::string("allowed"), in_agent(connect_unix));
}

TEST(sandbox, signals_go_to_the_process_itself_only) {
  CHECK_EQUAL(std::string("allowed"), in_worker([] { return ::kill(::getpid(), 0); }));
  CHECK_EQUAL(std::string("allowed"), in_worker([] { return ::raise(SIGCHLD); }));
  CHECK_EQUAL(std::string("EPERM"), in_worker([] { return ::kill(::getppid(), 0); }));
  CHECK_EQUAL(std::string("EPERM"), in_worker([] { return ::kill(-1, 0); }));
}

TEST(sandbox, sockets_of_other_families_do_not_exist) {
  CHECK_EQUAL(std::string("allowed"), in_worker([] { return ::socket(AF_INET6, SOCK_STREAM, 0); }));
  CHECK_EQUAL(std::string("EAFNOSUPPORT"),
              in_worker([] { return ::socket(AF_NETLINK, SOCK_RAW, 0); }));
  CHECK_EQUAL(std::string("EAFNOSUPPORT"),
              in_agent([] { return ::socket(AF_PACKET, SOCK_RAW, 0); }));
}

TEST(sandbox, no_memory_becomes_code) {
  CHECK_EQUAL(std::string("EPERM"), in_worker(map_code));
}

TEST(sandbox, a_call_that_is_newer_than_the_tables_is_not_there) {
  CHECK_EQUAL(std::string("ENOSYS"), in_worker([] { return ::syscall(451, 0, 0, 0, 0); }));
}

#ifdef __x86_64__
TEST(sandbox, the_second_set_of_numbers_of_this_processor_is_the_end) {
  CHECK_EQUAL(std::string("killed"), in_worker([] { return ::syscall(0x40000000 | SYS_getpid); }));
}
#endif

TEST(sandbox, what_is_only_logged_goes_through) {
  CHECK_EQUAL(std::string("allowed"),
              answer_to(SandboxKind::closed, SandboxMode::log, open_for_reading));
  CHECK_EQUAL(std::string("allowed"), answer_to(SandboxKind::closed, SandboxMode::log, execute));
}

TEST(sandbox, off_is_off) {
  CHECK_EQUAL(std::string("allowed"),
              answer_to(SandboxKind::closed, SandboxMode::off, open_for_reading));
  CHECK_EQUAL(std::string("allowed"), answer_to(SandboxKind::closed, SandboxMode::off, execute));
}
