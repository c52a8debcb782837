// Summaries of a tensor in one pass over its memory.
#ifndef CKERNELS_STATISTICS_H
#define CKERNELS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  /// Sum of x and of x^2. Squares of 1e-30 would vanish in Float32; where one might, the sum is in Float64 throughout.
  double sum, square_sum;
  /// Extremes; NaN if any element is.
  float minimum, maximum;
  /// Elements that are exactly 0; that are NaN or infinite; that lie below `low` or above `high`.
  size_t zeros, nonfinite, outside;
} statistics;

statistics statistics_of(const float *_Nonnull x, size_t n, float low, float high);

typedef struct {
  double square_sum;
  /// The largest magnitude; NaN if any element is.
  float largest;
  size_t nonfinite;
} magnitudes;

/// The part of `statistics` that a gradient needs.
magnitudes magnitudes_of(const float *_Nonnull x, size_t n);

typedef struct {
  double first_square_sum, second_square_sum, product_sum;
} pair_products;

/// Sums of a^2, b^2 and a b, in Float64 throughout.
pair_products products_of(const float *_Nonnull a, const float *_Nonnull b, size_t n);

typedef struct {
  double with_step, with_last;
} step_products;

/// moved = after - before, and the products of the gradient with it and with `last`, where that is given; in Float64.
step_products products_with_step(
    const float *_Nonnull after, const float *_Nonnull before, const float *_Nonnull gradient,
    const float *_Nullable last, size_t n, float *_Nonnull moved);

/// The sum of (x - mean)^2, in Float64.
double squared_deviations(const float *_Nonnull x, size_t n, double mean);

/// The sum of (a - b)^2: differences and fours of squares in Float32, their sum in Float64.
double squared_distance(const float *_Nonnull a, const float *_Nonnull b, size_t n);

/// sums[r] = the sum of x^2 over row r of x [rows, columns]: fours in Float32, their sum in Float64.
void square_rows(const float *_Nonnull x, size_t rows, size_t columns, double *_Nonnull sums);

/// sums[r] = the sum of a b over row r of a [rows, columns] and that of b, whose rows begin `step` apart: fours in
/// Float32, their sum in Float64, so right to 1e-7 of the sum of |a b|.
void multiply_rows(
    const float *_Nonnull a, const float *_Nonnull b, size_t step, size_t rows, size_t columns, double *_Nonnull sums);

/// last[c] = now for each column c of x [rows, columns] in which an element is not 0.
void note_active_columns(const float *_Nonnull x, size_t rows, size_t columns, int64_t now, int64_t *_Nonnull last);

#endif
