/* SPDX-License-Identifier: MIT
 * count_malloc.c -- counts the heap allocations of a process and of its children; loaded with LD_PRELOAD by allocations.py.
 *
 *   out  a file (COUNT_MALLOC_FILE) mapped by all: a word that arms the recording of callers, then slots of {pid, count,
 *        64 callers}. A child claims its own slot after fork, so nothing is opened once privileges are gone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS 64
#define CALLERS 62

struct slot {
  _Atomic uint64_t pid;
  _Atomic uint64_t count;
  _Atomic uint64_t callers[CALLERS];
};
struct table {
  _Atomic uint64_t armed;
  uint64_t padding[7];
  struct slot slots[SLOTS];
};

static struct table* table;
static struct slot* mine;
static char early[65536]; /* dlsym may allocate while it looks the real ones up */
static size_t early_used;
static void* (*real_malloc)(size_t);
static void* (*real_calloc)(size_t, size_t);
static void* (*real_realloc)(void*, size_t);
static void* (*real_aligned_alloc)(size_t, size_t);
static int (*real_posix_memalign)(void**, size_t, size_t);
static void (*real_free)(void*);

static void claim(void) {
  if (!table) return;
  for (int i = 0; i < SLOTS; ++i) {
    uint64_t none = 0;
    if (atomic_compare_exchange_strong(&table->slots[i].pid, &none, (uint64_t)getpid())) {
      mine = &table->slots[i];
      return;
    }
  }
  mine = NULL;
}

/* Other libraries allocate before our constructor runs, so the first caller looks them up. False: a call from within. */
static int is_ready(void) {
  static int resolving;
  if (real_malloc) return 1;
  if (resolving) return 0;
  resolving = 1;
  real_calloc = dlsym(RTLD_NEXT, "calloc");
  real_realloc = dlsym(RTLD_NEXT, "realloc");
  real_aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
  real_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
  real_free = dlsym(RTLD_NEXT, "free");
  real_malloc = dlsym(RTLD_NEXT, "malloc");
  return 1;
}

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("COUNT_MALLOC_FILE");
  int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* at = mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (at == MAP_FAILED) return;
  table = at;
  claim();
  pthread_atfork(NULL, NULL, claim);
}

static void note(void* caller) {
  if (!mine) return;
  uint64_t at = atomic_fetch_add_explicit(&mine->count, 1, memory_order_relaxed);
  (void)at;
  if (!atomic_load_explicit(&table->armed, memory_order_relaxed)) return;
  for (int i = 0; i < CALLERS; ++i) {
    uint64_t seen = atomic_load_explicit(&mine->callers[i], memory_order_relaxed);
    if (seen == (uint64_t)(uintptr_t)caller) return;
    if (seen == 0) {
      atomic_store_explicit(&mine->callers[i], (uint64_t)(uintptr_t)caller, memory_order_relaxed);
      return;
    }
  }
}

static void* take_early(size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (early_used + size > sizeof early) _exit(70);
  void* at = early + early_used;
  early_used += size;
  return at;
}
static int is_early(void* at) {
  return (char*)at >= early && (char*)at < early + sizeof early;
}

void* malloc(size_t size) {
  if (!is_ready()) return take_early(size);
  note(__builtin_return_address(0));
  return real_malloc(size);
}
void* calloc(size_t count, size_t size) {
  if (!is_ready()) return take_early(count * size);
  note(__builtin_return_address(0));
  return real_calloc(count, size);
}
void* realloc(void* at, size_t size) {
  if (is_early(at)) {
    char* fresh = malloc(size);
    for (size_t i = 0; i < size && (char*)at + i < early + sizeof early; ++i) fresh[i] = ((char*)at)[i];
    return fresh;
  }
  if (!is_ready()) return take_early(size);
  note(__builtin_return_address(0));
  return real_realloc(at, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  if (!is_ready()) return NULL;
  note(__builtin_return_address(0));
  return real_aligned_alloc(alignment, size);
}
int posix_memalign(void** out, size_t alignment, size_t size) {
  if (!is_ready()) return 12; /* ENOMEM */
  note(__builtin_return_address(0));
  return real_posix_memalign(out, alignment, size);
}
void free(void* at) {
  if (!is_early(at) && is_ready()) real_free(at);
}
