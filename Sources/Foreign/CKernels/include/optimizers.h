// An optimizer's step over one parameter, in one pass; with `norms` the same pass also computes norms. `decay` is
// weight decay by the gradient: wherever a rule has g it uses g + decay w.
#ifndef CKERNELS_OPTIMIZERS_H
#define CKERNELS_OPTIMIZERS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
  /// Sums of squares, in Float64: of the weights before the step, of the gradient, and of the change
  /// (new weight minus old, with rounding).
  double weight, gradient, update;
  /// The gradient's largest magnitude; NaN if any element is.
  float largest_gradient;
  size_t nonfinite_gradients;
} step_norms;

/// Stochastic gradient descent: v = momentum v + g, w = w - rate v, with Nesterov's momentum w = w - rate (g + momentum v);
/// without velocity w = w - rate g.
void sgd_step(
    float *_Nonnull w, const float *_Nonnull g, float *_Nullable velocity, size_t n, float rate, float momentum,
    bool nesterov, float decay, step_norms *_Nullable norms);

/// RMSProp: v = smoothing v + (1 - smoothing) g^2, d = g / (sqrt(v) + epsilon), w = w - rate d; with velocity
/// u = momentum u + d, w = w - rate u.
void rmsprop_step(
    float *_Nonnull w, const float *_Nonnull g, float *_Nonnull v, float *_Nullable velocity, size_t n, float rate,
    float smoothing, float momentum, float epsilon, float decay, step_norms *_Nullable norms);

/// Adagrad: s = s + g^2, w = w - rate g / (sqrt(s) + epsilon).
void adagrad_step(
    float *_Nonnull w, const float *_Nonnull g, float *_Nonnull sum, size_t n, float rate, float epsilon, float decay,
    step_norms *_Nullable norms);

/// Adam: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, w = shrinkage w - rate m / (sqrt(v) root_scale + epsilon). The
/// caller puts the corrections of the early steps into rate and root_scale, and decoupled weight decay into shrinkage.
void adam_step(
    float *_Nonnull w, const float *_Nonnull g, float *_Nonnull m, float *_Nonnull v, size_t n, float rate, float beta1,
    float beta2, float root_scale, float epsilon, float decay, float shrinkage, step_norms *_Nullable norms);

/// Adds to `norms` the sums of a step from `old` to `w` with gradient g, for a rule without a kernel.
void measure_step(
    const float *_Nonnull old, const float *_Nonnull w, const float *_Nonnull g, size_t n, step_norms *_Nonnull norms);

/// y = x, elements beyond -limit and limit set to these; NaN stays.
void clip_values(const float *_Nonnull x, float limit, float *_Nonnull y, size_t n);

#endif
