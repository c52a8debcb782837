#include "include/histograms.h"

#include <string.h>

#include "lanes.h"

// A float's upper half, its sign, exponent and seven more bits, tells its bin, but for about one value in fifty, in whose cell of
// such floats an edge lies; those are looked up among the edges.
enum { middle = 148, tables = 4, has_edge = 0x8000 };

/// The place of v, going from edge to edge, first from that of a place that is near.
static int place_exactly(float v, int near, const double *edges) {
  if (v == 0) return 0;
  if (v - v != 0) return v != v ? 1 : v < 0 ? 2 : 3;
  int bin = near < 4 ? middle : near - 4;
  while (bin > 0 && v < edges[bin]) bin--;
  while (bin < histogram_bins - 1 && v >= edges[bin + 1]) bin++;
  return 4 + bin;
}

static float float_of(uint32_t bits) {
  float v;
  memcpy(&v, &bits, sizeof v);
  return v;
}

void make_histogram_cells(const double *edges, uint16_t *cells) {
  for (uint32_t cell = 0; cell < histogram_cells; cell++) {
    int first = place_exactly(float_of(cell << 16), 0, edges);
    int last = place_exactly(float_of(cell << 16 | 0xffff), 0, edges);
    cells[cell] = (uint16_t)(first == last ? first : first | has_edge);
  }
  // Zero's own, which it shares with numbers that are looked for apart, since zeros are many and those are rare.
  cells[0] = cells[histogram_cells / 2] = 0;
}

/// Whether any of sixteen values has zero's cell without being zero.
INLINED int any_is_almost_zero(const float *x) {
  float16 size = __builtin_elementwise_abs(LANES_AT(x, 0));
  return __builtin_reduce_or((int16)((size > 0.0f) & (size < 0x1p-133f))) != 0;
}

DISPATCHED void histogram_of(
    const float *x, size_t n, const double *edges, const uint16_t *cells, uint32_t *counts) {
  // Several tables, so that an increment need not wait for the one before it.
  uint32_t tally[tables][histogram_counts];
  memset(tally, 0, sizeof tally);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    if (__builtin_expect(any_is_almost_zero(x + i), 0)) {
      for (int lane = 0; lane < lanes; lane++) tally[0][place_exactly(x[i + (size_t)lane], 0, edges)]++;
      continue;
    }
#pragma clang loop unroll(full)
    for (int lane = 0; lane < lanes; lane++) {
      uint32_t bits;
      memcpy(&bits, x + i + lane, sizeof bits);
      int place = cells[bits >> 16];
      if (__builtin_expect(place & has_edge, 0)) place = place_exactly(x[i + (size_t)lane], place - has_edge, edges);
      tally[lane % tables][place]++;
    }
  }
  for (; i < n; i++) tally[0][place_exactly(x[i], 0, edges)]++;
  for (int place = 0; place < histogram_counts; place++) {
    uint32_t total = 0;
    for (int table = 0; table < tables; table++) total += tally[table][place];
    counts[place] = total;
  }
}
