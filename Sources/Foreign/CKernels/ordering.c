#include "include/ordering.h"

#include <string.h>

#include "dispatch.h"

// A key is an element's rank in the upper half and its position in the lower, so keys differ.
enum { digit_bits = 8, digits = 1 << digit_bits, bin_bits = 12, bins = 1 << bin_bits, few = 32 };

/// A whole number that grows with the value; -0 and 0 have the same, and NaN has the largest.
INLINED uint32_t rank_of(float value) {
  uint32_t bits;
  value += 0.0f;
  memcpy(&bits, &value, sizeof bits);
  uint32_t rank = bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u);
  return value != value ? 0xffffffffu : rank;
}

DISPATCHED static void make_keys(const float *x, int64_t step, int64_t n, int descending, uint64_t *keys) {
  uint32_t flip = descending ? 0xffffffffu : 0;
  for (int64_t i = 0; i < n; i++) keys[i] = (uint64_t)(rank_of(x[i * step]) ^ flip) << 32 | (uint64_t)i;
}

/// Moves the keys that may be among the first `count` of n to the front, in their order, and returns how many they are.
static int64_t select_first(uint64_t *keys, int64_t n, int64_t count) {
  uint32_t counts[bins] = {0};
  for (int64_t i = 0; i < n; i++) counts[keys[i] >> (64 - bin_bits)]++;
  uint64_t last = 0;
  for (int64_t before = counts[0]; before < count; before += counts[last]) last++;
  int64_t kept = 0;
  for (int64_t i = 0; i < n; i++) {
    keys[kept] = keys[i];
    kept += keys[i] >> (64 - bin_bits) <= last;
  }
  return kept;
}

static void sort_few(uint64_t *keys, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    uint64_t key = keys[i];
    int64_t to = i;
    for (; to > 0 && keys[to - 1] > key; to--) keys[to] = keys[to - 1];
    keys[to] = key;
  }
}

/// Sorts by the ranks, which is stable: digit after digit, from the lowest on. Returns the sorted keys, which are one of the two.
static uint64_t *sort_by_digits(uint64_t *keys, uint64_t *other, int64_t n) {
  uint32_t counts[4][digits] = {{0}};
  for (int64_t i = 0; i < n; i++)
    for (int d = 0; d < 4; d++) counts[d][keys[i] >> (32 + digit_bits * d) & (digits - 1)]++;
  for (int d = 0; d < 4; d++) {
    int shift = 32 + digit_bits * d;
    // All have the same digit.
    if (counts[d][keys[0] >> shift & (digits - 1)] == n) continue;
    uint32_t start = 0;
    for (int digit = 0; digit < digits; digit++) {
      uint32_t here = counts[d][digit];
      counts[d][digit] = start;
      start += here;
    }
    for (int64_t i = 0; i < n; i++) other[counts[d][keys[i] >> shift & (digits - 1)]++] = keys[i];
    uint64_t *sorted = other;
    other = keys;
    keys = sorted;
  }
  return keys;
}

void order_of(
    const float *x, int64_t step, int64_t n, int descending, int64_t count, long *index, int64_t index_step,
    uint64_t *work) {
  if (count == 0) return;
  uint64_t *keys = work;
  make_keys(x, step, n, descending, keys);
  int64_t kept = count < n && n >= bins ? select_first(keys, n, count) : n;
  if (kept <= few)
    sort_few(keys, kept);
  else
    keys = sort_by_digits(keys, work + n, kept);
  for (int64_t i = 0; i < count; i++) index[i * index_step] = (long)(keys[i] & 0xffffffffu);
}
