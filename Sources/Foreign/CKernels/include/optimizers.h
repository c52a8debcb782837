// An optimizer's step over one parameter, in one pass; with `norms` the same pass also measures what it does.
#ifndef CKERNELS_OPTIMIZERS_H
#define CKERNELS_OPTIMIZERS_H

#include <stddef.h>

typedef struct {
  /// Sums of squares, in Float64: of the weights before the step, of the gradient, and of what was really added
  /// (new weight minus old, rounding included).
  double weight, gradient, update;
  /// The gradient's largest magnitude; NaN if any element is.
  float largest_gradient;
  size_t nonfinite_gradients;
} step_norms;

/// Stochastic gradient descent: v = momentum v + g, w = w - rate v; without velocity w = w - rate g.
void sgd_step(
    float *_Nonnull w, const float *_Nonnull g, float *_Nullable velocity, size_t n, float rate, float momentum,
    step_norms *_Nullable norms);

/// Adam: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w = w - rate (m / correction1) / (sqrt(v / correction2) + epsilon).
void adam_step(
    float *_Nonnull w, const float *_Nonnull g, float *_Nonnull m, float *_Nonnull v, size_t n, float rate, float beta1,
    float beta2, float correction1, float correction2, float epsilon, step_norms *_Nullable norms);

#endif
