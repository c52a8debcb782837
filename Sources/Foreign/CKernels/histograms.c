#include "include/histograms.h"

#include <string.h>

#include "lanes.h"

// The bins of most values are computed. Those of others are read from a table by a float's upper half: sign, exponent and seven more
// bits. If an edge is among the floats of that half, the edges are compared.
enum { middle = 148, outermost = 147, tables = 8, has_edge = 0x8000 };

/// The index of v, by a search from edge to edge from a near index.
static int index_exactly(float v, int near, const double *edges) {
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
    int first = index_exactly(float_of(cell << 16), 0, edges);
    int last = index_exactly(float_of(cell << 16 | 0xffff), 0, edges);
    cells[cell] = (uint16_t)(first == last ? first : first | has_edge);
  }
  // Zero has the same upper half as the smallest numbers.
  cells[0] = cells[histogram_cells / 2] = (middle + 4) | has_edge;
}

/// The index of v, by its cell if all floats of the cell have the same one.
static int looked_up(float v, const double *edges, const uint16_t *cells) {
  uint32_t bits;
  memcpy(&bits, &v, sizeof bits);
  int index = cells[bits >> 16];
  return index & has_edge ? index_exactly(v, index - has_edge, edges) : index;
}

typedef uint16_t index16 __attribute__((ext_vector_type(16), aligned(2)));

/// Writes the indices of sixteen values. False if one of them needs the table: it is not finite, smaller than 10⁻¹⁰, or too close to an
/// edge for a logarithm in Float32.
///
/// From 10⁻¹⁰ on asinh(|v| / 10⁻¹²) is log(2 · 10¹² |v|), so v is 8 log₁₀(2 · 10¹² |v|) bins away from the middle.
INLINED int find_indices(const float *x, uint16_t *indices) {
  const float octave = 2.40823996531f, at_one = 98.40823996531f, too_close = 3e-4f;
  const int innermost = 0x2aa34168 /* 2.9e-13 */, logarithmic = 0x2edbe700 /* 1e-10 */, infinite = 0x7f800000;
  int16 bits = (int16)LANES_AT(x, 0), size = bits & 0x7fffffff;
  // Exponent and mantissa, read as one number, approximate the logarithm; a polynomial of the mantissa corrects it.
  float16 m = (float16)((bits & 0x007fffff) | 0x3f800000);
  float16 bend = ((-0.04514902f * octave * m + 0.28387368f * octave) * m - 0.69947964f * octave) * m + 0.90267205f * octave;
  float16 line = __builtin_convertvector(size, float16) * (0x1p-23f * octave) + (at_one - 127.0f * octave);
  float16 away = ((3.0f - m) * m - 2.0f) * bend + line;
  int16 bin = __builtin_convertvector(away, int16);
  float16 beyond = away - __builtin_convertvector(bin, float16) - 0.5f;
  int16 is_unclear =
      (size < logarithmic) | (size >= infinite) | (__builtin_elementwise_abs(beyond) > 0.5f - too_close);
  if (__builtin_reduce_or(is_unclear & (size >= innermost))) return 0;
  bin = size < innermost ? 0 : bin < outermost ? bin : outermost;
  // For a negative number −1 − bin.
  int16 index = 4 + middle + (bin ^ (bits >> 31));
  index = size == 0 ? 0 : index;
  *(index16 *)indices = __builtin_convertvector(index, index16);
  return 1;
}

DISPATCHED void histogram_of(
    const float *x, size_t n, const double *edges, const uint16_t *cells, uint32_t *counts) {
  // Several tables, so that successive increments don't depend on each other.
  uint32_t tally[tables][histogram_counts];
  memset(tally, 0, sizeof tally);
  // The indices of a block are computed while those of the block before are counted, so that arithmetic and memory work at once.
  uint16_t indices[2][block];
  size_t i = 0;
  for (; i + block <= n; i += block) {
    uint16_t *now = indices[i / block % 2], *before = indices[1 - i / block % 2];
    for (size_t v = 0; v < block; v += lanes) {
      if (__builtin_expect(!find_indices(x + i + v, now + v), 0))
        for (size_t k = v; k < v + lanes; k++) now[k] = (uint16_t)looked_up(x[i + k], edges, cells);
      if (i)
        for (size_t k = v; k < v + lanes; k++) tally[k % tables][before[k]]++;
    }
  }
  if (i)
    for (size_t k = 0; k < block; k++) tally[k % tables][indices[(i / block - 1) % 2][k]]++;
  for (; i < n; i++) tally[0][looked_up(x[i], edges, cells)]++;
  for (int index = 0; index < histogram_counts; index++) {
    uint32_t total = 0;
    for (int table = 0; table < tables; table++) total += tally[table][index];
    counts[index] = total;
  }
}
