#include "include/softmax.h"

#include "lanes.h"
#include "vector_math.h"

/// The largest element; a NaN is passed over, unless it is the first.
INLINED float largest(const float *x, size_t n) {
  float most = x[0];
  size_t i = 1;
  if (n > lanes) {
    float16 best = most;
    for (i = 0; i + lanes <= n; i += lanes) TAKE_LARGER(best, LANES_AT(x, i));
    most = largest_of(&best);
  }
  for (; i < n; i++) most = x[i] > most ? x[i] : most;
  return most;
}

/// The rows from which on sums run over sixteen lanes. Shorter ones are summed in order.
enum { long_row = 256 };

INLINED double sum_in_order_or_lanes(const float *x, size_t n) {
  double16 lanes_sum = 0;
  size_t i = 0;
  if (n >= long_row)
    for (; i + lanes <= n; i += lanes) lanes_sum += WIDENED(LANES_AT(x, i));
  double sum = i ? total_of(&lanes_sum) : 0;
  for (; i < n; i++) sum += x[i];
  return sum;
}

/// p = exp(x - max x), and the sum of p.
INLINED float exponentials(const float *x, float *p, size_t n) {
  float most = largest(x, n);
  for (size_t i = 0; i < n; i++) p[i] = exp1(x[i] - most);
  return (float)sum_in_order_or_lanes(p, n);
}

INLINED float exponential_sum(const float *x, float most, size_t n) {
  double sum = 0;
  // The exponentials of a block come first, since they are vectorized and the sum in order is not.
  for (size_t i = 0; i < n; i += 64) {
    float part[64];
    size_t count = n - i < 64 ? n - i : 64;
    for (size_t k = 0; k < count; k++) part[k] = exp1(x[i + k] - most);
    if (n >= long_row && count == 64) {
      double16 wide = WIDENED(LANES_AT(part, 0));
      for (size_t k = lanes; k < 64; k += lanes) wide += WIDENED(LANES_AT(part, k));
      sum += total_of(&wide);
    } else {
      for (size_t k = 0; k < count; k++) sum += part[k];
    }
  }
  return (float)sum;
}

DISPATCHED void softmax_rows(const float *x, float *p, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, x += columns, p += columns) {
    float share = 1.0f / exponentials(x, p, columns);
    for (size_t c = 0; c < columns; c++) p[c] *= share;
  }
}

DISPATCHED void log_softmax_rows(const float *x, float *y, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, x += columns, y += columns) {
    float most = largest(x, columns), log_sum = log1(exponential_sum(x, most, columns));
    for (size_t c = 0; c < columns; c++) y[c] = x[c] - most - log_sum;
  }
}

DISPATCHED void softmax_gradient(const float *g, const float *p, float *d, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, g += columns, p += columns, d += columns) {
    double sum = 0;
    for (size_t c = 0; c < columns; c++) sum += g[c] * p[c];
    float mean = (float)sum;
    for (size_t c = 0; c < columns; c++) d[c] = p[c] * (g[c] - mean);
  }
}

DISPATCHED void log_softmax_gradient(const float *g, const float *y, float *d, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, g += columns, y += columns, d += columns) {
    float total = (float)sum_in_order_or_lanes(g, columns);
    for (size_t c = 0; c < columns; c++) d[c] = g[c] - total * exp1(y[c]);
  }
}

INLINED float weight_of(const class_targets *targets, size_t class) {
  return targets->weights ? targets->weights[class] : 1.0f;
}

DISPATCHED void cross_entropy_rows(
    const float *x, class_targets targets, float *losses, size_t rows, size_t columns) {
  float spread = targets.smoothing / (float)columns;
  for (size_t r = 0; r < rows; r++, x += columns) {
    int32_t label = targets.labels[r];
    if (label < 0) {
      losses[r] = 0;
      continue;
    }
    float most = largest(x, columns), log_sum = log1(exponential_sum(x, most, columns));
    losses[r] = (1.0f - targets.smoothing) * weight_of(&targets, label) * (log_sum + (most - x[label]));
    // Without label smoothing, a logit of minus infinity of another class is harmless.
    if (spread == 0) continue;
    double sum = 0;
    for (size_t c = 0; c < columns; c++) sum += weight_of(&targets, c) * (log_sum + (most - x[c]));
    losses[r] += spread * (float)sum;
  }
}

DISPATCHED void cross_entropy_gradient(
    const float *x, class_targets targets, const float *g, size_t g_step, float scale, float *d, size_t rows,
    size_t columns) {
  float spread = targets.smoothing / (float)columns, spread_sum = 0;
  if (spread != 0) {
    double sum = 0;
    for (size_t c = 0; c < columns; c++) sum += spread * weight_of(&targets, c);
    spread_sum = (float)sum;
  }
  for (size_t r = 0; r < rows; r++, x += columns, g += g_step, d += columns) {
    int32_t label = targets.labels[r];
    if (label < 0) {
      for (size_t c = 0; c < columns; c++) d[c] = 0;
      continue;
    }
    float factor = *g * scale, answer = factor * (1.0f - targets.smoothing) * weight_of(&targets, label);
    float share = (answer + factor * spread_sum) / exponentials(x, d, columns);
    for (size_t c = 0; c < columns; c++) d[c] *= share;
    d[label] -= answer;
    if (spread == 0) continue;
    for (size_t c = 0; c < columns; c++) d[c] -= factor * spread * weight_of(&targets, c);
  }
}
