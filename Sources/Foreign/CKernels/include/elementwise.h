// Elementwise operations of one and two inputs, and their derivatives.
#ifndef CKERNELS_ELEMENTWISE_H
#define CKERNELS_ELEMENTWISE_H

#include <stddef.h>
#include <stdint.h>

typedef const float *_Nonnull floats_in;
typedef float *_Nonnull floats_out;

/// y[i] = f(x[i]) for n elements; x and y may be the same memory.
typedef void unary_kernel(floats_in x, floats_out y, size_t n);

unary_kernel unary_relu, unary_sigmoid, unary_tanh, unary_exp, unary_log, unary_square, unary_square_root,
    unary_absolute;

/// y[i] = factor * x[i] + offset.
void scale_offset(floats_in x, float factor, float offset, floats_out y, size_t n);

/// y[i] += factor * x[i].
void add_scaled(floats_in x, float factor, floats_out y, size_t n);

/// y[i] = value.
void fill(float value, floats_out y, size_t n);

/// y = f(a, b) over `rank` dimensions `sizes`, y contiguous; a and b step by their strides (elements), 0 where they are
/// broadcast. The strides of the last dimension are 0 or 1.
typedef void binary_kernel(
    floats_in a, const int64_t *_Nonnull a_strides, floats_in b, const int64_t *_Nonnull b_strides, floats_out y,
    const int64_t *_Nonnull sizes, int rank);

binary_kernel binary_add, binary_subtract, binary_multiply, binary_divide;

/// Derivatives: a is the gradient g of the output, b the saved output y. sigmoid: g y (1 - y). tanh: g (1 - y^2).
binary_kernel binary_sigmoid_gradient, binary_tanh_gradient;

/// Copies x, read by `strides` over `sizes`, to contiguous y: transposition and broadcasting.
void copy_strided(
    floats_in x, const int64_t *_Nonnull strides, floats_out y, const int64_t *_Nonnull sizes, int rank);

#endif
