#include "include/statistics.h"

#include "dispatch.h"

typedef float float16 __attribute__((ext_vector_type(16), aligned(4)));
typedef double double16 __attribute__((ext_vector_type(16)));
typedef int int16 __attribute__((ext_vector_type(16)));

#define INFINITE __builtin_inff()

// Each lane keeps its own sums, and the lanes are added in a fixed order: the same numbers on every level of x86-64.

DISPATCHED statistics statistics_of(const float *x, size_t n, float low, float high) {
  double16 sum = 0, square_sum = 0;
  float16 minimum = INFINITE, maximum = -INFINITE;
  int16 zeros = 0, nonfinite = 0, outside = 0;
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    float16 v = *(const float16 *)(x + i);
    double16 wide = __builtin_convertvector(v, double16);
    sum += wide;
    square_sum = __builtin_elementwise_fma(wide, wide, square_sum);
    minimum = v < minimum ? v : minimum;
    maximum = v > maximum ? v : maximum;
    zeros -= v == 0.0f;
    nonfinite -= !(v - v == 0.0f);
    outside -= (v < low) | (v > high);
  }
  statistics total = {0, 0, INFINITE, -INFINITE, 0, 0, 0};
  for (int lane = 0; lane < 16; lane++) {
    total.sum += sum[lane];
    total.square_sum += square_sum[lane];
    total.minimum = minimum[lane] < total.minimum ? minimum[lane] : total.minimum;
    total.maximum = maximum[lane] > total.maximum ? maximum[lane] : total.maximum;
    total.zeros += (size_t)zeros[lane];
    total.nonfinite += (size_t)nonfinite[lane];
    total.outside += (size_t)outside[lane];
  }
  for (; i < n; i++) {
    float v = x[i];
    total.sum += v;
    total.square_sum += (double)v * v;
    total.minimum = v < total.minimum ? v : total.minimum;
    total.maximum = v > total.maximum ? v : total.maximum;
    total.zeros += v == 0.0f;
    total.nonfinite += !(v - v == 0.0f);
    total.outside += (v < low) | (v > high);
  }
  // A sum of squares is NaN only where an element is: infinities only make it infinite.
  if (total.square_sum != total.square_sum) total.minimum = total.maximum = __builtin_nanf("");
  return total;
}

DISPATCHED magnitudes magnitudes_of(const float *x, size_t n) {
  double16 sum = 0, square_sum = 0;
  float16 largest = 0;
  int16 nonfinite = 0;
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    float16 v = *(const float16 *)(x + i);
    double16 wide = __builtin_convertvector(v, double16);
    sum += wide;
    square_sum = __builtin_elementwise_fma(wide, wide, square_sum);
    float16 size = __builtin_elementwise_abs(v);
    largest = size > largest ? size : largest;
    nonfinite -= !(v - v == 0.0f);
  }
  magnitudes total = {0, 0, 0, 0};
  for (int lane = 0; lane < 16; lane++) {
    total.sum += sum[lane];
    total.square_sum += square_sum[lane];
    total.largest = largest[lane] > total.largest ? largest[lane] : total.largest;
    total.nonfinite += (size_t)nonfinite[lane];
  }
  for (; i < n; i++) {
    float v = x[i], size = __builtin_fabsf(v);
    total.sum += v;
    total.square_sum += (double)v * v;
    total.largest = size > total.largest ? size : total.largest;
    total.nonfinite += !(v - v == 0.0f);
  }
  if (total.square_sum != total.square_sum) total.largest = __builtin_nanf("");
  return total;
}
