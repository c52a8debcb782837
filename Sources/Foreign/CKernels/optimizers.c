#include "include/optimizers.h"

#include "include/statistics.h"
#include "lanes.h"

// Measuring must not change the step by a bit, so the rule is stated once a row of elements, without contraction, and the
// norms are taken from the row's old and new weights while they are in the cache.
#pragma clang fp contract(off)

enum { row = 1024 };

/// Adds to `norms` what a step from `old` to `w` with gradient g did to n elements.
DISPATCHED static void measure(const float *old, const float *w, const float *g, size_t n, step_norms *norms) {
  double16 weights = 0, updates = 0;
  size_t i = 0;
  for (; i + block <= n; i += block) {
    float16 before[4], change[4];
    for (int k = 0; k < 4; k++) {
      before[k] = LANES_AT(old, i + (size_t)k * lanes);
      change[k] = LANES_AT(w, i + (size_t)k * lanes) - before[k];
    }
    weights += WIDENED(FOUR_SQUARES(before));
    updates += WIDENED(FOUR_SQUARES(change));
  }
  double weight = total_of(&weights), update = total_of(&updates);
  for (; i < n; i++) {
    double change = w[i] - old[i];
    weight += (double)old[i] * old[i];
    update += change * change;
  }
  if (!squares_are_exact(weight, n) || !squares_are_exact(update, n)) {
    weight = square_sum_exactly(old, n);
    update = 0;
    for (i = 0; i < n; i++) {
      double change = w[i] - old[i];
      update += change * change;
    }
  }
  norms->weight += weight;
  norms->update += update;
  magnitudes of_gradient = magnitudes_of(g, n);
  norms->gradient += of_gradient.square_sum;
  norms->nonfinite_gradients += of_gradient.nonfinite;
  // Once NaN it stays NaN; a NaN is taken over because it is not at most anything.
  int known = norms->largest_gradient == norms->largest_gradient;
  if (known && !(of_gradient.largest <= norms->largest_gradient)) norms->largest_gradient = of_gradient.largest;
}

DISPATCHED static void sgd_row(float *w, const float *g, size_t n, float rate) {
  for (size_t i = 0; i < n; i++) w[i] = w[i] - rate * g[i];
}

DISPATCHED static void momentum_row(float *w, const float *g, float *velocity, size_t n, float rate, float momentum) {
  for (size_t i = 0; i < n; i++) {
    velocity[i] = momentum * velocity[i] + g[i];
    w[i] = w[i] - rate * velocity[i];
  }
}

DISPATCHED static void adam_row(
    float *w, const float *g, float *m, float *v, size_t n, float rate, float beta1, float beta2, float correction1,
    float correction2, float epsilon) {
  for (size_t i = 0; i < n; i++) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * (g[i] * g[i]);
    w[i] = w[i] - rate * ((m[i] / correction1) / (__builtin_sqrtf(v[i] / correction2) + epsilon));
  }
}

// Goes over n elements row by row: without norms as one long row, with them keeping each row's old weights for `measure`.
#define STEP_BY_ROWS(step)                                           \
  for (size_t i = 0, length; i < n; i += length) {                   \
    length = norms && n - i > row ? row : n - i;                     \
    float old[row];                                                  \
    if (norms) __builtin_memcpy(old, w + i, length * sizeof(float)); \
    step;                                                            \
    if (norms) measure(old, w + i, g + i, length, norms);            \
  }

void sgd_step(float *w, const float *g, float *velocity, size_t n, float rate, float momentum, step_norms *norms) {
  STEP_BY_ROWS(
      velocity ? momentum_row(w + i, g + i, velocity + i, length, rate, momentum) : sgd_row(w + i, g + i, length, rate))
}

void adam_step(
    float *w, const float *g, float *m, float *v, size_t n, float rate, float beta1, float beta2, float correction1,
    float correction2, float epsilon, step_norms *norms) {
  STEP_BY_ROWS(adam_row(
      w + i, g + i, m + i, v + i, length, rate, beta1, beta2, correction1, correction2, epsilon))
}
