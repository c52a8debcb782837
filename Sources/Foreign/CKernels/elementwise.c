#include "include/elementwise.h"

#include "dispatch.h"
#include "special_functions.h"
#include "vector_math.h"

#define UNARY(name, expression)                       \
  DISPATCHED void name(floats_in from, floats_out to, size_t n) { \
    for (size_t i = 0; i < n; i++) {                  \
      float x = from[i];                              \
      to[i] = (expression);                           \
    }                                                 \
  }

UNARY(unary_relu, x < 0 ? 0 : x)
UNARY(unary_sigmoid, sigmoid1(x))
UNARY(unary_tanh, tanh1(x))
UNARY(unary_exp, exp1(x))
UNARY(unary_log, log1(x))
UNARY(unary_square, x *x)
// The vector builtin, since a loop over sqrtf, which may set errno, is not vectorized.
UNARY(unary_square_root, __builtin_elementwise_sqrt(x))
UNARY(unary_absolute, __builtin_fabsf(x))
UNARY(unary_floor, __builtin_elementwise_floor(x))
UNARY(unary_ceil, __builtin_elementwise_ceil(x))
UNARY(unary_round, __builtin_elementwise_rint(x))

DISPATCHED void scale_offset(floats_in x, float factor, float offset, floats_out y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = factor * x[i] + offset;
}

DISPATCHED void add_scaled(floats_in x, float factor, floats_out y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

DISPATCHED void fill(float value, floats_out y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = value;
}

/// Moves `offset` to the next row over all dimensions but the last; false after the last row.
INLINED int advance(int64_t *index, const int64_t *sizes, int rank) {
  for (int d = rank - 2; d >= 0; d--) {
    if (++index[d] < sizes[d]) return 1;
    index[d] = 0;
  }
  return 0;
}

INLINED int64_t place(const int64_t *index, const int64_t *strides, int rank) {
  int64_t at = 0;
  for (int d = 0; d < rank - 1; d++) at += index[d] * strides[d];
  return at;
}

#define BINARY(name, expression)                                                                               \
  DISPATCHED static void name##_row(                                                                           \
      const float *a, int64_t step_a, const float *b, int64_t step_b, float *y, int64_t n) {                   \
    if (step_a && step_b)                                                                                      \
      for (int64_t i = 0; i < n; i++) {                                                                        \
        float l = a[i], r = b[i];                                                                              \
        y[i] = (expression);                                                                                   \
      }                                                                                                        \
    else if (step_a)                                                                                           \
      for (int64_t i = 0; i < n; i++) {                                                                        \
        float l = a[i], r = b[0];                                                                              \
        y[i] = (expression);                                                                                   \
      }                                                                                                        \
    else                                                                                                       \
      for (int64_t i = 0; i < n; i++) {                                                                        \
        float l = a[0], r = b[i * step_b];                                                                     \
        y[i] = (expression);                                                                                   \
      }                                                                                                        \
  }                                                                                                            \
  void name(                                                                                                   \
      floats_in a, const int64_t *a_strides, floats_in b, const int64_t *b_strides, floats_out y,              \
      const int64_t *sizes, int rank) {                                                                        \
    int64_t index[8] = {0}, n = sizes[rank - 1], step_a = a_strides[rank - 1], step_b = b_strides[rank - 1];   \
    do {                                                                                                       \
      name##_row(a + place(index, a_strides, rank), step_a, b + place(index, b_strides, rank), step_b, y, n);  \
      y += n;                                                                                                  \
    } while (advance(index, sizes, rank));                                                                     \
  }

BINARY(binary_add, l + r)
BINARY(binary_subtract, l - r)
BINARY(binary_multiply, l *r)
BINARY(binary_divide, l / r)
BINARY(binary_sigmoid_gradient, l *(r * (1 - r)))
BINARY(binary_tanh_gradient, l *(1 - r * r))
BINARY(binary_maximum, l > r || l != l ? l : r)
BINARY(binary_minimum, l < r || l != l ? l : r)
BINARY(binary_maximum_share, l < r ? 0.0f : l == r ? 0.5f : 1.0f)
BINARY(binary_power, pow1(l, r))
BINARY(binary_mask, r == 0 ? 0.0f : l * r)
BINARY(binary_less, l < r ? 1.0f : 0.0f)
BINARY(binary_less_or_equal, l <= r ? 1.0f : 0.0f)
BINARY(binary_equal, l == r ? 1.0f : 0.0f)

DISPATCHED void select_where(floats_in condition, floats_in x, floats_in y, floats_out z, size_t n) {
  for (size_t i = 0; i < n; i++) z[i] = condition[i] != 0 ? x[i] : y[i];
}

/// y [rows, columns] = x, whose columns are contiguous and lie `step` apart, in squares that fit in the cache.
static void transpose(const float *x, int64_t step, float *y, int64_t rows, int64_t columns) {
  enum { side = 16 };
  for (int64_t r = 0; r < rows; r += side)
    for (int64_t c = 0; c < columns; c += side)
      for (int64_t i = r; i < rows && i < r + side; i++)
        for (int64_t j = c; j < columns && j < c + side; j++) y[i * columns + j] = x[i + j * step];
}

void copy_strided(floats_in x, const int64_t *strides, floats_out y, const int64_t *sizes, int rank) {
  if (rank >= 2 && strides[rank - 2] == 1 && strides[rank - 1] != 1) {
    // The last two dimensions as one, the square's.
    int64_t index[8] = {0}, rows = sizes[rank - 2], columns = sizes[rank - 1];
    do {
      transpose(x + place(index, strides, rank - 1), strides[rank - 1], y, rows, columns);
      y += rows * columns;
    } while (advance(index, sizes, rank - 1));
    return;
  }
  int64_t index[8] = {0}, n = sizes[rank - 1], step = strides[rank - 1];
  do {
    const float *row = x + place(index, strides, rank);
    for (int64_t i = 0; i < n; i++) *y++ = row[i * step];
  } while (advance(index, sizes, rank));
}
