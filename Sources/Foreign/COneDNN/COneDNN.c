#include "include/COneDNN.h"

#include <dlfcn.h>
#include <dnnl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// A product that this thread has a primitive for. All fields are compared as bytes, so padding is cleared.
typedef struct {
  int64_t rows, inner, columns;
  int32_t a_transposed, b_transposed, biased, accumulate, threads, used;
} shape;

typedef struct {
  shape of;
  dnnl_primitive_t primitive;
  dnnl_memory_t a, b, c, bias;
} product;

typedef struct {
  product *table;
  size_t count, capacity;
  int threads, registered;
  product *last;
} cache;

static _Thread_local cache local __attribute__((tls_model("initial-exec")));
static dnnl_engine_t engine;
static _Thread_local dnnl_stream_t stream __attribute__((tls_model("initial-exec")));
static pthread_key_t at_exit_key;
static int begun = dnnl_runtime_error;

static void forget(product *p) {
  dnnl_primitive_destroy(p->primitive);
  dnnl_memory_destroy(p->a);
  dnnl_memory_destroy(p->b);
  dnnl_memory_destroy(p->c);
  if (p->bias) dnnl_memory_destroy(p->bias);
}

static void at_exit(void *of) {
  cache *c = of;
  for (size_t i = 0; i < c->capacity; i++)
    if (c->table[i].of.used) forget(&c->table[i]);
  free(c->table);
  if (stream) dnnl_stream_destroy(stream);
  stream = NULL;
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
  if (!stream) {
    int status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
    if (status != dnnl_success) return status;
  }
  if (!local.registered) {
    pthread_setspecific(at_exit_key, &local);
    local.registered = 1;
  }
  return 0;
}

int onednn_version(void) {
  const dnnl_version_t *v = dnnl_version();
  return v->major * 10000 + v->minor * 100 + v->patch;
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

void onednn_use_threads(int count) {
  // The library is linked to an OpenMP runtime of its own choice; ask the one that is loaded.
  void (*set)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set) set(count);
  local.threads = count;
  local.last = NULL;
}

#if DNNL_VERSION_MAJOR >= 3

static int describe(dnnl_memory_desc_t *d, int64_t r, int64_t c, int64_t row_step, int64_t column_step) {
  return dnnl_memory_desc_create_with_strides(
      d, 2, (dnnl_dims_t){r, c}, dnnl_f32, (dnnl_dims_t){row_step, column_step});
}
#define DESC dnnl_memory_desc_t
#define AS_ARGUMENT(d) (d)
#define RELEASE_DESC(d) dnnl_memory_desc_destroy(d)

static int describe_product(
    dnnl_primitive_desc_t *to, DESC *a, DESC *b, DESC *bias, DESC *c, const_dnnl_primitive_attr_t attributes) {
  return dnnl_matmul_primitive_desc_create(to, engine, *a, *b, bias ? *bias : NULL, *c, attributes);
}

static int append_sum(dnnl_post_ops_t to) { return dnnl_post_ops_append_sum(to, 1.0f, 0, dnnl_data_type_undef); }

#else

static int describe(dnnl_memory_desc_t *d, int64_t r, int64_t c, int64_t row_step, int64_t column_step) {
  return dnnl_memory_desc_init_by_strides(
      d, 2, (dnnl_dims_t){r, c}, dnnl_f32, (dnnl_dims_t){row_step, column_step});
}
#define DESC dnnl_memory_desc_t
#define AS_ARGUMENT(d) (&(d))
#define RELEASE_DESC(d) ((void)0)

static int describe_product(
    dnnl_primitive_desc_t *to, DESC *a, DESC *b, DESC *bias, DESC *c, const_dnnl_primitive_attr_t attributes) {
  dnnl_matmul_desc_t operation;
  int status = dnnl_matmul_desc_init(&operation, a, b, bias, c);
  return status ? status : dnnl_primitive_desc_create(to, &operation, attributes, engine, NULL);
}

static int append_sum(dnnl_post_ops_t to) { return dnnl_post_ops_append_sum(to, 1.0f); }

#endif

#define TRY(call)          \
  do {                     \
    int status = (call);   \
    if (status) return status; \
  } while (0)

static int create(product *p) {
  const shape *s = &p->of;
  DESC a, b, c, bias;
  TRY(describe(&a, s->rows, s->inner, s->a_transposed ? 1 : s->inner, s->a_transposed ? s->rows : 1));
  TRY(describe(&b, s->inner, s->columns, s->b_transposed ? 1 : s->columns, s->b_transposed ? s->inner : 1));
  TRY(describe(&c, s->rows, s->columns, s->columns, 1));
  TRY(describe(&bias, 1, s->columns, s->columns, 1));
  dnnl_primitive_attr_t attributes;
  TRY(dnnl_primitive_attr_create(&attributes));
  if (s->accumulate) {
    dnnl_post_ops_t post;
    TRY(dnnl_post_ops_create(&post));
    TRY(append_sum(post));
    TRY(dnnl_primitive_attr_set_post_ops(attributes, post));
    TRY(dnnl_post_ops_destroy(post));
  }
  dnnl_primitive_desc_t description;
  TRY(describe_product(&description, &a, &b, s->biased ? &bias : NULL, &c, attributes));
  TRY(dnnl_primitive_create(&p->primitive, description));
  TRY(dnnl_primitive_desc_destroy(description));
  TRY(dnnl_primitive_attr_destroy(attributes));
  TRY(dnnl_memory_create(&p->a, AS_ARGUMENT(a), engine, DNNL_MEMORY_NONE));
  TRY(dnnl_memory_create(&p->b, AS_ARGUMENT(b), engine, DNNL_MEMORY_NONE));
  TRY(dnnl_memory_create(&p->c, AS_ARGUMENT(c), engine, DNNL_MEMORY_NONE));
  p->bias = NULL;
  if (s->biased) TRY(dnnl_memory_create(&p->bias, AS_ARGUMENT(bias), engine, DNNL_MEMORY_NONE));
  RELEASE_DESC(a);
  RELEASE_DESC(b);
  RELEASE_DESC(c);
  RELEASE_DESC(bias);
  return 0;
}

static size_t slot_of(const shape *s) {
  uint64_t hash = 0x9e3779b97f4a7c15u;
  const uint64_t parts[] = {
      (uint64_t)s->rows, (uint64_t)s->inner, (uint64_t)s->columns,
      (uint64_t)(s->a_transposed | s->b_transposed << 1 | s->biased << 2 | s->accumulate << 3 | s->threads << 4)};
  for (int i = 0; i < 4; i++) {
    hash = (hash ^ parts[i]) * 0xbf58476d1ce4e5b9u;
    hash ^= hash >> 29;
  }
  return (size_t)hash;
}

static product *place_for(const shape *s) {
  size_t at = slot_of(s) & (local.capacity - 1);
  while (local.table[at].of.used && memcmp(&local.table[at].of, s, sizeof *s)) at = (at + 1) & (local.capacity - 1);
  return &local.table[at];
}

static int grow(void) {
  product *old = local.table;
  size_t count = local.capacity;
  local.capacity = count ? 2 * count : 64;
  local.table = calloc(local.capacity, sizeof *local.table);
  if (!local.table) return dnnl_out_of_memory;
  for (size_t i = 0; i < count; i++)
    if (old[i].of.used) *place_for(&old[i].of) = old[i];
  free(old);
  return 0;
}

static int find(const shape *s, product **found) {
  if (local.last && !memcmp(&local.last->of, s, sizeof *s)) {
    *found = local.last;
    return 0;
  }
  if (local.capacity < 2 * (local.count + 1)) {
    local.last = NULL;
    TRY(grow());
  }
  product *p = place_for(s);
  if (!p->of.used) {
    p->of = *s;
    int status = create(p);
    if (status) {
      memset(p, 0, sizeof *p);
      return status;
    }
    local.count++;
  }
  *found = local.last = p;
  return 0;
}

int onednn_product(
    const float *a, bool a_transposed, const float *b, bool b_transposed, const float *bias, float *c, int64_t rows,
    int64_t inner, int64_t columns, bool accumulate) {
  TRY(prepare_thread());
  shape s;
  memset(&s, 0, sizeof s);
  s.rows = rows;
  s.inner = inner;
  s.columns = columns;
  s.a_transposed = a_transposed;
  s.b_transposed = b_transposed;
  s.biased = bias != NULL;
  s.accumulate = accumulate;
  s.threads = local.threads;
  s.used = 1;
  product *p;
  TRY(find(&s, &p));
  TRY(dnnl_memory_set_data_handle(p->a, (void *)a));
  TRY(dnnl_memory_set_data_handle(p->b, (void *)b));
  TRY(dnnl_memory_set_data_handle(p->c, c));
  if (bias) TRY(dnnl_memory_set_data_handle(p->bias, (void *)bias));
  dnnl_exec_arg_t arguments[] = {
      {DNNL_ARG_SRC, p->a}, {DNNL_ARG_WEIGHTS, p->b}, {DNNL_ARG_DST, p->c}, {DNNL_ARG_BIAS, p->bias}};
  TRY(dnnl_primitive_execute(p->primitive, stream, bias ? 4 : 3, arguments));
  return dnnl_stream_wait(stream);
}
