#include "include/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

// Blocks come in size classes, eight to each doubling, so at most an eighth of a block is unused.
// Blocks above 2^28 bytes are returned to the system at once: they are rare and large.
enum { smallest = 64, per_doubling = 8, classes = 8 * 23, largest = 1 << 28 };

// Small blocks are cut from chunks with large pages: with small pages, address translation takes a tenth of a large net's step. With an
// address sanitizer each block is allocated by itself.
enum { chunk_size = 1 << 24 };
#if __has_feature(address_sanitizer)
enum { largest_cut = 0 };
#else
enum { largest_cut = 1 << 20 };
#endif

typedef struct block {
  struct block *next;
} block;

/// The beginning of a chunk, which is aligned to its size.
typedef struct {
  /// The number of blocks cut from it, plus one while a thread still cuts from it.
  _Atomic size_t users;
  size_t used;
  /// While a thread searches for unused chunks: the number of blocks that are free.
  size_t idle;
} chunk;

typedef struct {
  block *free[classes];
  chunk *cutting;
  long long in_use, peak;
  int registered;
} pool;

static _Thread_local pool local __attribute__((tls_model("initial-exec")));
static pthread_key_t at_exit_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/// The class whose blocks hold `bytes`, and the size of its blocks.
static inline int class_of(size_t bytes, size_t *size) {
  size_t units = (bytes + smallest - 1) / smallest;
  if (units <= per_doubling) {
    *size = (units ? units : 1) * smallest;
    return units ? (int)units - 1 : 0;
  }
  int doubling = 63 - __builtin_clzll(units - 1) - 3;
  size_t step = (size_t)1 << doubling;
  size_t rounded = (units + step - 1) / step;
  *size = rounded * step * smallest;
  return per_doubling * (doubling + 1) + (int)(rounded - per_doubling) - 1;
}

/// The size of the blocks of a class.
static inline size_t size_of(int class) {
  return class < per_doubling ? (size_t)(class + 1) * smallest
                              : (size_t)(class % per_doubling + per_doubling + 1) * smallest << (class / per_doubling - 1);
}

static chunk *chunk_of(block *of) { return (chunk *)((uintptr_t)of & ~(uintptr_t)(chunk_size - 1)); }

static void drop(chunk *of) {
  if (atomic_fetch_sub(&of->users, 1) == 1) munmap(of, chunk_size);
}

/// Free blocks of threads that have ended, whose chunks others still use; for all threads.
static struct {
  pthread_mutex_t lock;
  atomic_int any;
  block *free[classes];
} left = {.lock = PTHREAD_MUTEX_INITIALIZER};

/// Returns free blocks to the system, but for those of chunks in which others are used. Called with `left.lock` held.
static void release(block **free_blocks, chunk **cutting) {
  for (int i = 0; i < classes && size_of(i) <= largest_cut; i++)
    for (block *b = free_blocks[i]; b; b = b->next) chunk_of(b)->idle++;
  if (cutting && *cutting && (*cutting)->idle + 1 == (*cutting)->users) {
    drop(*cutting);
    *cutting = NULL;
  }
  for (int i = 0; i < classes; i++)
    for (block **at = &free_blocks[i]; *at;) {
      block *b = *at;
      if (size_of(i) > largest_cut) {
        *at = b->next;
        free(b);
      } else if (chunk_of(b)->idle == chunk_of(b)->users) {
        *at = b->next;
        chunk_of(b)->idle--;
        drop(chunk_of(b));
      } else {
        at = &b->next;
      }
    }
  for (int i = 0; i < classes; i++)
    for (block *b = free_blocks[i]; b; b = b->next) chunk_of(b)->idle = 0;
}

/// Gives a thread's free blocks to the other threads.
static void leave(pool *of) {
  pthread_mutex_lock(&left.lock);
  for (int i = 0; i < classes; i++)
    while (of->free[i]) {
      block *first = of->free[i];
      of->free[i] = first->next;
      first->next = left.free[i];
      left.free[i] = first;
    }
  if (of->cutting) drop(of->cutting);
  of->cutting = NULL;
  release(left.free, NULL);
  left.any = 0;
  for (int i = 0; i < classes; i++) left.any |= left.free[i] != NULL;
  pthread_mutex_unlock(&left.lock);
}

/// A free block of a thread that has ended, or NULL.
static void *left_block(int class) {
  if (!atomic_load_explicit(&left.any, memory_order_relaxed)) return NULL;
  pthread_mutex_lock(&left.lock);
  block *first = left.free[class];
  if (first) left.free[class] = first->next;
  pthread_mutex_unlock(&left.lock);
  return first;
}

static void at_exit(void *of) {
  ((pool *)of)->registered = 0;
  leave(of);
}

static void make_key(void) { pthread_key_create(&at_exit_key, at_exit); }

/// Registers the release of this thread's blocks at its end.
static inline void register_thread(void) {
  if (local.registered) return;
  pthread_once(&once, make_key);
  pthread_setspecific(at_exit_key, &local);
  local.registered = 1;
}

static void *from_system(size_t size) { return aligned_alloc(smallest, (size + smallest - 1) / smallest * smallest); }

static chunk *new_chunk(void) {
  char *mapped = mmap(NULL, 2 * chunk_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return NULL;
  char *start = (char *)(((uintptr_t)mapped + chunk_size - 1) & ~(uintptr_t)(chunk_size - 1));
  if (start > mapped) munmap(mapped, (size_t)(start - mapped));
  munmap(start + chunk_size, (size_t)(mapped + chunk_size - start));
  madvise(start, chunk_size, MADV_HUGEPAGE);
  chunk *new = (chunk *)start;
  new->users = 1;
  new->used = smallest;
  return new;
}

static void *cut(size_t size) {
  if (!local.cutting || local.cutting->used + size > chunk_size) {
    chunk *new = new_chunk();
    if (!new) return NULL;
    if (local.cutting) drop(local.cutting);
    local.cutting = new;
    register_thread();
  }
  void *fresh = (char *)local.cutting + local.cutting->used;
  // Blocks that begin at the same offset of every page would evict each other from the cache.
  local.cutting->used += size + smallest;
  atomic_fetch_add(&local.cutting->users, 1);
  return fresh;
}

/// A block of at least `bytes` bytes, or NULL.
static inline void *block_of(size_t bytes) {
  if (bytes > largest) return from_system(bytes);
  size_t size;
  int class = class_of(bytes, &size);
  block *first = local.free[class];
  if (!first) {
    void *other = left_block(class);
    return other ? other : size > largest_cut ? from_system(size) : cut(size);
  }
  local.free[class] = first->next;
  return first;
}

void *memory_take(size_t bytes) {
  void *taken = block_of(bytes);
  if (!taken) return NULL;
  local.in_use += (long long)bytes;
  if (local.in_use > local.peak) local.peak = local.in_use;
  return taken;
}

void memory_give(void *memory, size_t bytes) {
  local.in_use -= (long long)bytes;
  if (bytes > largest) {
    free(memory);
    return;
  }
  register_thread();
  size_t size;
  int class = class_of(bytes, &size);
  block *given = memory;
  given->next = local.free[class];
  local.free[class] = given;
}

long long memory_in_use(void) { return local.in_use; }
long long memory_peak(void) { return local.peak; }
void memory_reset_peak(void) { local.peak = local.in_use; }

void memory_trim(void) {
  pthread_mutex_lock(&left.lock);
  release(local.free, &local.cutting);
  release(left.free, NULL);
  pthread_mutex_unlock(&left.lock);
}
