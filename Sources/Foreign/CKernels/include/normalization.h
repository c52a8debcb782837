// Normalization of a matrix, rows x columns, by the moments of its columns (batch normalization) or rows (layer normalization).
//
// Sums over columns run in Float64, those over a row in Float32, about a value near the mean, so that a large mean does not
// cancel a small deviation. `weight` and `bias` have one element per column; NULL is 1 and 0.
#ifndef CKERNELS_NORMALIZATION_H
#define CKERNELS_NORMALIZATION_H

#include <stddef.h>

/// The Float64 numbers per column that the kernels of one chunk of rows work in, and which they leave their sums in.
enum { normalization_work = 4 };

/// A value near the columns of x, which has few rows: their mean in Float32.
void columns_near(
    const float *_Nonnull x, size_t rows, size_t columns, float *_Nonnull near, double *_Nonnull work);

/// Each column's mean and sum of squares about it, in the first 2 columns numbers of `work`.
void column_moments(
    const float *_Nonnull x, size_t rows, size_t columns, const float *_Nonnull near, double *_Nonnull work);

/// Adds the moments of the next `rows` rows to those of the `before` rows before them.
void join_column_moments(
    double *_Nonnull into, size_t before, const double *_Nonnull from, size_t rows, size_t columns);

/// The mean and variance (divided by rows) of each column.
void finish_column_moments(
    const double *_Nonnull work, size_t rows, size_t columns, float *_Nonnull mean, float *_Nonnull variance);

/// y = (x - mean) inverse weight + bias, with one mean and inverse per column.
void normalize_columns(
    const float *_Nonnull x, size_t rows, size_t columns, const float *_Nonnull mean, const float *_Nonnull inverse,
    const float *_Nullable weight, const float *_Nullable bias, float *_Nonnull y);

/// The sums of g and of g (x - mean) over each column, in the first 2 columns numbers of `work`.
void normalize_columns_sums(
    const float *_Nonnull g, const float *_Nonnull x, size_t rows, size_t columns, const float *_Nonnull mean,
    double *_Nonnull work);

/// Adds the first 2 columns numbers of `from`, the sums of one chunk of rows, to those of `into`.
void join_column_sums(double *_Nonnull into, const double *_Nonnull from, size_t columns);

/// From the sums, with n = (x - mean) inverse: dweight = sum g n, dbias = sum g over each column; `work` then holds what the next
/// kernel needs.
void finish_columns_gradient(
    double *_Nonnull work, size_t rows, size_t columns, const float *_Nonnull inverse, const float *_Nullable weight,
    float *_Nonnull dweight, float *_Nonnull dbias);

/// dx = inverse weight (g - dbias / rows - n dweight / rows), rows being those of all chunks.
void normalize_columns_gradient(
    const float *_Nonnull g, const float *_Nonnull x, size_t rows, size_t columns, const float *_Nonnull mean,
    const double *_Nonnull work, float *_Nonnull dx);

/// y = (x - mean) inverse weight + bias with each row's own mean, or 0 where `centered` is 0, and
/// inverse = 1 / sqrt(mean of (x - mean)^2 + epsilon), which are kept.
void normalize_rows(
    const float *_Nonnull x, size_t rows, size_t columns, int centered, float epsilon, const float *_Nullable weight,
    const float *_Nullable bias, float *_Nonnull y, float *_Nonnull mean, float *_Nonnull inverse);

/// The gradient dx of `normalize_rows`, and in the first 2 columns numbers of `work` those of bias and weight.
void normalize_rows_gradient(
    const float *_Nonnull g, const float *_Nonnull x, size_t rows, size_t columns, int centered,
    const float *_Nonnull mean, const float *_Nonnull inverse, const float *_Nullable weight, float *_Nonnull dx,
    double *_Nonnull work);

/// The gradients of weight and bias in Float32.
void finish_column_sums(
    const double *_Nonnull work, size_t columns, float *_Nonnull dweight, float *_Nonnull dbias);

#endif
