#include "include/pooling.h"

#include <string.h>

#include "dispatch.h"

/// The pixels of an image, and its windows.
#define PIXELS(p) ((p)->rows.size * (p)->columns.size)
#define WINDOWS(p) ((p)->rows.count * (p)->columns.count)

/// Calls `begin` for each window, `inside` for each of its pixels in the image and `outside` for each of the others, with the offsets of
/// the pixel and of the window's result.
#define FOR_EACH_WINDOW_PIXEL(p, begin, inside, outside)                                                     \
  for (int64_t image = (p)->first, out = image * WINDOWS(p) * (p)->channels; image < (p)->first + (p)->images; image++) \
    for (int64_t i = 0; i < (p)->rows.count; i++)                                                            \
      for (int64_t j = 0; j < (p)->columns.count; j++, out += (p)->channels) {                               \
        begin;                                                                                               \
        for (int64_t a = 0; a < (p)->rows.kernel; a++)                                                       \
          for (int64_t b = 0; b < (p)->columns.kernel; b++) {                                                \
            int64_t row = i * (p)->rows.stride + a * (p)->rows.dilation - (p)->rows.before;                  \
            int64_t column = j * (p)->columns.stride + b * (p)->columns.dilation - (p)->columns.before;      \
            if (row < 0 || row >= (p)->rows.size || column < 0 || column >= (p)->columns.size) {             \
              outside;                                                                                       \
              continue;                                                                                      \
            }                                                                                                \
            int64_t in = ((image * (p)->rows.size + row) * (p)->columns.size + column) * (p)->channels;      \
            inside;                                                                                          \
          }                                                                                                  \
      }

DISPATCHED static void take_largest(const float *x, int32_t from, float *y, int32_t *indices, int64_t n) {
  for (int64_t c = 0; c < n; c++) {
    int larger = indices[c] < 0 || x[c] > y[c] || (x[c] != x[c] && y[c] == y[c]);
    y[c] = larger ? x[c] : y[c];
    indices[c] = larger ? from + (int32_t)c : indices[c];
  }
}

void pool_largest(const windows *p, const float *x, float *y, int32_t *indices) {
  FOR_EACH_WINDOW_PIXEL(
      p, memset(indices + out, 0xff, (size_t)p->channels * sizeof *indices),
      take_largest(x + in, (int32_t)in, y + out, indices + out, p->channels), )
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

/// How many elements of window i count in its mean.
static int64_t counted(const window_axis *axis, int64_t i, bool with_padding) {
  int64_t start = i * axis->stride - axis->before, count = 0;
  int64_t low = with_padding ? -axis->before : 0, high = axis->size + (with_padding ? axis->after : 0);
  for (int64_t a = 0; a < axis->kernel; a++, start += axis->dilation) count += start >= low && start < high;
  return count;
}

/// Whether all elements of all windows count, since they lie in the image or its padding.
static bool all_count(const window_axis *axis, bool with_padding) {
  int64_t last = (axis->count - 1) * axis->stride - axis->before + (axis->kernel - 1) * axis->dilation;
  return (with_padding || axis->before == 0) && last < axis->size + (with_padding ? axis->after : 0);
}

/// What an element of window (i, j) adds to its mean.
static float share_of(const windows *p, int64_t i, int64_t j, bool with_padding, float whole) {
  if (whole > 0) return whole;
  return 1.0f / (float)(counted(&p->rows, i, with_padding) * counted(&p->columns, j, with_padding));
}

/// The share of each element where all windows have the same; 0 otherwise.
static float whole_share(const windows *p, bool with_padding) {
  return all_count(&p->rows, with_padding) && all_count(&p->columns, with_padding)
      ? 1.0f / (float)(p->rows.kernel * p->columns.kernel) : 0;
}

void pool_mean(const windows *p, bool with_padding, const float *x, float *y) {
  float share, whole = whole_share(p, with_padding);
  FOR_EACH_WINDOW_PIXEL(
      p, memset(y + out, 0, (size_t)p->channels * sizeof *y); share = share_of(p, i, j, with_padding, whole),
      add_share(x + in, share, y + out, p->channels), )
}

void spread_mean(const windows *p, bool with_padding, const float *y, float *x) {
  float share, whole = whole_share(p, with_padding);
  memset(x + p->first * PIXELS(p) * p->channels, 0, (size_t)(p->images * PIXELS(p) * p->channels) * sizeof *x);
  FOR_EACH_WINDOW_PIXEL(
      p, share = share_of(p, i, j, with_padding, whole), add_share(y + out, share, x + in, p->channels), )
}

void unfold(const windows *p, int64_t first, int64_t taken, const float *x, float *patches) {
  patches += p->first * WINDOWS(p) * p->rows.kernel * p->columns.kernel * taken;
  FOR_EACH_WINDOW_PIXEL(
      p, (void)out, (memcpy(patches, x + in + first, (size_t)taken * sizeof *x), patches += taken),
      (memset(patches, 0, (size_t)taken * sizeof *x), patches += taken))
}
