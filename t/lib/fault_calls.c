/* SPDX-License-Identifier: MIT
 * fault_calls.c -- makes the n-th call of a kind fail in one kind of process; loaded with LD_PRELOAD by faults.py.
 *
 *   in   a file (FAULT_CALLS_FILE) mapped by all processes: the plan, which the test changes while the daemon runs
 *   out  the same file: how often each call was made in each role, how many were refused
 *   role master, worker, agent by the title of the process; a child that has no title yet is the fourth: the loader, whole, and the
 *        first steps of the others
 *   more short: reads and writes of streams, files and pipes take one byte, and an edge tells of the rest; wall: seconds that the wall clock is wrong by;
 *        dns_port: where the port 53 is; then FAULT_CALLS_RESOLV is read in place of /etc/resolv.conf
 *   note EAGAIN is for the test to avoid where a descriptor is ready: no kernel says that, and edges would be lost
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* In the order of CALLS in faults.py. */
enum call {
  c_malloc, c_fork, c_read, c_write, c_recv, c_send, c_recvmsg, c_sendmsg, c_accept, c_connect, c_socket, c_socketpair, c_bind, c_listen,
  c_setsockopt, c_getsockopt, c_epoll_create, c_epoll_ctl, c_epoll_wait, c_poll, c_open, c_fstat, c_mmap, c_memfd, c_fcntl, c_ftruncate,
  c_waitpid, c_pipe, c_eventfd, c_inotify_init, c_inotify_watch, c_thread, c_getrandom, c_dup, c_splice, c_rename, c_signalfd, c_mkdir,
  c_opendir, c_count
};
enum role { r_master, r_newborn, r_worker, r_agent, r_count };

struct table {
  _Atomic uint64_t armed, role, call, nth, times, error; /* times 0: from the n-th on */
  _Atomic uint64_t seen, refused;
  _Atomic uint64_t short_roles; /* a bit for each role */
  _Atomic int64_t wall;
  _Atomic uint64_t dns_port;
  _Atomic uint64_t counts[r_count][c_count];
};

static struct table* table;
static const char* title;
static const char* resolv;
static int is_child;

static enum role role(void) {
  if (!is_child) return r_master;
  if (title && strncmp(title, "pointsman: worker", 17) == 0) return r_worker;
  if (title && strncmp(title, "pointsman: agent", 16) == 0) return r_agent;
  return r_newborn;
}
static void on_fork(void) {
  is_child = 1;
}

__attribute__((constructor)) static void begin(int argc, char** argv) {
  const char* path = getenv("FAULT_CALLS_FILE");
  if (!path || argc < 1) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* at = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (at == MAP_FAILED) return;
  title = argv[0];
  resolv = getenv("FAULT_CALLS_RESOLV");
  if (resolv) resolv = strdup(resolv);
  pthread_atfork(NULL, NULL, on_fork);
  table = at;
}

static int is_refused(enum call call) {
  if (!table) return 0;
  const enum role who = role();
  atomic_fetch_add_explicit(&table->counts[who][call], 1, memory_order_relaxed);
  if (!atomic_load(&table->armed) || table->call != (uint64_t)call || table->role != (uint64_t)who) return 0;
  const uint64_t seen = atomic_fetch_add(&table->seen, 1) + 1;
  if (seen < table->nth || (table->times && seen >= table->nth + table->times)) return 0;
  atomic_fetch_add(&table->refused, 1);
  errno = (int)table->error;
  return 1;
}

static int is_short(int fd) {
  struct stat info;
  int type = 0;
  socklen_t size = sizeof type;
  if (!table || !(table->short_roles >> role() & 1) || fstat(fd, &info) != 0) return 0;
  if (!S_ISSOCK(info.st_mode)) return S_ISREG(info.st_mode) || S_ISFIFO(info.st_mode);
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}
static size_t cut(int fd, size_t size) {
  return size > 1 && is_short(fd) ? 1 : size;
}

/* A short read of a stream says to its reader that an edge will announce what comes later (epoll(7)): so there must be one. */
#define MOST_FDS 1024
static struct watched {
  int epoll;
  struct epoll_event event;
} watched[MOST_FDS];

static ssize_t announce(int fd, size_t wished, ssize_t got) {
  static int (*real)(int, int, int, struct epoll_event*);
  if (!real) *(void**)&real = dlsym(RTLD_NEXT, "epoll_ctl");
  const int error = errno;
  if (got == 1 && wished > 1 && fd < MOST_FDS && watched[fd].event.events & EPOLLET)
    real(watched[fd].epoll, EPOLL_CTL_MOD, fd, &watched[fd].event);
  errno = error;
  return got;
}

/* ---- system calls ---- */

#define REAL(name)                                  \
  static __typeof__(&name) real;                    \
  if (!real) *(void**)&real = dlsym(RTLD_NEXT, #name)
#define CALL(call, type, name, parameters, arguments) \
  type name parameters {                              \
    REAL(name);                                       \
    if (is_refused(call)) return (type)-1;            \
    return real arguments;                            \
  }

CALL(c_fork, pid_t, fork, (void), ())
CALL(c_accept, int, accept4, (int fd, struct sockaddr* at, socklen_t* size, int flags), (fd, at, size, flags))
CALL(c_socket, int, socket, (int domain, int type, int protocol), (domain, type, protocol))
CALL(c_socketpair, int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds))
CALL(c_bind, int, bind, (int fd, const struct sockaddr* to, socklen_t size), (fd, to, size))
CALL(c_listen, int, listen, (int fd, int backlog), (fd, backlog))
CALL(c_setsockopt, int, setsockopt, (int fd, int level, int name, const void* at, socklen_t size), (fd, level, name, at, size))
CALL(c_getsockopt, int, getsockopt, (int fd, int level, int name, void* at, socklen_t* size), (fd, level, name, at, size))
CALL(c_epoll_create, int, epoll_create1, (int flags), (flags))
CALL(c_epoll_wait, int, epoll_wait, (int fd, struct epoll_event* at, int room, int wait), (fd, at, room, wait))
CALL(c_epoll_wait, int, epoll_pwait, (int fd, struct epoll_event* at, int room, int wait, const sigset_t* set), (fd, at, room, wait, set))
CALL(c_poll, int, poll, (struct pollfd* at, nfds_t count, int wait), (at, count, wait))
CALL(c_fstat, int, fstat, (int fd, struct stat* at), (fd, at))
CALL(c_mmap, void*, mmap, (void* at, size_t size, int may, int flags, int fd, off_t from), (at, size, may, flags, fd, from))
CALL(c_memfd, int, memfd_create, (const char* name, unsigned flags), (name, flags))
CALL(c_ftruncate, int, ftruncate, (int fd, off_t size), (fd, size))
CALL(c_waitpid, pid_t, waitpid, (pid_t pid, int* status, int flags), (pid, status, flags))
CALL(c_pipe, int, pipe2, (int fds[2], int flags), (fds, flags))
int eventfd(unsigned, int);
CALL(c_eventfd, int, eventfd, (unsigned first, int flags), (first, flags))
int inotify_init1(int);
CALL(c_inotify_init, int, inotify_init1, (int flags), (flags))
int inotify_add_watch(int, const char*, uint32_t);
CALL(c_inotify_watch, int, inotify_add_watch, (int fd, const char* path, uint32_t mask), (fd, path, mask))
CALL(c_getrandom, ssize_t, getrandom, (void* at, size_t size, unsigned flags), (at, size, flags))
CALL(c_dup, int, dup2, (int from, int to), (from, to))
CALL(c_rename, int, rename, (const char* from, const char* to), (from, to))
int signalfd(int, const sigset_t*, int);
CALL(c_signalfd, int, signalfd, (int fd, const sigset_t* set, int flags), (fd, set, flags))
CALL(c_mkdir, int, mkdir, (const char* path, mode_t mode), (path, mode))

int epoll_ctl(int fd, int what, int of, struct epoll_event* event) {
  REAL(epoll_ctl);
  if (is_refused(c_epoll_ctl)) return -1;
  if (of < MOST_FDS) watched[of] = event && what != EPOLL_CTL_DEL ? (struct watched){fd, *event} : (struct watched){0};
  return real(fd, what, of, event);
}

#define TRANSFER(call, name, parameters, arguments)   \
  ssize_t name parameters {                           \
    REAL(name);                                       \
    if (is_refused(call)) return -1;                  \
    const size_t wished = size;                       \
    size = cut(fd, size);                             \
    const ssize_t got = real arguments;               \
    return size < wished ? announce(fd, wished, got) : got; \
  }
TRANSFER(c_read, read, (int fd, void* at, size_t size), (fd, at, size))
TRANSFER(c_write, write, (int fd, const void* at, size_t size), (fd, at, size))
TRANSFER(c_read, pread, (int fd, void* at, size_t size, off_t from), (fd, at, size, from))
TRANSFER(c_write, pwrite, (int fd, const void* at, size_t size, off_t to), (fd, at, size, to))
TRANSFER(c_recv, recv, (int fd, void* at, size_t size, int flags), (fd, at, size, flags))
TRANSFER(c_send, send, (int fd, const void* at, size_t size, int flags), (fd, at, size, flags))
CALL(c_recvmsg, ssize_t, recvmsg, (int fd, struct msghdr* at, int flags), (fd, at, flags))
CALL(c_splice, ssize_t, splice, (int in, off64_t* from, int out, off64_t* to, size_t size, unsigned flags), (in, from, out, to, size, flags))

static ssize_t send_one(int fd, const void* at, int flags) {
  struct iovec piece = {(void*)at, 1};
  const struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  static ssize_t (*real)(int, const struct msghdr*, int);
  if (!real) *(void**)&real = dlsym(RTLD_NEXT, "sendmsg");
  return announce(fd, 2, real(fd, &message, flags));
}
ssize_t sendmsg(int fd, const struct msghdr* at, int flags) {
  REAL(sendmsg);
  if (is_refused(c_sendmsg)) return -1;
  for (size_t i = 0; i < at->msg_iovlen; ++i) {
    if (at->msg_iov[i].iov_len > 0 && cut(fd, 2) == 1) return send_one(fd, at->msg_iov[i].iov_base, flags);
  }
  return real(fd, at, flags);
}

int connect(int fd, const struct sockaddr* to, socklen_t size) {
  REAL(connect);
  struct sockaddr_in name_server;
  if (is_refused(c_connect)) return -1;
  if (!table || !table->dns_port || to->sa_family != AF_INET || size < sizeof name_server) return real(fd, to, size);
  memcpy(&name_server, to, sizeof name_server);
  if (name_server.sin_port != htons(53)) return real(fd, to, size);
  name_server.sin_port = htons((uint16_t)table->dns_port);
  return real(fd, (struct sockaddr*)&name_server, sizeof name_server);
}
ssize_t recvfrom(int fd, void* at, size_t size, int flags, struct sockaddr* from, socklen_t* length) {
  REAL(recvfrom);
  if (is_refused(c_recv)) return -1;
  const ssize_t got = real(fd, at, size, flags, from, length);
  struct sockaddr_in* name_server = (struct sockaddr_in*)from;
  if (got >= 0 && from && table && table->dns_port && name_server->sin_port == htons((uint16_t)table->dns_port)) name_server->sin_port = htons(53);
  return got;
}

int fcntl(int fd, int what, ...) {
  REAL(fcntl);
  va_list more;
  va_start(more, what);
  void* argument = va_arg(more, void*);
  va_end(more);
  return is_refused(c_fcntl) ? -1 : real(fd, what, argument);
}
int open(const char* path, int flags, ...) {
  REAL(open);
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  return is_refused(c_open) ? -1 : real(path, flags, mode);
}
FILE* fopen(const char* path, const char* how) {
  REAL(fopen);
  if (is_refused(c_open)) return NULL;
  return real(table && table->dns_port && strcmp(path, "/etc/resolv.conf") == 0 ? resolv : path, how);
}
typedef struct __dirstream DIR;
DIR* opendir(const char*);
DIR* opendir(const char* path) {
  REAL(opendir);
  return is_refused(c_opendir) ? NULL : real(path);
}
int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*run)(void*), void* with) {
  REAL(pthread_create);
  return is_refused(c_thread) ? errno : real(thread, how, run, with);
}

/* ---- the wall clock ---- */

int clock_gettime(clockid_t clock, struct timespec* at) {
  REAL(clock_gettime);
  const int result = real(clock, at);
  if (table && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += table->wall;
  return result;
}
time_t time(time_t* at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
int gettimeofday(struct timeval* at, void* zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

/* ---- memory ---- glibc's own names for what the real functions are: dlsym allocates, so it cannot find them. */

void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) {
  return is_refused(c_malloc) ? NULL : __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  return is_refused(c_malloc) ? NULL : __libc_calloc(count, size);
}
void* realloc(void* at, size_t size) {
  return is_refused(c_malloc) ? NULL : __libc_realloc(at, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  return is_refused(c_malloc) ? NULL : __libc_memalign(alignment, size);
}
int posix_memalign(void** out, size_t alignment, size_t size) {
  if (is_refused(c_malloc)) return ENOMEM;
  *out = __libc_memalign(alignment, size);
  return *out ? 0 : ENOMEM;
}
