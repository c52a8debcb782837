#include "include/statistics.h"

#include <string.h>

#include "lanes.h"

#define INFINITE __builtin_inff()
#define NOT_A_NUMBER __builtin_nanf("")

/// The number of elements that are NaN or infinite. Called only if a sum of squares is not finite.
static size_t nonfinite_in(const float *x, size_t n) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count += !(x[i] - x[i] == 0.0f);
  return count;
}

INLINED statistics look_at(const float *x, size_t n, int has_limits, float low, float high) {
  double16 sum = 0, square_sum = 0;
  // A separate sum for each of a block's vectors, so that additions don't depend on each other.
  float16 minima[4], maxima[4];
  for (int k = 0; k < 4; k++) minima[k] = INFINITE, maxima[k] = -INFINITE;
  int16 zeros = 0, outside = 0;
  size_t i = 0;
  for (; i + block <= n; i += block) {
    float16 v[4];
    for (int k = 0; k < 4; k++) {
      v[k] = LANES_AT(x, i + (size_t)k * lanes);
      TAKE_SMALLER(minima[k], v[k]);
      TAKE_LARGER(maxima[k], v[k]);
      zeros -= v[k] == 0.0f;
      if (has_limits) outside -= (v[k] < low) | (v[k] > high);
    }
    sum += WIDENED((v[0] + v[1]) + (v[2] + v[3]));
    square_sum += WIDENED(FOUR_SQUARES(v));
  }
  statistics total = {
      total_of(&sum), total_of(&square_sum), smallest_of_four(minima), largest_of_four(maxima), 0, 0, 0};
  for (int lane = 0; lane < lanes; lane++) {
    total.zeros += (size_t)zeros[lane];
    total.outside += (size_t)outside[lane];
  }
  for (; i < n; i++) {
    float v = x[i];
    total.sum += v;
    total.square_sum += (double)v * v;
    total.minimum = v < total.minimum ? v : total.minimum;
    total.maximum = v > total.maximum ? v : total.maximum;
    total.zeros += v == 0.0f;
    if (has_limits) total.outside += (v < low) | (v > high);
  }
  if (squares_are_exact(total.square_sum, n)) return total;
  total.square_sum = square_sum_exactly(x, n);
  if (total.square_sum - total.square_sum == 0) return total;
  total.nonfinite = nonfinite_in(x, n);
  if (total.square_sum != total.square_sum) total.minimum = total.maximum = NOT_A_NUMBER;
  return total;
}

DISPATCHED statistics statistics_of(const float *x, size_t n, float low, float high) {
  return low > -INFINITE || high < INFINITE ? look_at(x, n, 1, low, high) : look_at(x, n, 0, 0, 0);
}

DISPATCHED magnitudes magnitudes_of(const float *x, size_t n) {
  double16 square_sum = 0;
  float16 largest[4] = {0};
  size_t i = 0;
  for (; i + block <= n; i += block) {
    float16 v[4];
    for (int k = 0; k < 4; k++) {
      v[k] = LANES_AT(x, i + (size_t)k * lanes);
      TAKE_LARGER(largest[k], __builtin_elementwise_abs(v[k]));
    }
    square_sum += WIDENED(FOUR_SQUARES(v));
  }
  magnitudes total = {total_of(&square_sum), largest_of_four(largest), 0};
  for (; i < n; i++) {
    float size = __builtin_fabsf(x[i]);
    total.square_sum += (double)size * size;
    total.largest = size > total.largest ? size : total.largest;
  }
  if (squares_are_exact(total.square_sum, n)) return total;
  total.square_sum = square_sum_exactly(x, n);
  if (total.square_sum - total.square_sum == 0) return total;
  total.nonfinite = nonfinite_in(x, n);
  if (total.square_sum != total.square_sum) total.largest = NOT_A_NUMBER;
  return total;
}

DISPATCHED pair_products products_of(const float *a, const float *b, size_t n) {
  double16 aa = 0, bb = 0, ab = 0;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    double16 u = WIDENED(LANES_AT(a, i)), v = WIDENED(LANES_AT(b, i));
    aa += u * u;
    bb += v * v;
    ab += u * v;
  }
  pair_products total = {total_of(&aa), total_of(&bb), total_of(&ab)};
  for (; i < n; i++) {
    total.first_square_sum += (double)a[i] * a[i];
    total.second_square_sum += (double)b[i] * b[i];
    total.product_sum += (double)a[i] * b[i];
  }
  return total;
}

INLINED step_products multiply_with_step(
    const float *after, const float *before, const float *gradient, const float *last, size_t n, float *moved) {
  double16 with_step = 0, with_last = 0;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    float16 change = LANES_AT(after, i) - LANES_AT(before, i);
    *(float16 *)(moved + i) = change;
    double16 g = WIDENED(LANES_AT(gradient, i));
    with_step += g * WIDENED(change);
    if (last) with_last += g * WIDENED(LANES_AT(last, i));
  }
  step_products total = {total_of(&with_step), total_of(&with_last)};
  for (; i < n; i++) {
    moved[i] = after[i] - before[i];
    total.with_step += (double)gradient[i] * moved[i];
    if (last) total.with_last += (double)gradient[i] * last[i];
  }
  return total;
}

DISPATCHED step_products products_with_step(
    const float *after, const float *before, const float *gradient, const float *last, size_t n, float *moved) {
  return last ? multiply_with_step(after, before, gradient, last, n, moved)
              : multiply_with_step(after, before, gradient, 0, n, moved);
}

INLINED double squared_distance_exactly(const float *a, const float *b, size_t n) {
  double16 sum = 0;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    double16 d = WIDENED(LANES_AT(a, i) - LANES_AT(b, i));
    sum += d * d;
  }
  double total = total_of(&sum);
  for (; i < n; i++) total += (double)(a[i] - b[i]) * (a[i] - b[i]);
  return total;
}

DISPATCHED double squared_distance(const float *a, const float *b, size_t n) {
  double16 sum = 0;
  size_t i = 0;
  for (; i + block <= n; i += block) {
    float16 d[4];
    for (int k = 0; k < 4; k++) d[k] = LANES_AT(a, i + (size_t)k * lanes) - LANES_AT(b, i + (size_t)k * lanes);
    sum += WIDENED(FOUR_SQUARES(d));
  }
  double total = total_of(&sum);
  for (; i < n; i++) total += (double)(a[i] - b[i]) * (a[i] - b[i]);
  return squares_are_exact(total, n) ? total : squared_distance_exactly(a, b, n);
}

DISPATCHED double squared_deviations(const float *x, size_t n, double mean) {
  double16 sum = 0;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    double16 d = WIDENED(LANES_AT(x, i)) - mean;
    sum += d * d;
  }
  double total = total_of(&sum);
  for (; i < n; i++) total += (x[i] - mean) * (x[i] - mean);
  return total;
}

DISPATCHED void square_rows(const float *x, size_t rows, size_t columns, double *sums) {
  for (size_t r = 0; r < rows; r++, x += columns) {
    double16 sum = 0;
    size_t i = 0;
    for (; i + block <= columns; i += block) {
      float16 v[4];
      for (int k = 0; k < 4; k++) v[k] = LANES_AT(x, i + (size_t)k * lanes);
      sum += WIDENED(FOUR_SQUARES(v));
    }
    double total = total_of(&sum);
    for (; i < columns; i++) total += (double)x[i] * x[i];
    sums[r] = squares_are_exact(total, columns) ? total : square_sum_exactly(x, columns);
  }
}

INLINED double product_sum_exactly(const float *a, const float *b, size_t n) {
  double16 sum = 0;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) sum += WIDENED(LANES_AT(a, i)) * WIDENED(LANES_AT(b, i));
  double total = total_of(&sum);
  for (; i < n; i++) total += (double)a[i] * b[i];
  return total;
}

DISPATCHED void multiply_rows(
    const float *a, const float *b, size_t step, size_t rows, size_t columns, double *sums) {
  for (size_t r = 0; r < rows; r++, a += columns, b += step) {
    double16 sum = 0;
    size_t i = 0;
    for (; i + block <= columns; i += block) {
#define PRODUCT(k) (LANES_AT(a, i + (k) * lanes) * LANES_AT(b, i + (k) * lanes))
      sum += WIDENED((PRODUCT(0) + PRODUCT(1)) + (PRODUCT(2) + PRODUCT(3)));
    }
    double total = total_of(&sum);
    for (; i < columns; i++) total += (double)a[i] * b[i];
    // As with squares. If terms cancel, the error is 1e-7 of the sum of |a b|.
    sums[r] = squares_are_exact(__builtin_fabs(total), columns) ? total : product_sum_exactly(a, b, columns);
  }
}

DISPATCHED void note_active_columns(const float *x, size_t rows, size_t columns, int64_t now, int64_t *last) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) last[c] = x[r * columns + c] != 0 ? now : last[c];
}
