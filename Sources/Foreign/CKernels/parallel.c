#include "include/parallel.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "include/denormals.h"

/// Work in chunks, each of which one thread takes.
typedef struct job {
  void (*body)(void *, int64_t);
  void *argument;
  int64_t chunks;
  _Atomic int64_t next;
  bool flushes_denormals;
  // What follows is read and written with `pool.lock` held. How many threads may still join, and how many have joined and work.
  int open, joined;
  pthread_cond_t all_left;
  struct job *following;
} job;

/// The helping threads of the process, which serve all of its threads, and the jobs that they may join.
static struct {
  pthread_mutex_t lock;
  pthread_cond_t has_job;
  job *first;
  /// Threads that wait for a job.
  int idle;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .has_job = PTHREAD_COND_INITIALIZER};

static void take_chunks(job *from) {
  int64_t chunk;
  while ((chunk = atomic_fetch_add_explicit(&from->next, 1, memory_order_relaxed)) < from->chunks)
    from->body(from->argument, chunk);
}

static void remove_job(const job *removed) {
  for (job **at = &pool.first; *at; at = &(*at)->following)
    if (*at == removed) {
      *at = removed->following;
      return;
    }
}

static void *help(void *unused) {
  (void)unused;
  pthread_mutex_lock(&pool.lock);
  for (;;) {
    pool.idle++;
    while (!pool.first) pthread_cond_wait(&pool.has_job, &pool.lock);
    pool.idle--;
    job *joined = pool.first;
    joined->joined++;
    if (--joined->open == 0) remove_job(joined);
    pthread_mutex_unlock(&pool.lock);
    if (denormals_are_flushed() != joined->flushes_denormals) flush_denormals(joined->flushes_denormals);
    take_chunks(joined);
    pthread_mutex_lock(&pool.lock);
    if (--joined->joined == 0) pthread_cond_signal(&joined->all_left);
  }
  return NULL;
}

/// Starts a helper, which leaves signals to the program's own threads. Where none can be started, the others do its work.
static void start_helper(void) {
  sigset_t all, before;
  pthread_t thread;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  if (!pthread_create(&thread, NULL, help, NULL)) pthread_detach(thread);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void in_parallel(int threads, int64_t chunks, void (*body)(void *, int64_t), void *argument) {
  job shared = {.body = body, .argument = argument, .chunks = chunks, .flushes_denormals = denormals_are_flushed(),
                .all_left = PTHREAD_COND_INITIALIZER};
  int helpers = (int64_t)threads < chunks ? threads - 1 : (int)chunks - 1;
  if (helpers > 0) {
    pthread_mutex_lock(&pool.lock);
    shared.open = helpers;
    shared.following = pool.first;
    pool.first = &shared;
    for (int i = pool.idle; i < helpers; i++) start_helper();
    for (int i = 0; i < helpers; i++) pthread_cond_signal(&pool.has_job);
    pthread_mutex_unlock(&pool.lock);
  }
  take_chunks(&shared);
  if (helpers > 0) {
    pthread_mutex_lock(&pool.lock);
    if (shared.open > 0) remove_job(&shared);
    while (shared.joined > 0) pthread_cond_wait(&shared.all_left, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
  }
}
