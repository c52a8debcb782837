#include "include/axes.h"

#include "columns.h"

/// Keeps v at the index k where it is better than y.
#define KEEP(better)                                                    \
  for (int64_t i = 0; i < l.inner; i++) {                               \
    float v = x[k * l.inner + i];                                       \
    int taken = (v better y[i]) | ((v != v) & (y[i] == y[i]));          \
    y[i] = taken ? v : y[i];                                            \
    if (index) index[i] = taken ? k : index[i];                         \
  }

enum { lanes = 16 };

/// The largest of n elements, or with the sign -1 the smallest; NaN if there is one.
INLINED float extreme_of(const float *x, int64_t n, float sign) {
  float best[lanes];
  int32_t has_nan[lanes] = {0};
  for (int j = 0; j < lanes; j++) best[j] = -__builtin_inff();
#define KEEP_LARGER(at, j)           \
  {                                  \
    float v = sign * x[at];          \
    has_nan[j] |= v != v;            \
    best[j] = v > best[j] ? v : best[j]; \
  }
  int64_t k = 0;
  for (; k + lanes <= n; k += lanes)
    for (int j = 0; j < lanes; j++) KEEP_LARGER(k + j, j)
  for (; k < n; k++) KEEP_LARGER(k, 0)
#undef KEEP_LARGER
  for (int j = 1; j < lanes; j++) {
    best[0] = best[j] > best[0] ? best[j] : best[0];
    has_nan[0] |= has_nan[j];
  }
  return has_nan[0] ? __builtin_nanf("") : sign * best[0];
}

/// The extremes of rows of neighbouring elements, and the indices of the first of equals.
DISPATCHED static void extremes_of_rows(
    const float *x, float *y, long *index, int64_t rows, int64_t size, int smallest) {
  for (int64_t row = 0; row < rows; row++, x += size) {
    float extreme = smallest ? extreme_of(x, size, -1) : extreme_of(x, size, 1);
    y[row] = extreme;
    if (!index) continue;
    int64_t k = 0;
    if (extreme == extreme)
      while (x[k] != extreme) k++;
    else
      while (x[k] == x[k]) k++;
    index[row] = k;
  }
}

DISPATCHED static void extremes_of_columns(const float *x, float *y, long *index, axis_layout l, int smallest) {
  for (int64_t o = 0; o < l.outer; o++, x += l.size * l.inner, y += l.inner) {
    for (int64_t i = 0; i < l.inner; i++) {
      y[i] = x[i];
      if (index) index[i] = 0;
    }
    for (int64_t k = 1; k < l.size; k++) {
      if (smallest)
        KEEP(<)
      else
        KEEP(>)
    }
    if (index) index += l.inner;
  }
}

void extremes_along(const float *x, float *y, long *index, axis_layout l, int smallest) {
  if (l.size == 0) return;
  if (l.inner == 1)
    extremes_of_rows(x, y, index, l.outer, l.size, smallest);
  else
    extremes_of_columns(x, y, index, l, smallest);
}

DISPATCHED void cumulative_sums(const float *x, float *y, axis_layout l, int64_t unit, int64_t end, int reversed) {
  for (; unit < end; unit++) {
    axis_columns at = columns_of(l, unit);
    double total[axis_wide] = {0};
    for (int64_t k = 0; k < l.size; k++) {
      int64_t row = at.first + (reversed ? l.size - 1 - k : k) * l.inner;
      for (int64_t i = 0; i < at.width; i++) y[row + i] = (float)(total[i] += x[row + i]);
    }
  }
}

/// positions[i] = (first + index[i]) inner + i step. Returns the first i whose index is out of range, or -1.
DISPATCHED static int64_t positions_of_row(
    const long *index, int64_t n, int64_t first, int64_t inner, int64_t step, int64_t size, int32_t *positions) {
  int outside = 0;
  for (int64_t i = 0; i < n; i++) {
    outside |= (unsigned long)index[i] >= (unsigned long)size;
    positions[i] = (int32_t)((first + index[i]) * inner + i * step);
  }
  for (int64_t i = 0; outside && i < n; i++)
    if ((unsigned long)index[i] >= (unsigned long)size) return i;
  return -1;
}

int64_t positions_along(const long *index, axis_layout l, int64_t size, int32_t *positions) {
  // Neighbours share their place along the dimension, or where inner is 1 follow each other along it.
  int64_t width = l.inner == 1 ? l.size : l.inner, step = l.inner != 1, count = l.outer * l.size * l.inner;
  for (int64_t at = 0; at < count; at += width) {
    int64_t first = at / (l.size * l.inner) * size;
    int64_t outside = positions_of_row(index + at, width, first, l.inner, step, size, positions + at);
    if (outside >= 0) return at + outside;
  }
  return -1;
}
