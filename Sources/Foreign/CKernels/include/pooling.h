// Pooling of channels-last images over windows that may reach beyond the edge.
#ifndef CKERNELS_POOLING_H
#define CKERNELS_POOLING_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  int64_t images, height, width, channels, out_height, out_width, kernel_height, kernel_width, stride, padding;
} pooling;

/// y = the largest element of each window, the first of equals, a NaN before all; `indices` are those of these elements in x.
void pool_largest(const pooling *_Nonnull of, const float *_Nonnull x, float *_Nonnull y, int32_t *_Nonnull indices);

/// y[i] = x[indices[i]], and y[indices[i]] += x[i], for n elements.
void gather(const float *_Nonnull x, const int32_t *_Nonnull indices, float *_Nonnull y, size_t n);
void scatter_add(const float *_Nonnull x, const int32_t *_Nonnull indices, float *_Nonnull y, size_t n);

/// y = the sum of each window / (kernel_height kernel_width), elements beyond the edge counting as 0; and its transpose.
void pool_mean(const pooling *_Nonnull of, const float *_Nonnull x, float *_Nonnull y);
void spread_mean(const pooling *_Nonnull of, const float *_Nonnull y, float *_Nonnull x);

#endif
