// Softmax along a dimension whose elements are not neighbours: many columns at once, each as a row would be computed.
#include "columns.h"
#include "include/softmax.h"
#include "vector_math.h"

#define FOR_ALL(i) for (int64_t i = 0; i < width; i++)

INLINED void largest_of_columns(const float *x, int64_t size, int64_t step, int64_t width, float *most) {
  FOR_ALL(i) most[i] = x[i];
  for (int64_t k = 1; k < size; k++)
    FOR_ALL(i) most[i] = x[k * step + i] > most[i] ? x[k * step + i] : most[i];
}

DISPATCHED static void softmax_columns(const float *x, float *p, int64_t size, int64_t step, int64_t width) {
  float most[axis_wide];
  double sum[axis_wide] = {0};
  largest_of_columns(x, size, step, width, most);
  for (int64_t k = 0; k < size; k++) {
    FOR_ALL(i) p[k * step + i] = exp1(x[k * step + i] - most[i]);
    FOR_ALL(i) sum[i] += p[k * step + i];
  }
  FOR_ALL(i) most[i] = 1.0f / (float)sum[i];
  for (int64_t k = 0; k < size; k++)
    FOR_ALL(i) p[k * step + i] *= most[i];
}

DISPATCHED static void log_softmax_columns(const float *x, float *y, int64_t size, int64_t step, int64_t width) {
  float most[axis_wide], logarithm[axis_wide];
  double sum[axis_wide] = {0};
  largest_of_columns(x, size, step, width, most);
  for (int64_t k = 0; k < size; k++)
    FOR_ALL(i) sum[i] += exp1(x[k * step + i] - most[i]);
  FOR_ALL(i) logarithm[i] = log1((float)sum[i]);
  for (int64_t k = 0; k < size; k++)
    FOR_ALL(i) y[k * step + i] = x[k * step + i] - most[i] - logarithm[i];
}

DISPATCHED static void softmax_columns_gradient(
    const float *g, const float *p, float *d, int64_t size, int64_t step, int64_t width) {
  double sum[axis_wide] = {0};
  for (int64_t k = 0; k < size; k++)
    FOR_ALL(i) sum[i] += g[k * step + i] * p[k * step + i];
  for (int64_t k = 0; k < size; k++)
    FOR_ALL(i) d[k * step + i] = p[k * step + i] * (g[k * step + i] - (float)sum[i]);
}

DISPATCHED static void log_softmax_columns_gradient(
    const float *g, const float *y, float *d, int64_t size, int64_t step, int64_t width) {
  double sum[axis_wide] = {0};
  for (int64_t k = 0; k < size; k++)
    FOR_ALL(i) sum[i] += g[k * step + i];
  for (int64_t k = 0; k < size; k++)
    FOR_ALL(i) d[k * step + i] = g[k * step + i] - (float)sum[i] * exp1(y[k * step + i]);
}

// A unit is a row where the elements of the dimension are neighbours.

typedef void rows_function(const float *, float *, size_t, size_t);
typedef void columns_function(const float *, float *, int64_t, int64_t, int64_t);

static void along(
    const float *x, float *y, axis_layout l, int64_t unit, int64_t end, rows_function *rows, columns_function *columns) {
  if (l.inner == 1) {
    rows(x + unit * l.size, y + unit * l.size, (size_t)(end - unit), (size_t)l.size);
    return;
  }
  for (; unit < end; unit++) {
    axis_columns at = columns_of(l, unit);
    columns(x + at.first, y + at.first, l.size, l.inner, at.width);
  }
}

void softmax_along(const float *x, float *p, axis_layout l, int64_t unit, int64_t end) {
  along(x, p, l, unit, end, softmax_rows, softmax_columns);
}

void log_softmax_along(const float *x, float *y, axis_layout l, int64_t unit, int64_t end) {
  along(x, y, l, unit, end, log_softmax_rows, log_softmax_columns);
}

typedef void rows_gradient(const float *, const float *, float *, size_t, size_t);
typedef void columns_gradient(const float *, const float *, float *, int64_t, int64_t, int64_t);

static void gradient_along(
    const float *g, const float *y, float *d, axis_layout l, int64_t unit, int64_t end, rows_gradient *rows,
    columns_gradient *columns) {
  if (l.inner == 1) {
    int64_t first = unit * l.size;
    rows(g + first, y + first, d + first, (size_t)(end - unit), (size_t)l.size);
    return;
  }
  for (; unit < end; unit++) {
    axis_columns at = columns_of(l, unit);
    columns(g + at.first, y + at.first, d + at.first, l.size, l.inner, at.width);
  }
}

void softmax_gradient_along(
    const float *g, const float *p, float *d, axis_layout l, int64_t unit, int64_t end) {
  gradient_along(g, p, d, l, unit, end, softmax_gradient, softmax_columns_gradient);
}

void log_softmax_gradient_along(
    const float *g, const float *y, float *d, axis_layout l, int64_t unit, int64_t end) {
  gradient_along(g, y, d, l, unit, end, log_softmax_gradient, log_softmax_columns_gradient);
}
