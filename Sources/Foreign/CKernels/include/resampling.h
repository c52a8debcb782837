// Linear maps along one axis: resizing and pooling over windows of several sizes.
#ifndef CKERNELS_RESAMPLING_H
#define CKERNELS_RESAMPLING_H

#include <stdint.h>

/// y [outer, count, inner] from x [outer, size, inner]: y[o, i] = sum of weights[k] x[o, indices[k]] over k in
/// starts[i] ..< starts[i + 1], added up in this order.
void resample(
    const float *_Nonnull x, int64_t outer, int64_t size, int64_t inner, int64_t count,
    const int64_t *_Nonnull starts, const int64_t *_Nonnull indices, const float *_Nonnull weights, float *_Nonnull y);

#endif
