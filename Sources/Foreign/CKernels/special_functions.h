// Sine, cosine, the error function and powers without branches, computed in Float64 so that the rounding to Float32 is the only one
// that counts: within 1 unit in the last place.
#ifndef CKERNELS_SPECIAL_FUNCTIONS_H
#define CKERNELS_SPECIAL_FUNCTIONS_H

#include <stdint.h>
#include <string.h>

#include "dispatch.h"

INLINED double double_of_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, 8);
  return value;
}

INLINED uint64_t bits_of_double(double value) {
  uint64_t bits;
  memcpy(&bits, &value, 8);
  return bits;
}

/// The magnitude up to which `sine_at` has all its digits: n pi / 2 is exact to 2^-53 for n up to 2^20.
static const float largest_angle = 1e6f;

/// sin(x + quarter pi / 2) for |x| up to `largest_angle`.
INLINED float sine_at(float angle, int32_t quarter) {
  double x = angle, n = __builtin_rint(x * 0.63661977236758134);
  // pi / 2 in two parts, the first of 33 bits.
  double r = (x - n * 1.5707963267341256) - n * 6.0771005065061922e-11, z = r * r;
  double odd = -1.0 / 39916800;
  odd = odd * z + 1.0 / 362880;
  odd = odd * z - 1.0 / 5040;
  odd = odd * z + 1.0 / 120;
  odd = odd * z - 1.0 / 6;
  odd = odd * z * r + r;
  double even = 1.0 / 479001600;
  even = even * z - 1.0 / 3628800;
  even = even * z + 1.0 / 40320;
  even = even * z - 1.0 / 720;
  even = even * z + 1.0 / 24;
  even = even * z - 0.5;
  even = even * z + 1;
  int32_t turn = (int32_t)n + quarter;
  double y = turn & 1 ? even : odd;
  return (float)(turn & 2 ? -y : y);
}

/// The error function. A polynomial of x^2, interpolated at Chebyshev's nodes, is erf(x) / x within 4e-10 of itself for |x| <= 4, from
/// where on erf is 1 in Float32.
INLINED float erf1(float from) {
  double x = from < -4 ? -4 : from > 4 ? 4 : from, u = x * x * 0.125 - 1;
  double p = 9.4038124024685538e-05;
  p = p * u - 0.00024642199980983505;
  p = p * u + 0.00017322967630806508;
  p = p * u - 0.00032551968560941486;
  p = p * u + 0.0014101525981302071;
  p = p * u - 0.0029097128615879733;
  p = p * u + 0.0047749464891676035;
  p = p * u - 0.0083840443563666933;
  p = p * u + 0.014381038603613836;
  p = p * u - 0.022562558254619065;
  p = p * u + 0.033053291738967594;
  p = p * u - 0.04574431268539967;
  p = p * u + 0.059887829575686273;
  p = p * u - 0.074730486795578172;
  p = p * u + 0.090208941343430257;
  p = p * u - 0.1077102928865076;
  p = p * u + 0.13167511777580795;
  p = p * u - 0.17657623580039056;
  p = p * u + 0.35353099564340495;
  return (float)(x * p);
}

/// log2(x) for finite x > 0 that are normal in Float64, as all numbers of Float32 are.
INLINED double log2_of(double x) {
  // x = m 2^e with m between sqrt(1/2) and sqrt(2): the bits of sqrt(1/2) are the first of an exponent.
  const uint64_t root = 0x3fe6a09e667f3bcd;
  uint64_t bits = bits_of_double(x) - root, fraction = bits & 0x000fffffffffffff;
  // The exponent, which may be negative, as the lower bits of a Float64.
  uint64_t exponent = (bits + (1024ull << 52)) >> 52;
  double e = double_of_bits(exponent | 0x4330000000000000) - (0x1p52 + 1024);
  double m = double_of_bits(fraction + root), f = (m - 1) / (m + 1), z = f * f;
  double p = 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  p = p * z + 1;
  return 2.8853900817779268 * f * p + e;
}

/// 2^t.
INLINED double exp2_of(double t) {
  t = t > 1000 ? 1000 : t < -1000 ? -1000 : t;
  double n = __builtin_rint(t), r = (t - n) * 0.69314718055994531;
  double p = 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  // n + 1023 as whole number, in the lower bits of a Float64.
  return p * double_of_bits(bits_of_double(n + (0x1p52 + 1023)) << 52);
}

/// x to the power y, with the special cases of C's powf.
INLINED float pow1(float x, float y) {
  double size = __builtin_fabs((double)x), exponent = y;
  double logarithm = size == 0 ? -1e300 : size > 1e300 ? 1e300 : log2_of(size);
  // 1 to the power of infinity is 1.
  float power = (float)exp2_of(logarithm == 0 ? 0 : logarithm * exponent);
  int is_whole = __builtin_rint(exponent) == exponent;
  int is_odd = is_whole & (__builtin_rint(exponent * 0.5) != exponent * 0.5);
  power = is_odd ? __builtin_copysignf(power, x) : power;
  power = (!is_whole & (x < 0) & (size < 1e300)) ? __builtin_nanf("") : power;
  power = ((x != x) | (y != y)) ? __builtin_nanf("") : power;
  return ((x == 1) | (y == 0)) ? 1 : power;
}

#endif
