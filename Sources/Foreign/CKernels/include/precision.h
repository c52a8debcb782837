// Numbers of 16 bits, to and from Float32; rounding is to the nearest, ties to even, and a NaN stays one.
#ifndef CKERNELS_PRECISION_H
#define CKERNELS_PRECISION_H

#include <stddef.h>
#include <stdint.h>

void narrow_to_bfloat16(const float *_Nonnull x, uint16_t *_Nonnull y, size_t n);
void widen_bfloat16(const uint16_t *_Nonnull x, float *_Nonnull y, size_t n);
/// y = x rounded to bfloat16, as Float32.
void round_to_bfloat16(const float *_Nonnull x, float *_Nonnull y, size_t n);

void narrow_to_float16(const float *_Nonnull x, uint16_t *_Nonnull y, size_t n);
void widen_float16(const uint16_t *_Nonnull x, float *_Nonnull y, size_t n);

/// y = x < 0 ? 0 : x on the bits of a format whose highest is the sign, and whose infinity is `infinity`.
void relu_half(const uint16_t *_Nonnull x, uint16_t *_Nonnull y, size_t n, uint16_t infinity);

/// d = y is 0 ? 0 : g, where y is the rectifier's output.
void relu_gradient_half(const uint16_t *_Nonnull g, const uint16_t *_Nonnull y, uint16_t *_Nonnull d, size_t n);

#endif
