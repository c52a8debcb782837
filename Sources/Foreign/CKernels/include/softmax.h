// Softmax and its cross-entropy, row by row; the row's maximum is subtracted first, so no exponent overflows.
#ifndef CKERNELS_SOFTMAX_H
#define CKERNELS_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

/// p[r, c] = exp(x[r, c] - log sum exp x[r]).
void softmax_rows(const float *_Nonnull x, float *_Nonnull p, size_t rows, size_t columns);

/// losses[r] = log sum exp x[r] - x[r, labels[r]], labels within 0 ..< columns.
void cross_entropy_rows(
    const float *_Nonnull x, const int32_t *_Nonnull labels, float *_Nonnull losses, size_t rows, size_t columns);

/// g[r, c] = weight * (softmax(x[r])[c] - (c == labels[r])).
void cross_entropy_gradient(
    const float *_Nonnull x, const int32_t *_Nonnull labels, float weight, float *_Nonnull g, size_t rows,
    size_t columns);

#endif
