#include "include/activations.h"

#include "dispatch.h"
#include "vector_math.h"

#define ACTIVATION(name, expression)                              \
  DISPATCHED void name(floats_in from, floats_out to, size_t n) { \
    for (size_t i = 0; i < n; i++) {                              \
      float x = from[i];                                          \
      to[i] = (expression);                                       \
    }                                                             \
  }

#define GRADIENT(name, derivative)                                                   \
  DISPATCHED void name(floats_in gradient, floats_in from, floats_out to, size_t n) { \
    for (size_t i = 0; i < n; i++) {                                                 \
      float x = from[i];                                                             \
      to[i] = gradient[i] * (derivative);                                            \
    }                                                                                \
  }

INLINED float clamp1(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

INLINED float softsign1(float x) {
  // Infinity would be divided by infinity.
  x = clamp1(x, -1e38f, 1e38f);
  return x / (1.0f + __builtin_fabsf(x));
}

INLINED float softsign_slope(float x) {
  float share = 1.0f / (1.0f + __builtin_fabsf(x));
  return share * share;
}

// Beyond these limits the function is 0 or 1 to all digits, but infinity times 0 would be NaN.
enum { gelu_limit = 40, silu_limit = 120 };

INLINED float silu1(float x) {
  x = x < -silu_limit ? -silu_limit : x;
  return x * sigmoid1(x);
}

INLINED float silu_slope(float x) {
  x = clamp1(x, -silu_limit, silu_limit);
  float share = sigmoid1(x);
  return share + x * (share * (1.0f - share));
}

INLINED float gelu1(float x) {
  x = x < -gelu_limit ? -gelu_limit : x;
  return x * normal_share1(x);
}

INLINED float gelu_slope(float x) {
  x = clamp1(x, -gelu_limit, gelu_limit);
  return normal_share1(x) + x * (0.398942280f * exp1(-0.5f * x * x));
}

/// (1 + tanh u) / 2 is the logistic function of 2 u, which keeps its digits where it is small.
INLINED float gelu_share(float x) { return sigmoid1(1.59576912f * (x + 0.044715f * (x * x * x))); }

INLINED float gelu_by_tanh1(float x) {
  x = x < -gelu_limit ? -gelu_limit : x;
  return x * gelu_share(x);
}

INLINED float gelu_by_tanh_slope(float x) {
  x = clamp1(x, -gelu_limit, gelu_limit);
  float share = gelu_share(x);
  return share + x * (share * (1.0f - share)) * (1.59576912f * (1.0f + 0.134145f * (x * x)));
}

/// With n = e^x (e^x + 2), tanh(ln(1 + e^x)) is n / (n + 2), which keeps its digits where it is small; above 20 it is 1.
INLINED float mish_power(float x) {
  float e = exp1(clamp1(x, -silu_limit, 20));
  return e * (e + 2.0f);
}

INLINED float mish1(float x) {
  x = x < -silu_limit ? -silu_limit : x;
  float n = mish_power(x);
  return x * (n / (n + 2.0f));
}

INLINED float mish_slope(float x) {
  x = clamp1(x, -silu_limit, silu_limit);
  float n = mish_power(x), share = 2.0f / (n + 2.0f);
  return n / (n + 2.0f) + x * (sigmoid1(x) * (share * share * (n + 1.0f)));
}

ACTIVATION(activation_softsign, softsign1(x))
ACTIVATION(activation_softplus, softplus1(x))
ACTIVATION(activation_silu, silu1(x))
ACTIVATION(activation_mish, mish1(x))
ACTIVATION(activation_gelu, gelu1(x))
ACTIVATION(activation_gelu_by_tanh, gelu_by_tanh1(x))
ACTIVATION(normal_share, normal_share1(x))
ACTIVATION(sign_of, x > 0 ? 1 : x < 0 ? -1 : x)

GRADIENT(gradient_softsign, softsign_slope(x))
GRADIENT(gradient_softplus, sigmoid1(x))
GRADIENT(gradient_silu, silu_slope(x))
GRADIENT(gradient_mish, mish_slope(x))
GRADIENT(gradient_gelu, gelu_slope(x))
GRADIENT(gradient_gelu_by_tanh, gelu_by_tanh_slope(x))

DISPATCHED void gate(floats_in g, floats_in y, floats_out d, size_t n, float below, float above) {
  for (size_t i = 0; i < n; i++) d[i] = g[i] * (y[i] > 0 ? above : y[i] <= 0 ? below : y[i]);
}

DISPATCHED void clamp(floats_in x, floats_out y, size_t n, float low, float high) {
  for (size_t i = 0; i < n; i++) y[i] = clamp1(x[i], low, high);
}

DISPATCHED void gradient_relu(floats_in g, floats_in y, floats_out d, size_t n) {
  // Otherwise the loop is not vectorized if d is g, as in most backward passes.
#pragma clang loop vectorize(assume_safety)
  for (size_t i = 0; i < n; i++) d[i] = y[i] <= 0 ? 0 : g[i];
}

DISPATCHED void gradient_clamp(floats_in g, floats_in x, floats_out d, size_t n, float low, float high) {
  for (size_t i = 0; i < n; i++) d[i] = x[i] < low || x[i] > high ? 0 : x[i] == x[i] ? g[i] : x[i];
}

DISPATCHED void activation_elu(floats_in x, floats_out y, size_t n, float scale, float alpha) {
  float below = scale * alpha;
  for (size_t i = 0; i < n; i++) y[i] = x[i] > 0 ? scale * x[i] : below * exp_minus_one(x[i]);
}

DISPATCHED void gradient_elu(floats_in g, floats_in y, floats_out d, size_t n, float scale, float alpha) {
  float below = scale * alpha;
  for (size_t i = 0; i < n; i++) d[i] = g[i] * (y[i] > 0 ? scale : y[i] + below);
}
