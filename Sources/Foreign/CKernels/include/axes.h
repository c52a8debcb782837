// Extremes and cumulative sums along one dimension.
#ifndef CKERNELS_AXES_H
#define CKERNELS_AXES_H

#include <stdint.h>

#include "layout.h"

/// y [outer, inner] = the largest elements of x along the dimension, or the smallest, a NaN before all; and unless NULL where they
/// are, the first of equals. Nothing is done if the size is 0.
void extremes_along(
    const float *_Nonnull x, float *_Nonnull y, long *_Nullable index, axis_layout layout, int smallest);

/// y[o, k, i] = the sum of x[o, 0...k, i], or where reversed of x[o, k..., i], accumulated in Float64; for the units from `unit` to
/// before `end`.
void cumulative_sums(
    const float *_Nonnull x, float *_Nonnull y, axis_layout layout, int64_t unit, int64_t end, int reversed);

/// positions[o, k, i] = (o size + index[o, k, i]) inner + i, for indices of this layout into a dimension of `size` elements. Returns the
/// position of the first index that is out of range, after which nothing is written, or -1.
int64_t positions_along(const long *_Nonnull index, axis_layout layout, int64_t size, int32_t *_Nonnull positions);

#endif
