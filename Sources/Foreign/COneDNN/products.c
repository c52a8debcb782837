#include <string.h>

#include "include/COneDNN.h"
#include "primitives.h"

// The order of the numbers in a product's key.
enum { batches, rows, inner, columns, a_transposed, b_transposed, a_type, b_type, c_type, has_bias };

/// A batch of matrices, which may be stored transposed.
static int describe_matrices(description *d, const int64_t *n, int64_t r, int64_t c, int64_t transposed, int64_t type) {
  dnnl_dims_t sizes = {n[batches], r, c};
  dnnl_dims_t strides = {r * c, transposed ? 1 : c, transposed ? r : 1};
  int stacked = n[batches] > 1;
  return describe(d, stacked ? 3 : 2, sizes + !stacked, data_type_of(type), strides + !stacked);
}

static int create_product(primitive *p) {
  const int64_t *n = p->key.numbers;
  description a, b, c, bias;
  TRY(describe_matrices(&a, n, n[rows], n[inner], n[a_transposed], n[a_type]));
  TRY(describe_matrices(&b, n, n[inner], n[columns], n[b_transposed], n[b_type]));
  TRY(describe_matrices(&c, n, n[rows], n[columns], 0, n[c_type]));
  TRY(describe(&bias, 2, (dnnl_dims_t){1, n[columns]}, dnnl_f32, (dnnl_dims_t){n[columns], 1}));
  dnnl_primitive_desc_t from;
#if DNNL_VERSION_MAJOR >= 3
  TRY(dnnl.matmul_primitive_desc_create(&from, the_engine(), a, b, n[has_bias] ? bias : NULL, c, NULL));
#else
  dnnl_matmul_desc_t operation;
  TRY(dnnl.matmul_desc_init(&operation, &a, &b, n[has_bias] ? &bias : NULL, &c));
  TRY(dnnl.primitive_desc_create(&from, &operation, NULL, the_engine(), NULL));
#endif
  TRY(create_main(p, from));
  TRY(add_operand(p, DNNL_ARG_SRC, IN(a)));
  TRY(add_operand(p, DNNL_ARG_WEIGHTS, IN(b)));
  TRY(add_operand(p, DNNL_ARG_DST, IN(c)));
  if (n[has_bias]) TRY(add_operand(p, DNNL_ARG_BIAS, IN(bias)));
  forget_description(&a);
  forget_description(&b);
  forget_description(&c);
  forget_description(&bias);
  return 0;
}

int onednn_multiply(const onednn_product *of, const void *a, const void *b, const float *bias, void *c) {
  primitive_key key;
  memset(&key, 0, sizeof key);
  key.kind = kind_product;
  key.numbers[batches] = of->batches;
  key.numbers[rows] = of->rows;
  key.numbers[inner] = of->inner;
  key.numbers[columns] = of->columns;
  key.numbers[a_transposed] = of->a_transposed;
  key.numbers[b_transposed] = of->b_transposed;
  key.numbers[a_type] = of->a_type;
  key.numbers[b_type] = of->b_type;
  key.numbers[c_type] = of->c_type;
  key.numbers[has_bias] = bias != NULL;
  void *memory[] = {(void *)a, (void *)b, c, (void *)bias};
  double operations = 2.0 * (double)of->batches * (double)of->rows * (double)of->inner * (double)of->columns;
  return compute(&key, operations, create_product, memory);
}

bool onednn_takes_float16(void) {
  enum { size = 16 };
  static const onednn_product of = {
      .batches = 1, .rows = size, .inner = size, .columns = size,
      .a_type = onednn_float16, .b_type = onednn_float16, .c_type = onednn_float16};
  uint16_t a[size * size] = {0}, b[size * size] = {0}, c[size * size];
  return onednn_multiply(&of, a, b, NULL, c) == 0;
}
