// Sums over chosen dimensions.
#ifndef CKERNELS_REDUCTIONS_H
#define CKERNELS_REDUCTIONS_H

#include <stddef.h>
#include <stdint.h>

/// The sum of n elements, accumulated in Float64 over sixteen lanes.
double sum_all(const float *_Nonnull x, size_t n);

/// The most rows that are added in Float32.
enum { rows_summed_in_float = 256 };

/// y[c] = sum of x[r, c] over so few rows, which begin `step` apart.
void sum_few_columns(const float *_Nonnull x, float *_Nonnull y, size_t rows, size_t step, size_t columns);

/// total[c] += sum over rows of x[r, c]: each `rows_summed_in_float` of them in Float32.
void add_column_sums(const float *_Nonnull x, double *_Nonnull total, size_t rows, size_t columns);

/// y[r] = sum over columns of x[r, c].
void sum_rows(const float *_Nonnull x, float *_Nonnull y, size_t rows, size_t columns);

/// The `count` elements of y = the sums of x, x contiguous over `sizes`, y written by strides that are 0 where a dimension is summed
/// over; accumulated in Float64. 0 where there is no memory for that.
int sum_strided(
    const float *_Nonnull x, float *_Nonnull y, size_t count, const int64_t *_Nonnull y_strides,
    const int64_t *_Nonnull sizes, int rank);

/// For each row the first index of its largest value; a row with a NaN gives the NaN's.
void argmax_rows(const float *_Nonnull x, long *_Nonnull index, size_t rows, size_t columns);

#endif
