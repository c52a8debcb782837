// Activations and their derivatives, one pass each. A derivative takes the gradient g of the output, and the saved input x
// or output y. Infinite inputs have the function's limits, not NaN.
#ifndef CKERNELS_ACTIVATIONS_H
#define CKERNELS_ACTIVATIONS_H

#include "elementwise.h"

/// x / (1 + |x|), ln(1 + e^x), x / (1 + e^-x), x tanh(ln(1 + e^x)).
unary_kernel activation_softsign, activation_softplus, activation_silu, activation_mish;

/// x F(x), with the normal distribution function F; F itself; and x F(x) with F approximated by
/// (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.
unary_kernel activation_gelu, normal_share, activation_gelu_by_tanh;

/// -1, 0 or 1.
unary_kernel sign_of;

/// d[i] = g[i] f'(x[i]) for n elements; d may be the same memory as g or x.
typedef void gradient_kernel(floats_in g, floats_in x, floats_out d, size_t n);

gradient_kernel gradient_relu, gradient_softsign, gradient_softplus, gradient_silu, gradient_mish, gradient_gelu,
    gradient_gelu_by_tanh;

/// d = y > 0 ? above * g : below * g; the derivatives of ReLU and leaky ReLU, and with g = y the functions themselves.
void gate(floats_in g, floats_in y, floats_out d, size_t n, float below, float above);

/// y = x within low ... high, or the nearer of them.
void clamp(floats_in x, floats_out y, size_t n, float low, float high);

/// d = low <= x <= high ? g : 0.
void gradient_clamp(floats_in g, floats_in x, floats_out d, size_t n, float low, float high);

/// y = scale * (x > 0 ? x : alpha * (e^x - 1)).
void activation_elu(floats_in x, floats_out y, size_t n, float scale, float alpha);

/// The same function's derivative, by its output y: d = g * (y > 0 ? scale : y + scale * alpha).
void gradient_elu(floats_in g, floats_in y, floats_out d, size_t n, float scale, float alpha);

#endif
