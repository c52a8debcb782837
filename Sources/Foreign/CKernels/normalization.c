#include "include/normalization.h"

#include "dispatch.h"

enum { rows_at_once = 4, rows_in_float = 256 };

/// Two sums over each column, in Float32 for a while and then in Float64.
typedef struct {
  float *first, *second;
  double *first_total, *second_total;
  size_t columns;
} column_sums;

INLINED column_sums sums_in(double *work, size_t columns) {
  float *floats = (float *)(work + 2 * columns);
  column_sums s = {floats, floats + columns, work, work + columns, columns};
  for (size_t c = 0; c < columns; c++) s.first[c] = s.second[c] = 0, s.first_total[c] = s.second_total[c] = 0;
  return s;
}

INLINED void flush(column_sums *s) {
  for (size_t c = 0; c < s->columns; c++) {
    s->first_total[c] += s->first[c];
    s->second_total[c] += s->second[c];
    s->first[c] = s->second[c] = 0;
  }
}

DISPATCHED void column_moments(
    const float *x, size_t rows, size_t columns, float *mean, float *variance, double *work) {
  column_sums s = sums_in(work, columns);
  // The first row is near the mean compared with how far the mean may be from 0.
  const float *near = x;
  size_t r = 0;
  for (; r + rows_at_once <= rows; r += rows_at_once) {
    const float *x0 = x + r * columns, *x1 = x0 + columns, *x2 = x1 + columns, *x3 = x2 + columns;
    float *first = s.first, *second = s.second;
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++) {
      float a = x0[c] - near[c], b = x1[c] - near[c], d = x2[c] - near[c], e = x3[c] - near[c];
      first[c] += (a + b) + (d + e);
      second[c] += (a * a + b * b) + (d * d + e * e);
    }
    if ((r + rows_at_once) % rows_in_float == 0) flush(&s);
  }
  for (; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      float a = x[r * columns + c] - near[c];
      s.first[c] += a;
      s.second[c] += a * a;
    }
  flush(&s);
  for (size_t c = 0; c < columns; c++) {
    double shift = s.first_total[c] / (double)rows;
    double spread = s.second_total[c] / (double)rows - shift * shift;
    mean[c] = (float)(near[c] + shift);
    variance[c] = (float)(spread < 0 ? 0 : spread);
  }
}

DISPATCHED void normalize_columns(
    const float *x, size_t rows, size_t columns, const float *mean, const float *inverse, const float *weight,
    const float *bias, float *y) {
  for (size_t r = 0; r < rows; r++, x += columns, y += columns)
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++)
      y[c] = (x[c] - mean[c]) * (inverse[c] * (weight ? weight[c] : 1)) + (bias ? bias[c] : 0);
}

DISPATCHED void normalize_columns_gradient(
    const float *g, const float *x, size_t rows, size_t columns, const float *mean, const float *inverse,
    const float *weight, float *dx, float *dweight, float *dbias, double *work) {
  column_sums s = sums_in(work, columns);
  size_t r = 0;
  for (; r + rows_at_once <= rows; r += rows_at_once) {
    const float *x0 = x + r * columns, *x1 = x0 + columns, *x2 = x1 + columns, *x3 = x2 + columns;
    const float *g0 = g + r * columns, *g1 = g0 + columns, *g2 = g1 + columns, *g3 = g2 + columns;
    float *first = s.first, *second = s.second;
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++) {
      float m = mean[c];
      first[c] += (g0[c] + g1[c]) + (g2[c] + g3[c]);
      second[c] += (g0[c] * (x0[c] - m) + g1[c] * (x1[c] - m)) + (g2[c] * (x2[c] - m) + g3[c] * (x3[c] - m));
    }
    if ((r + rows_at_once) % rows_in_float == 0) flush(&s);
  }
  for (; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      s.first[c] += g[r * columns + c];
      s.second[c] += g[r * columns + c] * (x[r * columns + c] - mean[c]);
    }
  flush(&s);
  // dx = scale g - offset - slope (x - mean), one of each a column.
  float *scale = s.first, *slope = s.second;
  for (size_t c = 0; c < columns; c++) {
    dbias[c] = (float)s.first_total[c];
    dweight[c] = (float)(s.second_total[c] * inverse[c]);
    scale[c] = inverse[c] * (weight ? weight[c] : 1);
    slope[c] = scale[c] * inverse[c] * dweight[c] / (float)rows;
  }
  for (r = 0; r < rows; r++, x += columns, g += columns, dx += columns)
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++)
      dx[c] = scale[c] * (g[c] - dbias[c] / (float)rows) - slope[c] * (x[c] - mean[c]);
}

DISPATCHED void normalize_rows(
    const float *x, size_t rows, size_t columns, int centered, float epsilon, const float *weight, const float *bias,
    float *y, float *mean, float *inverse) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < rows; r++, x += columns, y += columns) {
    float sum = 0, squares = 0;
    if (centered)
      for (size_t c = 0; c < columns; c++) sum += x[c];
    float middle = sum / (float)columns;
    for (size_t c = 0; c < columns; c++) squares += (x[c] - middle) * (x[c] - middle);
    float factor = 1 / __builtin_sqrtf(squares / (float)columns + epsilon);
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++)
      y[c] = (x[c] - middle) * factor * (weight ? weight[c] : 1) + (bias ? bias[c] : 0);
    mean[r] = middle;
    inverse[r] = factor;
  }
}

DISPATCHED void normalize_rows_gradient(
    const float *g, const float *x, size_t rows, size_t columns, int centered, const float *mean, const float *inverse,
    const float *weight, float *dx, float *dweight, float *dbias, double *work) {
#pragma clang fp reassociate(on)
  column_sums s = sums_in(work, columns);
  for (size_t r = 0; r < rows; r++, g += columns, x += columns, dx += columns) {
    float middle = mean[r], factor = inverse[r], sum = 0, along = 0;
    float *first = s.first, *second = s.second;
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++) {
      float normal = (x[c] - middle) * factor, weighted = g[c] * (weight ? weight[c] : 1);
      sum += weighted;
      along += weighted * normal;
      first[c] += g[c];
      second[c] += g[c] * normal;
    }
    float offset = centered ? sum / (float)columns : 0, slope = along / (float)columns;
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++)
      dx[c] = factor * (g[c] * (weight ? weight[c] : 1) - offset - (x[c] - middle) * factor * slope);
    if ((r + 1) % rows_in_float == 0) flush(&s);
  }
  flush(&s);
  for (size_t c = 0; c < columns; c++) {
    dbias[c] = (float)s.first_total[c];
    dweight[c] = (float)s.second_total[c];
  }
}
