// oneDNN as this project uses it: matrix products over row-major float32 memory.
//
// Primitives are cheap to run and dear to create, so each thread keeps those it has created. Every function returns 0, or
// a code that `onednn_reason` puts in words.
#ifndef CONEDNN_H
#define CONEDNN_H

#include <stdbool.h>
#include <stdint.h>

/// The library that is loaded, as 10000 major + 100 minor + patch.
int onednn_version(void);

const char *_Nonnull onednn_reason(int code);

/// How many threads the products of the calling thread may use, 1 or more.
void onednn_use_threads(int count);

/// c (rows x columns) = op(a) op(b) + bias, where op(a) is rows x inner and op(b) is inner x columns.
/// A transposed operand lies in memory as inner x rows, or columns x inner. `bias` has `columns` elements or is NULL.
/// With `accumulate` the product is added to what c holds.
int onednn_product(
    const float *_Nonnull a, bool a_transposed, const float *_Nonnull b, bool b_transposed,
    const float *_Nullable bias, float *_Nonnull c, int64_t rows, int64_t inner, int64_t columns, bool accumulate);

#endif
