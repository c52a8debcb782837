#include "primitives.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "include/COneDNN.h"

/// The number of primitives that a thread keeps; far more than a net of fixed shapes needs.
enum { most_primitives = 1024 };

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
static int begun = dnnl_runtime_error;

dnnl_engine_t the_engine(void) { return engine; }

static void forget(primitive *p) {
  if (p->converted >= 0) {
    // Memory that was made for the library's own layout belongs to the primitive.
    void *inside = NULL;
    if (p->operands[p->converted] && !dnnl_memory_get_data_handle(p->operands[p->converted], &inside)) free(inside);
  }
  dnnl_primitive_t primitives[] = {p->main, p->before, p->after};
  for (int i = 0; i < 3; i++)
    if (primitives[i]) dnnl_primitive_destroy(primitives[i]);
  for (int i = 0; i < p->count; i++)
    if (p->operands[i]) dnnl_memory_destroy(p->operands[i]);
  if (p->outside) dnnl_memory_destroy(p->outside);
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
  if (c->stream) dnnl_stream_destroy(c->stream);
  memset(c, 0, sizeof *c);
}

static void begin(void) {
  pthread_key_create(&at_exit_key, at_exit);
  begun = dnnl_engine_create(&engine, dnnl_cpu, 0);
}

static int prepare_thread(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, begin);
  if (begun != dnnl_success) return begun;
  if (!local.stream) TRY(dnnl_stream_create(&local.stream, engine, dnnl_stream_default_flags));
  if (!local.registered) {
    pthread_setspecific(at_exit_key, &local);
    local.registered = 1;
  }
  return 0;
}

const char *onednn_reason(int code) {
  switch (code) {
    case dnnl_success: return "success";
    case dnnl_out_of_memory: return "out of memory";
    case dnnl_invalid_arguments: return "invalid arguments";
    case dnnl_unimplemented: return "not implemented for this processor";
    default: return "internal error of oneDNN";
  }
}

/// Whether the library may use a set of instructions. Each set has the bits of those that it includes.
static bool has_instructions(int set) { return ((int)dnnl_get_effective_cpu_isa() & set) == set; }

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
  // The library may be linked to any OpenMP runtime; this calls the one that is loaded.
  void (*set)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set) set(count);
  local.threads = count;
  local.last = NULL;
}

void onednn_on_each_thread(void (*body)(void *), void *argument) {
  // The same; other OpenMP runtimes have this function of GNU's too. 0 is the number of threads that was set.
  void (*parallel)(void (*)(void *), void *, unsigned, unsigned) =
      (void (*)(void (*)(void *), void *, unsigned, unsigned))dlsym(RTLD_DEFAULT, "GOMP_parallel");
  if (parallel)
    parallel(body, argument, 0, 0);
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

int find_primitive(primitive_key *key, int (*create)(primitive *), primitive **found) {
  TRY(prepare_thread());
  key->threads = local.threads;
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
  TRY(dnnl_primitive_create(&p->main, from));
  return dnnl_primitive_desc_destroy(from);
}

int add_operand(primitive *p, int role, description_in d) {
  p->roles[p->count] = role;
  TRY(dnnl_memory_create(&p->operands[p->count], d, engine, DNNL_MEMORY_NONE));
  p->count++;
  return 0;
}

int add_converted_operand(primitive *p, int role, description_in outside, description_in inside, int is_result) {
  if (dnnl_memory_desc_equal(outside, inside)) return add_operand(p, role, outside);
  int index = p->count;
  TRY(add_operand(p, role, inside));
  size_t bytes = (dnnl_memory_desc_get_size(inside) + 63) / 64 * 64;
  void *memory = aligned_alloc(64, bytes);
  if (!memory) return dnnl_out_of_memory;
  // What the layout pads with must be zeros.
  memset(memory, 0, bytes);
  p->converted = index;
  TRY(dnnl_memory_set_data_handle(p->operands[index], memory));
  TRY(dnnl_memory_create(&p->outside, outside, engine, DNNL_MEMORY_NONE));
  dnnl_primitive_desc_t conversion;
  TRY(dnnl_reorder_primitive_desc_create(
      &conversion, is_result ? inside : outside, engine, is_result ? outside : inside, engine, NULL));
  TRY(dnnl_primitive_create(is_result ? &p->after : &p->before, conversion));
  return dnnl_primitive_desc_destroy(conversion);
}

int run_primitive(primitive *p, void *const *memory) {
  dnnl_exec_arg_t arguments[most_operands];
  for (int i = 0; i < p->count; i++) {
    TRY(dnnl_memory_set_data_handle(i == p->converted ? p->outside : p->operands[i], memory[i]));
    arguments[i] = (dnnl_exec_arg_t){p->roles[i], p->operands[i]};
  }
  if (p->before) {
    dnnl_exec_arg_t ways[] = {{DNNL_ARG_FROM, p->outside}, {DNNL_ARG_TO, p->operands[p->converted]}};
    TRY(dnnl_primitive_execute(p->before, local.stream, 2, ways));
  }
  TRY(dnnl_primitive_execute(p->main, local.stream, p->count, arguments));
  if (p->after) {
    dnnl_exec_arg_t ways[] = {{DNNL_ARG_FROM, p->operands[p->converted]}, {DNNL_ARG_TO, p->outside}};
    TRY(dnnl_primitive_execute(p->after, local.stream, 2, ways));
  }
  return dnnl_stream_wait(local.stream);
}
