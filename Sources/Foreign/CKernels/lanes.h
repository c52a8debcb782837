// Vectors of sixteen numbers, and sums over them without loss of digits or range.
#ifndef CKERNELS_LANES_H
#define CKERNELS_LANES_H

#include <stddef.h>

#include "dispatch.h"

typedef float float16 __attribute__((ext_vector_type(16), aligned(4)));
typedef double double16 __attribute__((ext_vector_type(16)));
typedef int int16 __attribute__((ext_vector_type(16)));

enum { lanes = 16, block = 4 * lanes };

// Macros, since a vector as an argument would need the same registers on every level of x86-64.
#define LANES_AT(x, i) (*(const float16 *)((x) + (i)))
#define WIDENED(v) __builtin_convertvector(v, double16)

/// The sum of the lanes in a fixed order: halves, and halves of halves, so that few additions depend on each other.
INLINED double total_of(const double16 *v) {
  typedef double double8 __attribute__((ext_vector_type(8)));
  typedef double double4 __attribute__((ext_vector_type(4)));
  double8 eight = v->lo + v->hi;
  double4 four = eight.lo + eight.hi;
  return (four[0] + four[2]) + (four[1] + four[3]);
}

#define TAKE_LARGER(most, v) ((most) = (v) > (most) ? (v) : (most))
#define TAKE_SMALLER(least, v) ((least) = (v) < (least) ? (v) : (least))

INLINED float largest_of(const float16 *v) {
  float most = (*v)[0];
  for (int lane = 1; lane < lanes; lane++) TAKE_LARGER(most, (*v)[lane]);
  return most;
}

/// The largest element of four independent vectors.
INLINED float largest_of_four(float16 *v) {
  for (int k = 1; k < 4; k++) TAKE_LARGER(v[0], v[k]);
  return largest_of(v);
}

/// The smallest element of four independent vectors.
INLINED float smallest_of_four(float16 *v) {
  for (int k = 1; k < 4; k++) TAKE_SMALLER(v[0], v[k]);
  float least = v[0][0];
  for (int lane = 1; lane < lanes; lane++) TAKE_SMALLER(least, v[0][lane]);
  return least;
}

/// Four squares are added in Float32 before they are added to a sum in Float64: fast, but a square underflows or overflows Float32 long
/// before its root. `squares_are_exact` is true if the sum is exact to its rounding.
#define FOUR_SQUARES(v) (((v)[0] * (v)[0] + (v)[1] * (v)[1]) + ((v)[2] * (v)[2] + (v)[3] * (v)[3]))

INLINED int squares_are_exact(double sum, size_t n) { return sum > 1e-24 * (double)n && sum < 1e36; }

/// The sum of squares in Float64 throughout.
INLINED double square_sum_exactly(const float *x, size_t n) {
  double16 sum = 0;
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    double16 wide = WIDENED(LANES_AT(x, i));
    sum += wide * wide;
  }
  double total = total_of(&sum);
  for (; i < n; i++) total += (double)x[i] * x[i];
  return total;
}

#endif
