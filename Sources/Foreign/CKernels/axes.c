#include "include/axes.h"

#include "dispatch.h"

/// Keeps v at the index k where it is better than y.
#define KEEP(better)                                                    \
  for (int64_t i = 0; i < l.inner; i++) {                               \
    float v = x[k * l.inner + i];                                       \
    int taken = (v better y[i]) | ((v != v) & (y[i] == y[i]));          \
    y[i] = taken ? v : y[i];                                            \
    if (index) index[i] = taken ? k : index[i];                         \
  }

DISPATCHED void extremes_along(const float *x, float *y, int64_t *index, axis_layout l, int smallest) {
  if (l.size == 0) return;
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

DISPATCHED void cumulative_sums(const float *x, float *y, axis_layout l, int reversed) {
  enum { wide = 64 };
  for (int64_t o = 0; o < l.outer; o++, x += l.size * l.inner, y += l.size * l.inner)
    for (int64_t first = 0; first < l.inner; first += wide) {
      int64_t width = l.inner - first < wide ? l.inner - first : wide;
      double total[wide] = {0};
      for (int64_t k = 0; k < l.size; k++) {
        int64_t at = (reversed ? l.size - 1 - k : k) * l.inner + first;
        for (int64_t i = 0; i < width; i++) y[at + i] = (float)(total[i] += x[at + i]);
      }
    }
}
