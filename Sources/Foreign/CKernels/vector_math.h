// exp, log, tanh, the logistic function and others without branches, so that the compiler vectorizes them.
//
// Goals: within 2 units in the last place over the normal range, NaN in to NaN out, correct limits at infinity, and
// gradual underflow. Coefficients, unless another source is given: S. Moshier, Cephes Mathematical Library (single precision),
// 1984-1992.
#ifndef CKERNELS_VECTOR_MATH_H
#define CKERNELS_VECTOR_MATH_H

#include <stdint.h>
#include <string.h>

#include "dispatch.h"

INLINED float from_bits(int32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

INLINED int32_t to_bits(float value) {
  int32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

/// 2^n for -126 <= n <= 127.
INLINED float power_of_two(int32_t n) { return from_bits((n + 127) << 23); }

/// e^r - 1 for |r| <= ln(2) / 2.
INLINED float exponential_fraction(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * (r * r) + r;
}

INLINED float exp1(float x) {
  // Beyond these limits the result is 0 or infinity; a NaN passes both comparisons unchanged.
  x = x > 100.0f ? 100.0f : x;
  x = x < -110.0f ? -110.0f : x;
  float n = __builtin_rintf(x * 1.44269504f);
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = exponential_fraction(r) + 1.0f;
  // Two factors, so that neither leaves the range of exponents; a NaN has no integer, so it counts as 0.
  int32_t whole = n == n ? (int32_t)n : 0;
  int32_t half = whole >> 1;
  return p * power_of_two(half) * power_of_two(whole - half);
}

/// e^x - 1 for x <= 0, with all its digits near 0.
INLINED float exp_minus_one(float x) {
  x = x < -30.0f ? -30.0f : x;
  float n = __builtin_rintf(x * 1.44269504f);
  float r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float power = power_of_two(n == n ? (int32_t)n : 0);
  return power * exponential_fraction(r) + (power - 1.0f);
}

INLINED float log1(float x) {
  float scaled = x < 1.17549435e-38f ? x * 8388608.0f : x;
  float shift = x < 1.17549435e-38f ? -23.0f : 0.0f;
  int32_t bits = to_bits(scaled);
  int32_t exponent = ((bits >> 23) & 255) - 126;
  float m = from_bits((bits & 0x007fffff) | 0x3f000000);
  float low = m < 0.707106781f ? 1.0f : 0.0f;
  float e = (float)exponent - low + shift;
  float f = (m - 1.0f) + low * m;
  float z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  float y = p * f * z + e * -2.12194440e-4f - 0.5f * z;
  float result = f + y + e * 0.693359375f;
  result = x == 0.0f ? -__builtin_inff() : result;
  result = x == __builtin_inff() ? x : result;
  return x >= 0.0f ? result : __builtin_nanf("");
}

INLINED float sigmoid1(float x) {
  // e^-|x| never overflows, and below 0 the small result keeps its digits.
  float e = exp1(-__builtin_fabsf(x));
  return (x < 0 ? e : 1.0f) / (1.0f + e);
}

INLINED float tanh1(float x) {
  float size = __builtin_fabsf(x);
  float far = 1.0f - 2.0f / (exp1(size + size) + 1.0f);
  float z = x * x;
  float p = -5.70498872745e-3f;
  p = p * z + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  float near = p * z * x + x;
  return size < 0.625f ? near : __builtin_copysignf(far, x);
}

/// ln(1 + x) for 0 <= x <= 1, with all its digits near 0: the factor x / ((1 + x) - 1) corrects the rounding of 1 + x.
INLINED float log_one_plus(float x) {
  float sum = 1.0f + x;
  return sum == 1.0f ? x : log1(sum) * (x / (sum - 1.0f));
}

/// ln(1 + e^x).
INLINED float softplus1(float x) {
  return (x < 0 ? 0 : x) + log_one_plus(exp1(-__builtin_fabsf(x)));
}

/// The normal distribution function, erfc(-x / sqrt 2) / 2; within 1e-6 of itself for x > -4, and within 1e-5 down to
/// where it underflows, since e^(-x^2 / 2) has no more of x^2 than Float32 holds.
///
/// Coefficients: W. H. Press et al., Numerical Recipes, 1992, section 6.2 (erfc within 1.2e-7 of itself everywhere).
INLINED float normal_share1(float x) {
  float z = 0.707106781f * __builtin_fabsf(x);
  float t = 1.0f / (1.0f + 0.5f * z);
  float p = 0.17087277f;
  p = p * t - 0.82215223f;
  p = p * t + 1.48851587f;
  p = p * t - 1.13520398f;
  p = p * t + 0.27886807f;
  p = p * t - 0.18628806f;
  p = p * t + 0.09678418f;
  p = p * t + 0.37409196f;
  p = p * t + 1.00002368f;
  p = p * t - 1.26551223f;
  float tail = 0.5f * t * exp1(p - 0.5f * x * x);
  return x < 0 ? tail : 1.0f - tail;
}

#endif
