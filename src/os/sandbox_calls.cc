// SPDX-License-Identifier: MIT
#include "os/sandbox_calls.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace pm::os {
namespace {

using enum CallAnswer;
using enum ArgumentRule::Test;

constexpr CallRule everybody[] = {
    // Another program, another process
    {SYS_execve, end},
    {SYS_execveat, end},
    {SYS_ptrace, end},
    {SYS_process_vm_readv, end},
    {SYS_process_vm_writev, end},
    {SYS_kcmp, end},
    {SYS_pidfd_getfd, end},
    {SYS_pidfd_open, not_allowed},
    {SYS_pidfd_send_signal, not_allowed},
    {SYS_process_madvise, not_allowed},
    {SYS_tkill, not_allowed},
    {SYS_rt_sigqueueinfo, not_allowed},
    {SYS_rt_tgsigqueueinfo, not_allowed},
    // Its flags are in memory, out of sight: the C library goes on with clone, whose flags are not.
    {SYS_clone3, not_known},
#ifdef SYS_fork
    {SYS_fork, not_allowed},
    {SYS_vfork, not_allowed},
#endif
    // Another user, other rights, another view of the system
    {SYS_setuid, end},
    {SYS_setgid, end},
    {SYS_setreuid, end},
    {SYS_setregid, end},
    {SYS_setresuid, end},
    {SYS_setresgid, end},
    {SYS_setfsuid, end},
    {SYS_setfsgid, end},
    {SYS_setgroups, end},
    {SYS_capset, end},
    {SYS_unshare, end},
    {SYS_setns, end},
    {SYS_chroot, end},
    {SYS_pivot_root, end},
    {SYS_personality, end},
    // Mounts
    {SYS_mount, end},
    {SYS_umount2, end},
    {SYS_open_tree, end},
    {SYS_move_mount, end},
    {SYS_fsopen, end},
    {SYS_fsconfig, end},
    {SYS_fsmount, end},
    {SYS_fspick, end},
    {SYS_mount_setattr, end},
    {SYS_open_by_handle_at, end},
    {SYS_fanotify_init, end},
    {SYS_quotactl, end},
    {SYS_quotactl_fd, end},
    {SYS_swapon, end},
    {SYS_swapoff, end},
    {SYS_acct, end},
    // The kernel itself
    {SYS_init_module, end},
    {SYS_finit_module, end},
    {SYS_delete_module, end},
    {SYS_kexec_load, end},
#ifdef SYS_kexec_file_load
    {SYS_kexec_file_load, end},
#endif
    {SYS_reboot, end},
    {SYS_syslog, end},
    {SYS_settimeofday, end},
    {SYS_clock_settime, end},
    {SYS_clock_adjtime, end},
    {SYS_adjtimex, end},
    {SYS_sethostname, end},
    {SYS_setdomainname, end},
    {SYS_lookup_dcookie, end},
#ifdef SYS_iopl
    {SYS_iopl, end},
    {SYS_ioperm, end},
    {SYS_modify_ldt, end},
    {SYS_uselib, end},
#endif
    // Large doors into the kernel through which many have come
    {SYS_bpf, end},
    {SYS_perf_event_open, end},
    {SYS_userfaultfd, end},
    {SYS_add_key, end},
    {SYS_request_key, end},
    {SYS_keyctl, end},
    {SYS_io_uring_setup, not_allowed},
    {SYS_io_uring_enter, not_allowed},
    {SYS_io_uring_register, not_allowed},
    {SYS_shmget, not_allowed},
    {SYS_semget, not_allowed},
    {SYS_msgget, not_allowed},
    {SYS_mq_open, not_allowed},
    // Names of files are neither made nor changed
    {SYS_openat2, no_access},  // its flags are in memory
    {SYS_mknodat, no_access},
    {SYS_mkdirat, no_access},
    {SYS_linkat, no_access},
    {SYS_symlinkat, no_access},
#ifdef SYS_renameat
    {SYS_renameat, no_access},
#endif
    {SYS_renameat2, no_access},
    {SYS_truncate, no_access},
    {SYS_fchownat, no_access},
    {SYS_setxattr, no_access},
    {SYS_lsetxattr, no_access},
    {SYS_removexattr, no_access},
    {SYS_lremovexattr, no_access},
    {SYS_name_to_handle_at, no_access},
#ifdef SYS_creat
    {SYS_creat, no_access},
    {SYS_mknod, no_access},
    {SYS_mkdir, no_access},
    {SYS_rmdir, no_access},
    {SYS_link, no_access},
    {SYS_symlink, no_access},
    {SYS_rename, no_access},
    {SYS_chown, no_access},
    {SYS_lchown, no_access},
#endif
};

constexpr CallRule closed[] = {
    {SYS_openat, no_access},    {SYS_unlinkat, no_access}, {SYS_fchmodat, no_access},
    {SYS_utimensat, no_access}, {SYS_chdir, no_access},    {SYS_inotify_add_watch, no_access},
#ifdef SYS_open
    {SYS_open, no_access},      {SYS_unlink, no_access},   {SYS_chmod, no_access},
    {SYS_utime, no_access},     {SYS_utimes, no_access},   {SYS_futimesat, no_access},
#endif
};

constexpr std::uint32_t writing = O_ACCMODE | O_CREAT | O_TRUNC;

constexpr ArgumentRule everybodys_arguments[] = {
    // A thread is a clone that stays in the process; anything else is a new process.
    {SYS_clone, 0, has_none_of, {CLONE_THREAD}},
    // Code is what was mapped at the start: nothing writes its own.
    {SYS_mmap, 2, has_any_of, {PROT_EXEC}},
    {SYS_mprotect, 2, has_any_of, {PROT_EXEC}},
    {SYS_pkey_mprotect, 2, has_any_of, {PROT_EXEC}},
    // In the foreground the terminal of the caller is ours: nobody types into it.
    {SYS_ioctl, 1, is, {TIOCSTI}},
};

constexpr ArgumentRule closed_arguments[] = {
    {SYS_socket, 0, is_not_in, {AF_UNIX, AF_INET, AF_INET6}, 3, no_family},
};

constexpr ArgumentRule reading_arguments[] = {
    {SYS_openat, 2, has_any_of, {writing}, 1, no_access},
#ifdef SYS_open
    {SYS_open, 1, has_any_of, {writing}, 1, no_access},
#endif
    // netlink: which addresses this machine has decides the order of those that a name server gave
    {SYS_socket, 0, is_not_in, {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}, 4, no_family},
};

}  // namespace

std::span<const CallRule> calls_of_everybody() noexcept {
  return everybody;
}

std::span<const CallRule> calls_of(SandboxKind kind) noexcept {
  if (kind == SandboxKind::reading) return {};
  return closed;
}

std::span<const ArgumentRule> arguments_of_everybody() noexcept {
  return everybodys_arguments;
}

std::span<const ArgumentRule> arguments_of(SandboxKind kind) noexcept {
  if (kind == SandboxKind::reading) return reading_arguments;
  return closed_arguments;
}

std::array<ArgumentRule, 3> arguments_of_self(std::uint32_t self) noexcept {
  return {{
      {SYS_kill, 0, is_not_in, {self}},
      {SYS_tgkill, 0, is_not_in, {self}},  // raise(), abort()
      {SYS_prlimit64, 0, is_not_in, {0, self}, 2},
  }};
}

}  // namespace pm::os
