#include "include/precision.h"

#include <string.h>

#include "dispatch.h"

/// The bits of x rounded to the nearest bfloat16, ties to even.
INLINED uint32_t rounded_to_bfloat16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  // A NaN may round up to infinity; one bit of its fraction is kept set instead.
  return (bits & 0x7fffffff) > 0x7f800000 ? bits >> 16 | 0x40 : rounded;
}

DISPATCHED void narrow_to_bfloat16(const float *x, uint16_t *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = (uint16_t)rounded_to_bfloat16(x[i]);
}

DISPATCHED void round_to_bfloat16(const float *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint32_t bits = rounded_to_bfloat16(x[i]) << 16;
    memcpy(&y[i], &bits, 4);
  }
}

DISPATCHED void widen_bfloat16(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint32_t bits = (uint32_t)x[i] << 16;
    memcpy(&y[i], &bits, 4);
  }
}

DISPATCHED void narrow_to_float16(const float *x, uint16_t *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    _Float16 narrow = (_Float16)x[i];
    memcpy(&y[i], &narrow, 2);
  }
}

DISPATCHED void widen_float16(const uint16_t *x, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    _Float16 narrow;
    memcpy(&narrow, &x[i], 2);
    y[i] = (float)narrow;
  }
}

DISPATCHED void relu_half(const uint16_t *x, uint16_t *y, size_t n, uint16_t infinity) {
  // Bits above those of infinity are NaN, which stay.
  for (size_t i = 0; i < n; i++) y[i] = (uint16_t)(x[i] & 0x8000 && (x[i] & 0x7fff) <= infinity ? 0 : x[i]);
}

DISPATCHED void relu_gradient_half(const uint16_t *g, const uint16_t *y, uint16_t *d, size_t n) {
  for (size_t i = 0; i < n; i++) d[i] = (uint16_t)((y[i] & 0x7fff) == 0 ? 0 : g[i]);
}
