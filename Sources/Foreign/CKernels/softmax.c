#include "include/softmax.h"

#include "dispatch.h"
#include "vector_math.h"

INLINED float largest(const float *x, size_t n) {
  float most = x[0];
  for (size_t i = 1; i < n; i++) most = x[i] > most ? x[i] : most;
  return most;
}

/// p = exp(x - max x), and the sum of p.
INLINED float exponentials(const float *x, float *p, size_t n) {
  float most = largest(x, n);
  for (size_t i = 0; i < n; i++) p[i] = exp1(x[i] - most);
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += p[i];
  return (float)sum;
}

DISPATCHED void softmax_rows(const float *x, float *p, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, x += columns, p += columns) {
    float share = 1.0f / exponentials(x, p, columns);
    for (size_t c = 0; c < columns; c++) p[c] *= share;
  }
}

DISPATCHED void cross_entropy_rows(
    const float *x, const int32_t *labels, float *losses, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, x += columns) {
    float most = largest(x, columns);
    double sum = 0;
    for (size_t c = 0; c < columns; c++) sum += exp1(x[c] - most);
    losses[r] = log1((float)sum) + (most - x[labels[r]]);
  }
}

DISPATCHED void cross_entropy_gradient(
    const float *x, const int32_t *labels, float weight, float *g, size_t rows, size_t columns) {
  for (size_t r = 0; r < rows; r++, x += columns, g += columns) {
    float share = weight / exponentials(x, g, columns);
    for (size_t c = 0; c < columns; c++) g[c] *= share;
    g[labels[r]] -= weight;
  }
}
