#include "include/reductions.h"

#include "lanes.h"

DISPATCHED double sum_all(const float *x, size_t n) {
  double16 sum = 0;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) sum += WIDENED(LANES_AT(x, i));
  double total = total_of(&sum);
  for (; i < n; i++) total += x[i];
  return total;
}

DISPATCHED void sum_columns(const float *x, float *y, size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) y[c] = 0;
  size_t r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * columns)
    for (size_t c = 0; c < columns; c++)
      y[c] += (x[c] + x[columns + c]) + (x[2 * columns + c] + x[3 * columns + c]);
  for (; r < rows; r++, x += columns)
    for (size_t c = 0; c < columns; c++) y[c] += x[c];
}

void sum_rows(const float *x, float *y, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++) y[r] = (float)sum_all(x + r * columns, columns);
}

void sum_strided(const float *x, float *y, const int64_t *y_strides, const int64_t *sizes, int rank) {
  int64_t index[8] = {0}, n = sizes[rank - 1], step = y_strides[rank - 1];
  for (;;) {
    float *row = y;
    for (int d = 0; d < rank - 1; d++) row += index[d] * y_strides[d];
    for (int64_t i = 0; i < n; i++) row[i * step] += *x++;
    int d = rank - 2;
    for (; d >= 0; d--) {
      if (++index[d] < sizes[d]) break;
      index[d] = 0;
    }
    if (d < 0) return;
  }
}

void argmax_rows(const float *x, int64_t *index, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, x += columns) {
    size_t best = 0;
    for (size_t c = 0; c < columns && x[best] == x[best]; c++)
      if (x[c] > x[best] || x[c] != x[c]) best = c;
    index[r] = (int64_t)best;
  }
}
