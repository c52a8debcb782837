#include "include/optimizers.h"

#include "include/statistics.h"
#include "lanes.h"

// Measuring must not change the step by a bit, so each rule has one function per row of elements, without contraction, and the norms are
// computed from the row's old and new weights while they are in the cache.
#pragma clang fp contract(off)

enum { row = 1024 };

// The gradient with the weight decay, which where it is 0 leaves a gradient as it is, also of a weight that is not finite.
INLINED float decayed(float g, float w, float decay) { return decay == 0 ? g : g + decay * w; }

/// Adds to `norms` the sums of a step with gradient g on n elements: from `old` to `w`, or if `w` is NULL, of the step that `sgd_row`
/// will make from `old`.
INLINED void measure_either(
    const float *old, const float *w, const float *g, size_t n, float rate, float decay, step_norms *norms) {
#define CHANGE(at, type) \
  ((w ? at(w) : at(old) - (type)rate * (at(g) + (type)decay * at(old))) - at(old))
#define LANES(x) LANES_AT(x, place)
#define ONE(x) x[i]
  double16 weights = 0, updates = 0, gradients = 0;
  float16 largest[4] = {0};
  size_t i = 0;
  for (; i + block <= n; i += block) {
    float16 before[4], change[4], slope[4];
    for (int k = 0; k < 4; k++) {
      size_t place = i + (size_t)k * lanes;
      before[k] = LANES(old);
      change[k] = CHANGE(LANES, float16);
      slope[k] = LANES(g);
      TAKE_LARGER(largest[k], __builtin_elementwise_abs(slope[k]));
    }
    {
      // Norms are not part of the step.
#pragma clang fp contract(on)
      weights += WIDENED(FOUR_SQUARES(before));
      updates += WIDENED(FOUR_SQUARES(change));
      gradients += WIDENED(FOUR_SQUARES(slope));
    }
  }
  double weight = total_of(&weights), update = total_of(&updates);
  magnitudes gradient = {total_of(&gradients), largest_of_four(largest), 0};
  for (; i < n; i++) {
    double change = CHANGE(ONE, float);
    float size = __builtin_fabsf(g[i]);
    weight += (double)old[i] * old[i];
    update += change * change;
    gradient.square_sum += (double)size * size;
    TAKE_LARGER(gradient.largest, size);
  }
  if (!squares_are_exact(weight, n) || !squares_are_exact(update, n)) {
    weight = square_sum_exactly(old, n);
    updates = 0;
    for (i = 0; i + lanes <= n; i += lanes) {
      size_t place = i;
      double16 change = WIDENED(CHANGE(LANES, float16));
      updates += change * change;
    }
    update = total_of(&updates);
    for (; i < n; i++) {
      double change = CHANGE(ONE, float);
      update += change * change;
    }
  }
  if (!squares_are_exact(gradient.square_sum, n)) gradient = magnitudes_of(g, n);
  norms->weight += weight;
  norms->update += update;
  norms->gradient += gradient.square_sum;
  norms->nonfinite_gradients += gradient.nonfinite;
  // A NaN is kept: no comparison with it is true.
  int known = norms->largest_gradient == norms->largest_gradient;
  if (known && !(gradient.largest <= norms->largest_gradient)) norms->largest_gradient = gradient.largest;
}

DISPATCHED static void measure(const float *old, const float *w, const float *g, size_t n, step_norms *norms) {
  measure_either(old, w, g, n, 0, 0, norms);
}

DISPATCHED static void foresee_sgd_row(
    const float *w, const float *g, size_t n, float rate, float decay, step_norms *norms) {
  if (decay == 0) {
    measure_either(w, NULL, g, n, rate, 0, norms);
  } else {
    measure_either(w, NULL, g, n, rate, decay, norms);
  }
}

// Roots use the vector builtin, since a loop over sqrtf, which may set errno, is not vectorized.
// The square of a gradient is multiplied by its factor before it is squared whole, since it overflows above 1.8e19.

DISPATCHED static void sgd_row(float *w, const float *g, size_t n, float rate, float decay) {
  for (size_t i = 0; i < n; i++) w[i] = w[i] - rate * decayed(g[i], w[i], decay);
}

DISPATCHED static void momentum_row(
    float *w, const float *g, float *velocity, size_t n, float rate, float momentum, float decay) {
  for (size_t i = 0; i < n; i++) {
    velocity[i] = momentum * velocity[i] + decayed(g[i], w[i], decay);
    w[i] = w[i] - rate * velocity[i];
  }
}

DISPATCHED static void nesterov_row(
    float *w, const float *g, float *velocity, size_t n, float rate, float momentum, float decay) {
  for (size_t i = 0; i < n; i++) {
    float slope = decayed(g[i], w[i], decay);
    velocity[i] = momentum * velocity[i] + slope;
    w[i] = w[i] - rate * (slope + momentum * velocity[i]);
  }
}

DISPATCHED static void rmsprop_row(
    float *w, const float *g, float *v, size_t n, float rate, float smoothing, float epsilon, float decay) {
  for (size_t i = 0; i < n; i++) {
    float slope = decayed(g[i], w[i], decay);
    v[i] = smoothing * v[i] + (1 - smoothing) * slope * slope;
    w[i] = w[i] - rate * (slope / (__builtin_elementwise_sqrt(v[i]) + epsilon));
  }
}

DISPATCHED static void rmsprop_momentum_row(
    float *w, const float *g, float *v, float *velocity, size_t n, float rate, float smoothing, float momentum,
    float epsilon, float decay) {
  for (size_t i = 0; i < n; i++) {
    float slope = decayed(g[i], w[i], decay);
    v[i] = smoothing * v[i] + (1 - smoothing) * slope * slope;
    velocity[i] = momentum * velocity[i] + slope / (__builtin_elementwise_sqrt(v[i]) + epsilon);
    w[i] = w[i] - rate * velocity[i];
  }
}

DISPATCHED static void adagrad_row(
    float *w, const float *g, float *sum, size_t n, float rate, float epsilon, float decay) {
  for (size_t i = 0; i < n; i++) {
    float slope = decayed(g[i], w[i], decay);
    sum[i] = sum[i] + slope * slope;
    w[i] = w[i] - rate * (slope / (__builtin_elementwise_sqrt(sum[i]) + epsilon));
  }
}

DISPATCHED static void adam_row(
    float *w, const float *g, float *m, float *v, size_t n, float rate, float beta1, float beta2, float root_scale,
    float epsilon, float decay, float shrinkage) {
  for (size_t i = 0; i < n; i++) {
    float slope = decayed(g[i], w[i], decay);
    m[i] = beta1 * m[i] + (1 - beta1) * slope;
    v[i] = beta2 * v[i] + (1 - beta2) * slope * slope;
    w[i] = shrinkage * w[i] - rate * (m[i] / (__builtin_elementwise_sqrt(v[i]) * root_scale + epsilon));
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

void sgd_step(
    float *w, const float *g, float *velocity, size_t n, float rate, float momentum, bool nesterov, float decay,
    step_norms *norms) {
  if (!velocity) {
    // The rule is so cheap that computing it in advance takes less time than copying the old weights.
    for (size_t i = 0, length; i < n; i += length) {
      length = norms && n - i > row ? row : n - i;
      if (norms) foresee_sgd_row(w + i, g + i, length, rate, decay, norms);
      sgd_row(w + i, g + i, length, rate, decay);
    }
  } else if (nesterov) {
    STEP_BY_ROWS(nesterov_row(w + i, g + i, velocity + i, length, rate, momentum, decay))
  } else {
    STEP_BY_ROWS(momentum_row(w + i, g + i, velocity + i, length, rate, momentum, decay))
  }
}

void rmsprop_step(
    float *w, const float *g, float *v, float *velocity, size_t n, float rate, float smoothing, float momentum,
    float epsilon, float decay, step_norms *norms) {
  if (velocity) {
    STEP_BY_ROWS(rmsprop_momentum_row(
        w + i, g + i, v + i, velocity + i, length, rate, smoothing, momentum, epsilon, decay))
  } else {
    STEP_BY_ROWS(rmsprop_row(w + i, g + i, v + i, length, rate, smoothing, epsilon, decay))
  }
}

void adagrad_step(
    float *w, const float *g, float *sum, size_t n, float rate, float epsilon, float decay, step_norms *norms) {
  STEP_BY_ROWS(adagrad_row(w + i, g + i, sum + i, length, rate, epsilon, decay))
}

void adam_step(
    float *w, const float *g, float *m, float *v, size_t n, float rate, float beta1, float beta2, float root_scale,
    float epsilon, float decay, float shrinkage, step_norms *norms) {
  STEP_BY_ROWS(adam_row(
      w + i, g + i, m + i, v + i, length, rate, beta1, beta2, root_scale, epsilon, decay, shrinkage))
}

void measure_step(const float *old, const float *w, const float *g, size_t n, step_norms *norms) {
  measure(old, w, g, n, norms);
}

DISPATCHED void clip_values(const float *x, float limit, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    float value = x[i];
    value = value > limit ? limit : value;
    y[i] = value < -limit ? -limit : value;
  }
}
