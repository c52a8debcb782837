// Softmax and its cross-entropy, row by row; the row's maximum is subtracted first, so no exponent overflows.
#ifndef CKERNELS_SOFTMAX_H
#define CKERNELS_SOFTMAX_H

#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/// p[r, c] = exp(x[r, c] - log sum exp x[r]).
void softmax_rows(const float *_Nonnull x, float *_Nonnull p, size_t rows, size_t columns);

/// y[r, c] = x[r, c] - log sum exp x[r].
void log_softmax_rows(const float *_Nonnull x, float *_Nonnull y, size_t rows, size_t columns);

/// d[r, c] = p[r, c] (g[r, c] - sum g[r] p[r]).
void softmax_gradient(
    const float *_Nonnull g, const float *_Nonnull p, float *_Nonnull d, size_t rows, size_t columns);

/// d[r, c] = g[r, c] - exp(y[r, c]) sum g[r].
void log_softmax_gradient(
    const float *_Nonnull g, const float *_Nonnull y, float *_Nonnull d, size_t rows, size_t columns);

/// The same four along any dimension, for the units from `unit` to before `end`.
void softmax_along(const float *_Nonnull x, float *_Nonnull p, axis_layout layout, int64_t unit, int64_t end);
void log_softmax_along(const float *_Nonnull x, float *_Nonnull y, axis_layout layout, int64_t unit, int64_t end);
void softmax_gradient_along(
    const float *_Nonnull g, const float *_Nonnull p, float *_Nonnull d, axis_layout layout, int64_t unit, int64_t end);
void log_softmax_gradient_along(
    const float *_Nonnull g, const float *_Nonnull y, float *_Nonnull d, axis_layout layout, int64_t unit, int64_t end);

/// The targets of a cross-entropy: labels within 0 ..< columns, the classes' weights (null: all 1), and label smoothing, the
/// fraction of the loss that is spread evenly over the classes.
typedef struct {
  const int32_t *_Nonnull labels;
  const float *_Nullable weights;
  float smoothing;
} class_targets;

/// losses[r] = sum of t[r, c] (log sum exp x[r] - x[r, c]), where
/// t[r, c] = weights[c] ((1 - smoothing) (c == labels[r]) + smoothing / columns).
void cross_entropy_rows(
    const float *_Nonnull x, class_targets targets, float *_Nonnull losses, size_t rows, size_t columns);

/// d[r, c] = g[r g_step] scale (softmax(x[r])[c] sum t[r] - t[r, c]); g_step is 1, or 0 for one g.
void cross_entropy_gradient(
    const float *_Nonnull x, class_targets targets, const float *_Nonnull g, size_t g_step, float scale,
    float *_Nonnull d, size_t rows, size_t columns);

#endif
