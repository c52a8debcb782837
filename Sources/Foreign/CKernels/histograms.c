#include "include/histograms.h"

#include <string.h>

#include "lanes.h"

#define INFINITE __builtin_inff()

// In bins: how many make up a doubling, and how far the bin of a large |v| / 1e-12 = y lies from asinh(y) = ln(2 y).
static const float bins_per_doubling = 8 * 0.30102999566398120f;
enum { middle = 148, tables = 4 };

/// The place of v, going from edge to edge, first from that of a place that is near.
static int place_exactly(float v, int near, const double *edges) {
  if (v == 0) return 0;
  if (v - v != 0) return v != v ? 1 : v < 0 ? 2 : 3;
  int bin = near < 4 ? middle : near - 4;
  while (bin > 0 && v < edges[bin]) bin--;
  while (bin < histogram_bins - 1 && v >= edges[bin + 1]) bin++;
  return 4 + bin;
}

/// Makes log2(r), to 2e-5, of finite r >= 1.
INLINED void take_log2(float16 *r) {
  int16 bits = (int16)*r;
  float16 exponent = __builtin_convertvector((bits >> 23) - 127, float16);
  float16 m = (float16)((bits & 0x007fffff) | 0x3f800000);
  float16 p = 0.0430049578f;
  p = p * m - 0.402513394f;
  p = p * m + 1.58947429f;
  p = p * m - 3.48987855f;
  p = p * m + 5.04785541f;
  *r = p * m - 2.78792621f + exponent;
}

/// The places of sixteen values. Logarithms say which bin a value is in unless it is within a thousandth of a bin of an
/// edge; those few, and what is not finite, are looked up.
INLINED void places_of(const float *values, const double *edges, int *places) {
  float16 v = LANES_AT(values, 0);
  float16 size = __builtin_elementwise_abs(v);
  int16 is_zero = size == 0.0f;
  float16 y = is_zero ? (float16)1e6f : size * 1e12f;
  int16 beyond = !(y < 1e18f);
  y = beyond ? (float16)1e18f : y;
  float16 root = y;
  // sqrt(y^2 + 1) = y here, but for vanishing values.
  if (__builtin_reduce_or(y < 1e4f)) root = __builtin_elementwise_sqrt(y * y + 1.0f);
  float16 x = y + root;
  take_log2(&x);
  x *= bins_per_doubling;
  float16 whole = __builtin_elementwise_floor(x), part = x - whole;
  int16 bin = __builtin_convertvector(whole, int16);
  int16 place = v < 0.0f ? (4 + middle - 1) - bin : (4 + middle) + bin;
  place = is_zero ? (int16)0 : place;
  *(int16 *)places = place;
  int16 unsure = ~is_zero & ((part < 1e-3f) | (part > 1 - 1e-3f) | beyond);
  if (__builtin_reduce_or(unsure))
    for (int lane = 0; lane < lanes; lane++)
      if (unsure[lane]) places[lane] = place_exactly(values[lane], places[lane], edges);
}

DISPATCHED void histogram_of(const float *x, size_t n, const double *edges, uint32_t *counts) {
  // Several tables, so that an increment need not wait for the one before it.
  uint32_t tally[tables][histogram_counts];
  memset(tally, 0, sizeof tally);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    int places[lanes] __attribute__((aligned(64)));
    places_of(x + i, edges, places);
    // From memory: taking lanes out of a vector costs twice as much.
    __asm__ volatile("" : : "r"(places) : "memory");
    for (int lane = 0; lane < lanes; lane++) tally[lane % tables][places[lane]]++;
  }
  for (; i < n; i++) tally[0][place_exactly(x[i], 0, edges)]++;
  for (int place = 0; place < histogram_counts; place++) {
    uint32_t total = 0;
    for (int table = 0; table < tables; table++) total += tally[table][place];
    counts[place] = total;
  }
}
