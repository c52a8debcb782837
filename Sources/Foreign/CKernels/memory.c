#include "include/memory.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Blocks come in size classes, eight to each doubling, so at most an eighth of a block is unused.
// Larger ones than 2^28 bytes go straight to the system: they are rare, and keeping them would hoard.
enum { smallest = 64, per_doubling = 8, classes = 8 * 23, largest = 1 << 28 };

typedef struct block {
  struct block *next;
} block;

typedef struct {
  block *free[classes];
  long long in_use, peak;
  int registered;
  struct {
    void *memory;
    size_t bytes;
  } scratch[scratch_blocks];
  unsigned next_scratch;
} pool;

static _Thread_local pool local __attribute__((tls_model("initial-exec")));
static pthread_key_t at_exit_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void release(pool *of) {
  for (int i = 0; i < classes; i++)
    while (of->free[i]) {
      block *next = of->free[i]->next;
      free(of->free[i]);
      of->free[i] = next;
    }
}

static void release_scratch(void) {
  for (int i = 0; i < scratch_blocks; i++) {
    if (local.scratch[i].memory) memory_give(local.scratch[i].memory, local.scratch[i].bytes);
    local.scratch[i].memory = NULL;
  }
}

static void at_exit(void *of) {
  release_scratch();
  ((pool *)of)->registered = 0;
  release(of);
}

static void make_key(void) { pthread_key_create(&at_exit_key, at_exit); }

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

static void *from_system(size_t size) {
  void *fresh = aligned_alloc(smallest, (size + smallest - 1) / smallest * smallest);
  if (!fresh) {
    fprintf(stderr, "Fatal error: out of memory: no %zu bytes for a tensor\n", size);
    abort();
  }
  return fresh;
}

void *memory_take(size_t bytes) {
  local.in_use += (long long)bytes;
  if (local.in_use > local.peak) local.peak = local.in_use;
  if (bytes > largest) return from_system(bytes);
  size_t size;
  int class = class_of(bytes, &size);
  block *first = local.free[class];
  if (!first) return from_system(size);
  local.free[class] = first->next;
  return first;
}

void memory_give(void *memory, size_t bytes) {
  local.in_use -= (long long)bytes;
  if (bytes > largest) {
    free(memory);
    return;
  }
  if (!local.registered) {
    pthread_once(&once, make_key);
    pthread_setspecific(at_exit_key, &local);
    local.registered = 1;
  }
  size_t size;
  int class = class_of(bytes, &size);
  block *given = memory;
  given->next = local.free[class];
  local.free[class] = given;
}

void *memory_take_scratch(size_t bytes) {
  unsigned place = local.next_scratch++ % scratch_blocks;
  void *oldest = local.scratch[place].memory;
  if (oldest) memory_give(oldest, local.scratch[place].bytes);
  local.scratch[place].bytes = bytes;
  return local.scratch[place].memory = memory_take(bytes);
}

long long memory_in_use(void) { return local.in_use; }
long long memory_peak(void) { return local.peak; }
void memory_reset_peak(void) { local.peak = local.in_use; }

void memory_trim(void) {
  release_scratch();
  release(&local);
}
