#include "include/normalization.h"

#include "dispatch.h"

enum { rows_at_once = 4, rows_in_float = 256 };

/// Two sums over each column, in Float32 for a block of rows and then in Float64.
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

/// dx = scale (g - offset) - slope (x - mean), with one of each per column.
typedef struct {
  float *scale, *slope, *offset;
} column_gradient;

INLINED column_gradient column_gradient_in(double *work, size_t columns) {
  float *floats = (float *)(work + 2 * columns);
  return (column_gradient){floats, floats + columns, floats + 2 * columns};
}

INLINED void flush(column_sums *s) {
  for (size_t c = 0; c < s->columns; c++) {
    s->first_total[c] += s->first[c];
    s->second_total[c] += s->second[c];
    s->first[c] = s->second[c] = 0;
  }
}

/// Sums of x - near and of their squares over each column, of so few rows that Float32 is exact enough.
INLINED void sums_about(
    const float *near, const float *x, size_t rows, size_t columns, float *restrict first, float *restrict second) {
  for (size_t c = 0; c < columns; c++) first[c] = second[c] = 0;
  size_t r = 0;
  for (; r + rows_at_once <= rows; r += rows_at_once) {
    const float *x0 = x + r * columns, *x1 = x0 + columns, *x2 = x1 + columns, *x3 = x2 + columns;
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++) {
      float a = x0[c] - near[c], b = x1[c] - near[c], d = x2[c] - near[c], e = x3[c] - near[c];
      first[c] += (a + b) + (d + e);
      second[c] += (a * a + b * b) + (d * d + e * e);
    }
  }
  for (; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      float a = x[r * columns + c] - near[c];
      first[c] += a;
      second[c] += a * a;
    }
}

INLINED size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

DISPATCHED void columns_near(const float *x, size_t rows, size_t columns, float *near, double *work) {
  float *first = (float *)work, *second = first + columns;
  for (size_t c = 0; c < columns; c++) near[c] = x[c];
  sums_about(near, x, rows, columns, first, second);
  for (size_t c = 0; c < columns; c++) near[c] += first[c] / (float)rows;
}

DISPATCHED void column_moments(
    const float *x, size_t rows, size_t columns, const float *near_first, double *work) {
  double *middle = work, *squares = work + columns;
  float *first = (float *)(work + 2 * columns), *second = first + columns, *near = second + columns;
  // The value that is subtracted before squaring: the mean of all blocks before. A block can be far from those before it only where
  // the variance is as large.
  for (size_t c = 0; c < columns; c++) near[c] = near_first[c], middle[c] = squares[c] = 0;
  for (size_t r = 0; r < rows; r += rows_in_float) {
    size_t count = smaller(rows - r, rows_in_float);
    sums_about(near, x + r * columns, count, columns, first, second);
    double n = (double)count, share = n / (double)(r + count);
    for (size_t c = 0; c < columns; c++) {
      double shift = first[c] / n, step = near[c] + shift - middle[c];
      squares[c] += second[c] - n * shift * shift + (double)r * share * step * step;
      middle[c] += share * step;
      near[c] = (float)middle[c];
    }
  }
}

void join_column_moments(double *into, size_t before, const double *from, size_t rows, size_t columns) {
  double n = (double)rows, share = n / (double)(before + rows);
  for (size_t c = 0; c < columns; c++) {
    double step = from[c] - into[c];
    into[columns + c] += from[columns + c] + (double)before * share * step * step;
    into[c] += share * step;
  }
}

void finish_column_moments(const double *work, size_t rows, size_t columns, float *mean, float *variance) {
  for (size_t c = 0; c < columns; c++) {
    double squares = work[columns + c];
    mean[c] = (float)work[c];
    variance[c] = (float)(squares < 0 ? 0 : squares / (double)rows);
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

DISPATCHED void normalize_columns_sums(
    const float *g, const float *x, size_t rows, size_t columns, const float *mean, double *work) {
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
}

void finish_columns_gradient(
    double *work, size_t rows, size_t columns, const float *inverse, const float *weight, float *dweight, float *dbias) {
  column_gradient gradient = column_gradient_in(work, columns);
  for (size_t c = 0; c < columns; c++) {
    dbias[c] = (float)work[c];
    dweight[c] = (float)(work[columns + c] * inverse[c]);
    gradient.scale[c] = inverse[c] * (weight ? weight[c] : 1);
    gradient.slope[c] = gradient.scale[c] * inverse[c] * dweight[c] / (float)rows;
    gradient.offset[c] = dbias[c] / (float)rows;
  }
}

DISPATCHED void normalize_columns_gradient(
    const float *g, const float *x, size_t rows, size_t columns, const float *mean, const double *work, float *dx) {
  column_gradient gradient = column_gradient_in((double *)work, columns);
  const float *scale = gradient.scale, *slope = gradient.slope, *offset = gradient.offset;
  for (size_t r = 0; r < rows; r++, x += columns, g += columns, dx += columns)
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++) dx[c] = scale[c] * (g[c] - offset[c]) - slope[c] * (x[c] - mean[c]);
}

DISPATCHED void normalize_rows(
    const float *x, size_t rows, size_t columns, int centered, float epsilon, const float *weight, const float *bias,
    float *y, float *mean, float *inverse) {
#pragma clang fp reassociate(on)
  for (size_t r = 0; r < rows; r++, x += columns, y += columns) {
    float middle = 0, rest = 0, squares = 0;
    // In 64 partial sums on every processor, so that rounding errors stay small.
    if (centered) {
#pragma clang loop vectorize_width(16) interleave_count(4)
      for (size_t c = 0; c < columns; c++) middle += x[c];
      middle /= (float)columns;
    }
#pragma clang loop vectorize_width(16) interleave_count(4)
    for (size_t c = 0; c < columns; c++) {
      float distance = x[c] - middle;
      rest += distance;
      squares += distance * distance;
    }
    float variance = squares / (float)columns;
    if (centered) {
      // The rounding error of the mean of numbers far from 0.
      rest /= (float)columns;
      middle += rest;
      variance -= rest * rest;
      variance = variance < 0 ? 0 : variance;
    }
    float factor = 1 / __builtin_sqrtf(variance + epsilon);
#pragma clang loop vectorize(assume_safety)
    for (size_t c = 0; c < columns; c++)
      y[c] = (x[c] - middle) * factor * (weight ? weight[c] : 1) + (bias ? bias[c] : 0);
    mean[r] = middle;
    inverse[r] = factor;
  }
}

DISPATCHED void normalize_rows_gradient(
    const float *g, const float *x, size_t rows, size_t columns, int centered, const float *mean, const float *inverse,
    const float *weight, float *dx, double *work) {
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
    for (size_t c = 0; c < columns; c++) {
      // Rounded as in the sum, so that a row of one number has no gradient at all.
      float weighted = g[c] * (weight ? weight[c] : 1);
      dx[c] = factor * (weighted - offset - (x[c] - middle) * factor * slope);
    }
    if ((r + 1) % rows_in_float == 0) flush(&s);
  }
  flush(&s);
}

void join_column_sums(double *into, const double *from, size_t columns) {
  for (size_t c = 0; c < 2 * columns; c++) into[c] += from[c];
}

void finish_column_sums(const double *work, size_t columns, float *dweight, float *dbias) {
  for (size_t c = 0; c < columns; c++) {
    dbias[c] = (float)work[c];
    dweight[c] = (float)work[columns + c];
  }
}
