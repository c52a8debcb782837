// Normalization of a matrix, rows x columns, by the moments of its columns (batch normalization) or rows (layer normalization).
//
// Sums over columns run in Float64, those over a row in Float32, about a value near the mean, so that a large mean does not
// cancel a small deviation. `weight` and `bias` have one element per column; NULL is 1 and 0.
#ifndef CKERNELS_NORMALIZATION_H
#define CKERNELS_NORMALIZATION_H

#include <stddef.h>

/// Each column's mean and variance (divided by rows). `work` holds 4 columns doubles.
void column_moments(
    const float *_Nonnull x, size_t rows, size_t columns, float *_Nonnull mean, float *_Nonnull variance,
    double *_Nonnull work);

/// y = (x - mean) inverse weight + bias, with one mean and inverse per column.
void normalize_columns(
    const float *_Nonnull x, size_t rows, size_t columns, const float *_Nonnull mean, const float *_Nonnull inverse,
    const float *_Nullable weight, const float *_Nullable bias, float *_Nonnull y);

/// With n = (x - mean) inverse, which follows from x: dweight = sum g n, dbias = sum g over each column, and
/// dx = inverse weight (g - dbias / rows - n dweight / rows). `work` holds 4 columns doubles.
void normalize_columns_gradient(
    const float *_Nonnull g, const float *_Nonnull x, size_t rows, size_t columns, const float *_Nonnull mean,
    const float *_Nonnull inverse, const float *_Nullable weight, float *_Nonnull dx, float *_Nonnull dweight,
    float *_Nonnull dbias, double *_Nonnull work);

/// y = (x - mean) inverse weight + bias with each row's own mean, or 0 where `centered` is 0, and
/// inverse = 1 / sqrt(mean of (x - mean)^2 + epsilon), which are kept.
void normalize_rows(
    const float *_Nonnull x, size_t rows, size_t columns, int centered, float epsilon, const float *_Nullable weight,
    const float *_Nullable bias, float *_Nonnull y, float *_Nonnull mean, float *_Nonnull inverse);

/// The gradients of `normalize_rows`. `work` holds 4 columns doubles.
void normalize_rows_gradient(
    const float *_Nonnull g, const float *_Nonnull x, size_t rows, size_t columns, int centered,
    const float *_Nonnull mean, const float *_Nonnull inverse, const float *_Nullable weight, float *_Nonnull dx,
    float *_Nonnull dweight, float *_Nonnull dbias, double *_Nonnull work);

#endif
