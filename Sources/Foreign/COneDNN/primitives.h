// The cache of each thread's primitives.
#ifndef CONEDNN_PRIMITIVES_H
#define CONEDNN_PRIMITIVES_H

#include "include/COneDNN.h"
#include "library.h"

enum { key_numbers = 18, most_operands = 4 };

/// The library's name of a type of stored numbers.
static inline dnnl_data_type_t data_type_of(int64_t type) {
  return type == onednn_bfloat16 ? dnnl_bf16 : type == onednn_float16 ? dnnl_f16 : dnnl_f32;
}

/// The key of a primitive: what it computes. Keys are compared as bytes, so unused numbers are 0.
typedef struct {
  int64_t numbers[key_numbers];
  int32_t kind, threads;
} primitive_key;

enum { kind_product = 1, kind_convolution, kind_input_gradient, kind_weight_gradient };

/// A primitive with its operands. If the library needs an operand in another layout, a second primitive converts it before the main one
/// runs, or back afterwards.
typedef struct {
  primitive_key key;
  dnnl_primitive_t main, before, after;
  int count;
  int roles[most_operands];
  dnnl_memory_t operands[most_operands];
  /// The caller's side of the operand that `before` or `after` converts, and which one that is.
  dnnl_memory_t outside;
  int converted;
} primitive;

/// Runs the calling thread's primitive for `key`, which `create` creates if there is none yet, over memory, one address for each operand
/// in the order of `roles`. Work of few `operations` runs on one thread. Sets `key->threads`.
int compute(primitive_key *key, double operations, int (*create)(primitive *), void *const *memory);

dnnl_engine_t the_engine(void);

/// The main primitive from its description, which is released.
int create_main(primitive *p, dnnl_primitive_desc_t from);

/// The next operand, whose memory lies as `d` says.
int add_operand(primitive *p, int role, description_in d);

/// The next operand, which lies outside as `outside` says and inside as `inside` says; `is_result` converts it afterwards.
int add_converted_operand(primitive *p, int role, description_in outside, description_in inside, int is_result);

#endif
