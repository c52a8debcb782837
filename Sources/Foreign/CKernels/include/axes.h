// Extremes and cumulative sums along one dimension.
#ifndef CKERNELS_AXES_H
#define CKERNELS_AXES_H

#include <stdint.h>

/// A tensor [outer, size, inner] around the dimension of this size.
typedef struct {
  int64_t outer, size, inner;
} axis_layout;

/// y [outer, inner] = the largest elements of x along the dimension, or the smallest, a NaN before all; and unless NULL where they
/// are, the first of equals. Nothing is done if the size is 0.
void extremes_along(
    const float *_Nonnull x, float *_Nonnull y, int64_t *_Nullable index, axis_layout layout, int smallest);

/// y[o, k, i] = the sum of x[o, 0...k, i], or where reversed of x[o, k..., i], accumulated in Float64.
void cumulative_sums(const float *_Nonnull x, float *_Nonnull y, axis_layout layout, int reversed);

#endif
