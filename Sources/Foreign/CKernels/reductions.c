#include "include/reductions.h"

#include <stdlib.h>

#include "lanes.h"

DISPATCHED double sum_all(const float *x, size_t n) {
  double16 sum = 0;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) sum += WIDENED(LANES_AT(x, i));
  double total = total_of(&sum);
  for (; i < n; i++) total += x[i];
  return total;
}

/// Sums of some columns, over so few rows that Float32 is exact enough.
INLINED void sum_few_rows(const float *x, float *y, size_t rows, size_t step, size_t columns) {
  for (size_t c = 0; c < columns; c++) y[c] = 0;
  size_t r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * step)
    for (size_t c = 0; c < columns; c++) y[c] += (x[c] + x[step + c]) + (x[2 * step + c] + x[3 * step + c]);
  for (; r < rows; r++, x += step)
    for (size_t c = 0; c < columns; c++) y[c] += x[c];
}

DISPATCHED void sum_few_columns(const float *x, float *y, size_t rows, size_t step, size_t columns) {
  sum_few_rows(x, y, rows, step, columns);
}

DISPATCHED void add_column_sums(const float *x, double *total, size_t rows, size_t columns) {
  enum { few = rows_summed_in_float, wide = 256 };
  for (size_t first = 0; first < columns; first += wide) {
    size_t width = columns - first < wide ? columns - first : wide;
    float part[wide];
    for (size_t r = 0; r < rows; r += few) {
      sum_few_rows(x + r * columns + first, part, rows - r < few ? rows - r : few, columns, width);
      for (size_t c = 0; c < width; c++) total[first + c] += part[c];
    }
  }
}

void sum_rows(const float *x, float *y, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) y[r] = (float)sum_all(x + r * columns, columns);
}

int sum_strided(
    const float *x, float *y, size_t count, const int64_t *y_strides, const int64_t *sizes, int rank) {
  double *total = calloc(count ? count : 1, sizeof *total);
  if (!total) return 0;
  int64_t index[8] = {0}, n = sizes[rank - 1], step = y_strides[rank - 1];
  for (int d = 0; d >= 0;) {
    double *row = total;
    for (d = 0; d < rank - 1; d++) row += index[d] * y_strides[d];
    if (step == 0)
      row[0] += sum_all(x, (size_t)n);
    else
      for (int64_t i = 0; i < n; i++) row[i * step] += x[i];
    x += n;
    for (d = rank - 2; d >= 0; d--) {
      if (++index[d] < sizes[d]) break;
      index[d] = 0;
    }
  }
  for (size_t i = 0; i < count; i++) y[i] = (float)total[i];
  free(total);
  return 1;
}

void argmax_rows(const float *x, long *index, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, x += columns) {
    size_t best = 0;
    for (size_t c = 0; c < columns && x[best] == x[best]; c++)
      if (x[c] > x[best] || x[c] != x[c]) best = c;
    index[r] = (long)best;
  }
}
