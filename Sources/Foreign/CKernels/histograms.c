#include "include/histograms.h"

#include <string.h>

#include "lanes.h"

// Most values' bins are computed. What is left is looked up by a float's upper half, its sign, exponent and seven more bits, and
// where an edge lies among the floats of that half, among the edges.
enum { middle = 148, outermost = 147, tables = 4, row = 1024, has_edge = 0x8000 };

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
  // Zero shares them with the smallest numbers.
  cells[0] = cells[histogram_cells / 2] = (middle + 4) | has_edge;
}

/// The place of v, by its cell where that tells.
static int looked_up(float v, const double *edges, const uint16_t *cells) {
  uint32_t bits;
  memcpy(&bits, &v, sizeof bits);
  int place = cells[bits >> 16];
  return place & has_edge ? place_exactly(v, place - has_edge, edges) : place;
}

typedef unsigned uint16 __attribute__((ext_vector_type(16), aligned(4)));
typedef uint16_t place16 __attribute__((ext_vector_type(16), aligned(2)));

/// Writes the places of sixteen values; false where one of them must be looked up, since it is not finite, between the innermost
/// bins and 10⁻¹⁰, or so close to an edge that a logarithm in Float32 can't tell on which side it lies.
///
/// From 10⁻¹⁰ on asinh(|v| / 10⁻¹²) is log(2 · 10¹² |v|), so that v lies 8 log₁₀(2 · 10¹² |v|) bins away from the middle.
INLINED int find_places(const float *x, uint16_t *places) {
  const float bins_an_octave = 2.40823996531f, at_one = 98.40823996531f, too_close = 3e-4f;
  const unsigned innermost = 0x2aa34168 /* 2.9e-13 */, logarithmic = 0x2edbe700 /* 1e-10 */, infinite = 0x7f800000;
  uint16 bits = *(const uint16 *)x, size = bits & 0x7fffffff;
  // Exponent and mantissa, read as one number, are about the logarithm, and the rest is a polynomial of the mantissa.
  float16 m = (float16)((bits & 0x007fffff) | 0x3f800000);
  float16 bend = ((-0.04514902f * m + 0.28387368f) * m - 0.69947964f) * m + 0.90267205f;
  float16 octaves =
      __builtin_convertvector((int16)size, float16) * 0x1p-23f - 127.0f + (m - 1.0f) * (2.0f - m) * bend;
  float16 away = octaves * bins_an_octave + at_one;
  int16 bin = __builtin_convertvector(away, int16);
  float16 beyond = away - __builtin_convertvector(bin, float16) - 0.5f;
  int16 is_unclear = (size - logarithmic >= infinite - logarithmic) | (__builtin_elementwise_abs(beyond) > 0.5f - too_close);
  if (__builtin_reduce_or(is_unclear & (size >= innermost))) return 0;
  bin = size < innermost ? 0 : bin < outermost ? bin : outermost;
  // Of a negative number −1 − bin.
  int16 place = 4 + middle + (bin ^ ((int16)bits >> 31));
  place = size == 0 ? 0 : place;
  *(place16 *)places = __builtin_convertvector(place, place16);
  return 1;
}

DISPATCHED void histogram_of(
    const float *x, size_t n, const double *edges, const uint16_t *cells, uint32_t *counts) {
  // Several tables, so that an increment need not wait for the one before it, and row by row, so that it need not wait for its
  // place to be written.
  uint32_t tally[tables][histogram_counts];
  memset(tally, 0, sizeof tally);
  uint16_t places[row];
  for (size_t start = 0, length; start < n; start += length) {
    length = n - start < row ? n - start : row;
    size_t i = 0;
    for (; i + lanes <= length; i += lanes) {
      if (__builtin_expect(find_places(x + start + i, places + i), 1)) continue;
      for (size_t k = i; k < i + lanes; k++) places[k] = (uint16_t)looked_up(x[start + k], edges, cells);
    }
    for (; i < length; i++) places[i] = (uint16_t)looked_up(x[start + i], edges, cells);
    for (i = 0; i + tables <= length; i += tables)
      for (size_t table = 0; table < tables; table++) tally[table][places[i + table]]++;
    for (; i < length; i++) tally[0][places[i]]++;
  }
  for (int place = 0; place < histogram_counts; place++) {
    uint32_t total = 0;
    for (int table = 0; table < tables; table++) total += tally[table][place];
    counts[place] = total;
  }
}
