#include "include/pooling.h"

#include <string.h>

#include "dispatch.h"

/// Calls `visit` for each pixel of each window that is inside its image, with the offsets of the pixel and of the window's result.
#define FOR_EACH_WINDOW_PIXEL(p, begin, visit)                                                       \
  for (int64_t image = 0; image < (p)->images; image++)                                              \
    for (int64_t i = 0; i < (p)->out_height; i++)                                                    \
      for (int64_t j = 0; j < (p)->out_width; j++) {                                                 \
        int64_t out = ((image * (p)->out_height + i) * (p)->out_width + j) * (p)->channels;          \
        begin;                                                                                       \
        for (int64_t a = 0; a < (p)->kernel_height; a++)                                             \
          for (int64_t b = 0; b < (p)->kernel_width; b++) {                                          \
            int64_t row = i * (p)->stride + a - (p)->padding, column = j * (p)->stride + b - (p)->padding; \
            if (row < 0 || row >= (p)->height || column < 0 || column >= (p)->width) continue;       \
            int64_t in = ((image * (p)->height + row) * (p)->width + column) * (p)->channels;        \
            visit;                                                                                   \
          }                                                                                          \
      }

DISPATCHED static void take_largest(const float *x, int32_t from, float *y, int32_t *indices, int64_t n) {
  for (int64_t c = 0; c < n; c++) {
    int larger = indices[c] < 0 || x[c] > y[c] || (x[c] != x[c] && y[c] == y[c]);
    y[c] = larger ? x[c] : y[c];
    indices[c] = larger ? from + (int32_t)c : indices[c];
  }
}

void pool_largest(const pooling *p, const float *x, float *y, int32_t *indices) {
  FOR_EACH_WINDOW_PIXEL(
      p, memset(indices + out, 0xff, (size_t)p->channels * sizeof *indices),
      take_largest(x + in, (int32_t)in, y + out, indices + out, p->channels))
}

void gather(const float *x, const int32_t *indices, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = x[indices[i]];
}

void scatter_add(const float *x, const int32_t *indices, float *y, size_t n) {
  for (size_t i = 0; i < n; i++) y[indices[i]] += x[i];
}

DISPATCHED static void add_share(const float *x, float share, float *y, int64_t n) {
  for (int64_t c = 0; c < n; c++) y[c] += share * x[c];
}

void pool_mean(const pooling *p, const float *x, float *y) {
  float share = 1.0f / (float)(p->kernel_height * p->kernel_width);
  FOR_EACH_WINDOW_PIXEL(
      p, memset(y + out, 0, (size_t)p->channels * sizeof *y), add_share(x + in, share, y + out, p->channels))
}

void spread_mean(const pooling *p, const float *y, float *x) {
  float share = 1.0f / (float)(p->kernel_height * p->kernel_width);
  memset(x, 0, (size_t)(p->images * p->height * p->width * p->channels) * sizeof *x);
  FOR_EACH_WINDOW_PIXEL(p, , add_share(y + out, share, x + in, p->channels))
}
