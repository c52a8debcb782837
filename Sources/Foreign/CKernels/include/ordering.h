// The order of numbers.
#ifndef CKERNELS_ORDERING_H
#define CKERNELS_ORDERING_H

#include <stdint.h>

/// index[i index_step] = where the i-th of n < 2^32 elements x[k step] in ascending order is, or in descending order, for the first
/// `count`. A NaN is the largest; equal elements keep their order. `work` holds 2 n numbers.
void order_of(
    const float *_Nonnull x, int64_t step, int64_t n, int descending, int64_t count, long *_Nonnull index,
    int64_t index_step, uint64_t *_Nonnull work);

#endif
