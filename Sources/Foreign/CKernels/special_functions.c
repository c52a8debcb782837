#include "special_functions.h"

#include <math.h>

#include "include/elementwise.h"

enum { block = 64 };

INLINED int are_small(const float *x, size_t n) {
  int small = 1;
  for (size_t i = 0; i < n; i++) small &= __builtin_fabsf(x[i]) <= largest_angle;
  return small;
}

// Angles beyond the limit, infinite ones and NaN are left to the system's library.
#define TRIGONOMETRIC(name, quick, slow)                        \
  DISPATCHED void name(floats_in x, floats_out y, size_t n) {   \
    for (size_t i = 0; i < n; i += block) {                     \
      size_t count = n - i < block ? n - i : block;             \
      const float *from = x + i;                                \
      float *to = y + i;                                        \
      if (are_small(from, count))                               \
        for (size_t k = 0; k < count; k++) to[k] = quick;       \
      else                                                      \
        for (size_t k = 0; k < count; k++) to[k] = slow;        \
    }                                                           \
  }

// The sine of 0 keeps its sign.
TRIGONOMETRIC(unary_sin, from[k] == 0 ? from[k] : sine_at(from[k], 0), sinf(from[k]))
TRIGONOMETRIC(unary_cos, sine_at(from[k], 1), cosf(from[k]))

DISPATCHED void unary_erf(floats_in x, floats_out y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = erf1(x[i]);
}

DISPATCHED void power(floats_in x, floats_out y, size_t n, float exponent) {
  for (size_t i = 0; i < n; i++) y[i] = pow1(x[i], exponent);
}
