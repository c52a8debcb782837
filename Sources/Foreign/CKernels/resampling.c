#include "include/resampling.h"

#include <string.h>

#include "dispatch.h"

DISPATCHED static void add_weighted(const float *x, float weight, float *y, int64_t n) {
  for (int64_t c = 0; c < n; c++) y[c] += weight * x[c];
}

void resample(
    const float *x, int64_t outer, int64_t size, int64_t inner, int64_t count, const int64_t *starts,
    const int64_t *indices, const float *weights, float *y) {
  memset(y, 0, (size_t)(outer * count * inner) * sizeof *y);
  for (int64_t o = 0; o < outer; o++, x += size * inner)
    for (int64_t i = 0; i < count; i++, y += inner)
      for (int64_t k = starts[i]; k < starts[i + 1]; k++) add_weighted(x + indices[k] * inner, weights[k], y, inner);
}
