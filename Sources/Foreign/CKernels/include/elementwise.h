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
    unary_absolute, unary_floor, unary_ceil, unary_sin, unary_cos, unary_erf;

/// The nearest whole number, of two the even one.
unary_kernel unary_round;

/// y[i] = x[i] to the power of the exponent, with the special cases of powf.
void power(floats_in x, floats_out y, size_t n, float exponent);

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

binary_kernel binary_add, binary_subtract, binary_multiply, binary_divide, binary_power;

/// The larger and the smaller, NaN where either is; and the share of a in the larger: 1, 1/2 where they are equal, 0, and 1 where
/// either is NaN.
binary_kernel binary_maximum, binary_minimum, binary_maximum_share;

/// a b, but 0 wherever b is 0, whatever a is.
binary_kernel binary_mask;

/// 1 where it holds, otherwise 0, also where either is NaN.
binary_kernel binary_less, binary_less_or_equal, binary_equal;

/// z[i] = x[i] where the condition is not 0, otherwise y[i].
void select_where(floats_in condition, floats_in x, floats_in y, floats_out z, size_t n);

/// Derivatives: a is the gradient g of the output, b the saved output y. sigmoid: g y (1 - y). tanh: g (1 - y^2).
binary_kernel binary_sigmoid_gradient, binary_tanh_gradient;

/// Copies x, read by `strides` over `sizes`, to contiguous y: transposition and broadcasting.
void copy_strided(
    floats_in x, const int64_t *_Nonnull strides, floats_out y, const int64_t *_Nonnull sizes, int rank);

#endif
