#include <string.h>

#include "include/COneDNN.h"
#include "primitives.h"

// The order of the numbers in a convolution's key.
enum { images, inputs, outputs, groups, type, has_bias, rows, columns = rows + 6 };

/// The order of the numbers of an axis, from `rows` or `columns` on.
enum { size, kernel, stride, dilation, before, after };
_Static_assert(columns + after < key_numbers, "a convolution's key has room for all its numbers");

typedef struct {
  description x, w, w_outside, y, bias;
} operands;

static int64_t size_after(int64_t size, int64_t kernel, int64_t stride, int64_t dilation, int64_t padding) {
  return (size + padding - dilation * (kernel - 1) - 1) / stride + 1;
}

static int64_t output_size(const int64_t *axis) {
  return size_after(axis[size], axis[kernel], axis[stride], axis[dilation], axis[before] + axis[after]);
}

/// Images are channels-last. The caller's weights are float32 [outputs, inputs / groups, height, width]; the library chooses its own
/// layout.
static int describe_operands(const int64_t *n, operands *o, dnnl_data_type_t weight_type) {
  dnnl_data_type_t data = data_type_of(n[type]);
  const int64_t *down = n + rows, *across = n + columns;
  int64_t height = down[size], width = across[size], high = output_size(down), wide = output_size(across);
  TRY(describe(
      &o->x, 4, (dnnl_dims_t){n[images], n[inputs], height, width}, data,
      (dnnl_dims_t){height * width * n[inputs], 1, width * n[inputs], n[inputs]}));
  TRY(describe(
      &o->y, 4, (dnnl_dims_t){n[images], n[outputs], high, wide}, data,
      (dnnl_dims_t){high * wide * n[outputs], 1, wide * n[outputs], n[outputs]}));
  TRY(describe(&o->bias, 1, (dnnl_dims_t){n[outputs]}, dnnl_f32, (dnnl_dims_t){1}));
  int64_t window = down[kernel] * across[kernel], of_group = n[inputs] / n[groups];
  dnnl_dims_t sizes = {n[groups], n[outputs] / n[groups], of_group, down[kernel], across[kernel]};
  dnnl_dims_t strides = {
      n[outputs] / n[groups] * of_group * window, of_group * window, window, across[kernel], 1};
  int grouped = n[groups] > 1;
  TRY(describe(&o->w_outside, 4 + grouped, sizes + !grouped, dnnl_f32, strides + !grouped));
  return describe_any(&o->w, 4 + grouped, sizes + !grouped, weight_type);
}

/// How windows move, as the library takes it: its dilation is the number of elements that a window leaves out between two.
typedef struct {
  dnnl_dims_t strides, dilations, before, after;
} movement;

static movement movement_of(const int64_t *n) {
  const int64_t *down = n + rows, *across = n + columns;
  return (movement){
      {down[stride], across[stride]},
      {down[dilation] - 1, across[dilation] - 1},
      {down[before], across[before]},
      {down[after], across[after]}};
}

static void forget_operands(operands *o) {
  forget_description(&o->x);
  forget_description(&o->w);
  forget_description(&o->w_outside);
  forget_description(&o->y);
  forget_description(&o->bias);
}

static int create_forward_description(
    const int64_t *n, operands *o, dnnl_primitive_desc_t *to) {
  movement m = movement_of(n);
#if DNNL_VERSION_MAJOR >= 3
  return dnnl.convolution_forward_primitive_desc_create(
      to, the_engine(), dnnl_forward_training, dnnl_convolution_direct, o->x, o->w, n[has_bias] ? o->bias : NULL, o->y,
      m.strides, m.dilations, m.before, m.after, NULL);
#else
  dnnl_convolution_desc_t operation;
  TRY(dnnl.dilated_convolution_forward_desc_init(
      &operation, dnnl_forward_training, dnnl_convolution_direct, &o->x, &o->w, n[has_bias] ? &o->bias : NULL, &o->y,
      m.strides, m.dilations, m.before, m.after));
  return dnnl.primitive_desc_create(to, &operation, NULL, the_engine(), NULL);
#endif
}

static int create_gradient_description(
    const int64_t *n, operands *o, int of_weights, dnnl_primitive_desc_t forward, dnnl_primitive_desc_t *to) {
  movement m = movement_of(n);
#if DNNL_VERSION_MAJOR >= 3
  return of_weights ? dnnl.convolution_backward_weights_primitive_desc_create(
                          to, the_engine(), dnnl_convolution_direct, o->x, o->w, NULL, o->y, m.strides,
                          m.dilations, m.before, m.after, forward, NULL)
                    : dnnl.convolution_backward_data_primitive_desc_create(
                          to, the_engine(), dnnl_convolution_direct, o->x, o->w, o->y, m.strides, m.dilations,
                          m.before, m.after, forward, NULL);
#else
  dnnl_convolution_desc_t operation;
  TRY(of_weights ? dnnl.dilated_convolution_backward_weights_desc_init(
                       &operation, dnnl_convolution_direct, &o->x, &o->w, NULL, &o->y, m.strides, m.dilations, m.before,
                       m.after)
                 : dnnl.dilated_convolution_backward_data_desc_init(
                       &operation, dnnl_convolution_direct, &o->x, &o->w, &o->y, m.strides, m.dilations, m.before,
                       m.after));
  return dnnl.primitive_desc_create(to, &operation, NULL, the_engine(), forward);
#endif
}

static int create_forward(primitive *p) {
  const int64_t *n = p->key.numbers;
  operands o;
  TRY(describe_operands(n, &o, data_type_of(n[type])));
  dnnl_primitive_desc_t from;
  TRY(create_forward_description(n, &o, &from));
  TRY(add_operand(p, DNNL_ARG_SRC, IN(o.x)));
  TRY(add_converted_operand(
      p, DNNL_ARG_WEIGHTS, IN(o.w_outside), dnnl.primitive_desc_query_md(from, dnnl_query_weights_md, 0), 0));
  TRY(add_operand(p, DNNL_ARG_DST, IN(o.y)));
  if (n[has_bias]) TRY(add_operand(p, DNNL_ARG_BIAS, IN(o.bias)));
  forget_operands(&o);
  return create_main(p, from);
}

static int create_gradient(primitive *p, int of_weights) {
  const int64_t *n = p->key.numbers;
  operands o;
  dnnl_data_type_t data = data_type_of(n[type]);
  TRY(describe_operands(n, &o, data));
  dnnl_primitive_desc_t forward, from;
  TRY(create_forward_description(n, &o, &forward));
  if (of_weights) {
    // The gradient of weights is float32 for every type of images.
    forget_operands(&o);
    TRY(describe_operands(n, &o, dnnl_f32));
  }
  TRY(create_gradient_description(n, &o, of_weights, forward, &from));
  TRY(dnnl.primitive_desc_destroy(forward));
  if (of_weights) {
    TRY(add_operand(p, DNNL_ARG_SRC, IN(o.x)));
    TRY(add_operand(p, DNNL_ARG_DIFF_DST, IN(o.y)));
    TRY(add_converted_operand(
        p, DNNL_ARG_DIFF_WEIGHTS, IN(o.w_outside), dnnl.primitive_desc_query_md(from, dnnl_query_diff_weights_md, 0),
        1));
  } else {
    TRY(add_operand(p, DNNL_ARG_DIFF_DST, IN(o.y)));
    TRY(add_converted_operand(
        p, DNNL_ARG_WEIGHTS, IN(o.w_outside), dnnl.primitive_desc_query_md(from, dnnl_query_weights_md, 0), 0));
    TRY(add_operand(p, DNNL_ARG_DIFF_SRC, IN(o.x)));
  }
  forget_operands(&o);
  return create_main(p, from);
}

static int create_input_gradient(primitive *p) { return create_gradient(p, 0); }
static int create_weight_gradient(primitive *p) { return create_gradient(p, 1); }

static int run(
    const onednn_convolution *of, int kind, int biased, int (*create)(primitive *), void *const *memory) {
  primitive_key key;
  memset(&key, 0, sizeof key);
  key.kind = kind;
  int64_t *n = key.numbers;
  n[images] = of->images;
  n[inputs] = of->inputs;
  n[outputs] = of->outputs;
  n[groups] = of->groups;
  n[type] = of->type;
  n[has_bias] = biased;
  _Static_assert(sizeof of->rows == (columns - rows) * sizeof *n, "an axis has the numbers of the key's");
  memcpy(n + rows, &of->rows, sizeof of->rows);
  memcpy(n + columns, &of->columns, sizeof of->columns);
  double pixels = (double)output_size(n + rows) * (double)output_size(n + columns) * (double)of->images;
  double weights = (double)of->outputs * (double)(of->inputs / of->groups)
      * (double)(of->rows.kernel * of->columns.kernel);
  return compute(&key, 2 * pixels * weights, create, memory);
}

int onednn_convolve(const onednn_convolution *of, const void *x, const float *w, const float *bias, void *y) {
  void *memory[] = {(void *)x, (void *)w, y, (void *)bias};
  return run(of, kind_convolution, bias != NULL, create_forward, memory);
}

int onednn_convolve_to_input(const onednn_convolution *of, const void *g, const float *w, void *x) {
  void *memory[] = {(void *)g, (void *)w, x};
  return run(of, kind_input_gradient, 0, create_input_gradient, memory);
}

int onednn_convolve_to_weight(const onednn_convolution *of, const void *x, const void *g, float *w) {
  void *memory[] = {(void *)x, (void *)g, w};
  return run(of, kind_weight_gradient, 0, create_weight_gradient, memory);
}
