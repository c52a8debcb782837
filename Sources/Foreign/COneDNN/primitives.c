#include "primitives.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "include/COneDNN.h"
#include "threads.h"

/// The number of primitives that a thread keeps; far more than a net of fixed shapes needs.
enum { most_primitives = 1024 };

/// The number of operations from which work is shared among threads. Below it, waking them up takes as long as they save: on two
/// processors a product of 17 million operations takes the same time with one thread and two, one of 34 million two thirds of it, and
/// where other programs run, two threads are no faster up to 70 million.
static const double least_shared = 1 << 25;

typedef struct {
  primitive *table;
  size_t count, capacity;
  int threads, registered;
  primitive *last;
  dnnl_stream_t stream;
} cache;

static _Thread_local cache local __attribute__((tls_model("initial-exec")));
static dnnl_engine_t engine;
static pthread_key_t at_exit_key;
static int begun = dnnl_runtime_error, allowed_threads = 1;

dnnl_engine_t the_engine(void) { return engine; }

static void forget(primitive *p) {
  if (p->converted >= 0) {
    // Memory that was made for the library's own layout belongs to the primitive.
    void *inside = NULL;
    if (p->operands[p->converted] && !dnnl.memory_get_data_handle(p->operands[p->converted], &inside)) free(inside);
  }
  dnnl_primitive_t primitives[] = {p->main, p->before, p->after};
  for (int i = 0; i < 3; i++)
    if (primitives[i]) dnnl.primitive_destroy(primitives[i]);
  for (int i = 0; i < p->count; i++)
    if (p->operands[i]) dnnl.memory_destroy(p->operands[i]);
  if (p->outside) dnnl.memory_destroy(p->outside);
}

static void forget_all(cache *c) {
  for (size_t i = 0; i < c->capacity; i++)
    if (c->table[i].key.kind) forget(&c->table[i]);
  free(c->table);
  c->table = NULL;
  c->count = c->capacity = 0;
  c->last = NULL;
}

static void at_exit(void *of) {
  cache *c = of;
  forget_all(c);
  if (c->stream) dnnl.stream_destroy(c->stream);
  memset(c, 0, sizeof *c);
}

static void begin(void) {
  pthread_key_create(&at_exit_key, at_exit);
  allowed_threads = threads_allowed();
  begun = load_error ? onednn_not_loaded : dnnl.engine_create(&engine, dnnl_cpu, 0);
}

static void begin_once(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, begin);
}

static void set_threads(int count) {
  if (openmp.set_threads) openmp.set_threads(count);
}

int onednn_threads(void) {
  if (!local.threads) {
    begin_once();
    onednn_use_threads(allowed_threads);
  }
  return local.threads;
}

static int prepare_thread(void) {
  begin_once();
  if (begun != dnnl_success) return begun;
  if (!local.stream) TRY(dnnl.stream_create(&local.stream, engine, dnnl_stream_default_flags));
  if (!local.registered) {
    pthread_setspecific(at_exit_key, &local);
    local.registered = 1;
  }
  return 0;
}

const char *onednn_reason(int code) {
  switch (code) {
    case onednn_not_loaded: return load_error;
    case dnnl_success: return "success";
    case dnnl_out_of_memory: return "out of memory; use a smaller batch size";
    case dnnl_invalid_arguments: return "invalid arguments";
    case dnnl_unimplemented: return "not implemented for this processor";
    default: return "internal error of oneDNN";
  }
}

/// Whether the library may use a set of instructions. Each set has the bits of those that it includes.
static bool has_instructions(int set) { return !load_error && ((int)dnnl.get_effective_cpu_isa() & set) == set; }

bool onednn_takes_bfloat16(void) { return has_instructions((int)dnnl_cpu_isa_avx512_core); }

bool onednn_prefers_bfloat16(void) {
#if defined(__x86_64__)
  if (has_instructions((int)dnnl_cpu_isa_avx512_core_amx)) return true;
  __builtin_cpu_init();
  return __builtin_cpu_is("amd") && has_instructions((int)dnnl_cpu_isa_avx512_core_bf16);
#else
  return false;
#endif
}

void onednn_use_threads(int count) {
  set_threads(count);
  local.threads = count;
  local.last = NULL;
}

void onednn_on_each_thread(void (*body)(void *), void *argument) {
  int threads = onednn_threads();
  if (openmp.parallel)
    openmp.parallel(body, argument, (unsigned)threads, 0);
  else
    body(argument);
}

static size_t hash_of(const primitive_key *key) {
  uint64_t hash = 0x9e3779b97f4a7c15u ^ (uint64_t)key->kind << 32 ^ (uint64_t)key->threads;
  for (int i = 0; i < key_numbers; i++) {
    hash = (hash ^ (uint64_t)key->numbers[i]) * 0xbf58476d1ce4e5b9u;
    hash ^= hash >> 29;
  }
  return (size_t)hash;
}

static primitive *place_for(const primitive_key *key) {
  size_t at = hash_of(key) & (local.capacity - 1);
  while (local.table[at].key.kind && memcmp(&local.table[at].key, key, sizeof *key)) at = (at + 1) & (local.capacity - 1);
  return &local.table[at];
}

static int grow(void) {
  primitive *old = local.table;
  size_t count = local.capacity;
  local.capacity = count ? 2 * count : 64;
  local.table = calloc(local.capacity, sizeof *local.table);
  if (!local.table) return dnnl_out_of_memory;
  for (size_t i = 0; i < count; i++)
    if (old[i].key.kind) *place_for(&old[i].key) = old[i];
  free(old);
  return 0;
}

/// Sets `*found` to the calling thread's primitive for `key`; calls `create` if there is none yet.
static int find_primitive(const primitive_key *key, int (*create)(primitive *), primitive **found) {
  if (local.last && !memcmp(&local.last->key, key, sizeof *key)) {
    *found = local.last;
    return 0;
  }
  // Shapes that change all the time, as those of texts, must not fill the memory.
  if (local.count == most_primitives) forget_all(&local);
  if (local.capacity < 2 * (local.count + 1)) {
    local.last = NULL;
    TRY(grow());
  }
  primitive *p = place_for(key);
  if (!p->key.kind) {
    p->key = *key;
    p->converted = -1;
    int status = create(p);
    if (status) {
      forget(p);
      memset(p, 0, sizeof *p);
      return status;
    }
    local.count++;
  }
  *found = local.last = p;
  return 0;
}

int create_main(primitive *p, dnnl_primitive_desc_t from) {
  TRY(dnnl.primitive_create(&p->main, from));
  return dnnl.primitive_desc_destroy(from);
}

int add_operand(primitive *p, int role, description_in d) {
  p->roles[p->count] = role;
  TRY(dnnl.memory_create(&p->operands[p->count], d, engine, DNNL_MEMORY_NONE));
  p->count++;
  return 0;
}

int add_converted_operand(primitive *p, int role, description_in outside, description_in inside, int is_result) {
  if (dnnl.memory_desc_equal(outside, inside)) return add_operand(p, role, outside);
  int index = p->count;
  TRY(add_operand(p, role, inside));
  size_t bytes = (dnnl.memory_desc_get_size(inside) + 63) / 64 * 64;
  void *memory = aligned_alloc(64, bytes);
  if (!memory) return dnnl_out_of_memory;
  // What the layout pads with must be zeros.
  memset(memory, 0, bytes);
  p->converted = index;
  TRY(dnnl.memory_set_data_handle(p->operands[index], memory));
  TRY(dnnl.memory_create(&p->outside, outside, engine, DNNL_MEMORY_NONE));
  dnnl_primitive_desc_t conversion;
  TRY(dnnl.reorder_primitive_desc_create(
      &conversion, is_result ? inside : outside, engine, is_result ? outside : inside, engine, NULL));
  TRY(dnnl.primitive_create(is_result ? &p->after : &p->before, conversion));
  return dnnl.primitive_desc_destroy(conversion);
}

/// Runs a primitive over memory.
static int run_primitive(primitive *p, void *const *memory) {
  dnnl_exec_arg_t arguments[most_operands];
  for (int i = 0; i < p->count; i++) {
    TRY(dnnl.memory_set_data_handle(i == p->converted ? p->outside : p->operands[i], memory[i]));
    arguments[i] = (dnnl_exec_arg_t){p->roles[i], p->operands[i]};
  }
  if (p->before) {
    dnnl_exec_arg_t ways[] = {{DNNL_ARG_FROM, p->outside}, {DNNL_ARG_TO, p->operands[p->converted]}};
    TRY(dnnl.primitive_execute(p->before, local.stream, 2, ways));
  }
  TRY(dnnl.primitive_execute(p->main, local.stream, p->count, arguments));
  if (p->after) {
    dnnl_exec_arg_t ways[] = {{DNNL_ARG_FROM, p->operands[p->converted]}, {DNNL_ARG_TO, p->outside}};
    TRY(dnnl.primitive_execute(p->after, local.stream, 2, ways));
  }
  return dnnl.stream_wait(local.stream);
}

int compute(primitive_key *key, double operations, int (*create)(primitive *), void *const *memory) {
  TRY(prepare_thread());
  int threads = onednn_threads(), used = operations < least_shared ? 1 : threads;
  key->threads = used;
  if (used != threads) set_threads(used);
  primitive *p;
  int status = find_primitive(key, create, &p);
  if (!status) status = run_primitive(p, memory);
  if (used != threads) set_threads(threads);
  return status;
}
