// Windows over channels-last images, which may reach beyond the edge: pooling and patches.
#ifndef CKERNELS_POOLING_H
#define CKERNELS_POOLING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The windows along one axis: window i of `count` covers the elements i stride + a dilation - before for a in 0 ..< kernel. Of those
/// outside of 0 ..< size, `before` and `after` are padding; further ones are nothing.
typedef struct {
  int64_t size, count, kernel, stride, dilation, before, after;
} window_axis;

/// The kernels work on `images` images from `first` on of the tensors that they are given.
typedef struct {
  int64_t first, images, channels;
  window_axis rows, columns;
} windows;

/// y = the largest element of each window, the first of equals, a NaN before all; `indices` are those of these elements in x.
void pool_largest(const windows *_Nonnull over, const float *_Nonnull x, float *_Nonnull y, int32_t *_Nonnull indices);

/// y[i] = x[indices[i]], and y[indices[i]] += x[i], for n elements.
void gather(const float *_Nonnull x, const int32_t *_Nonnull indices, float *_Nonnull y, size_t n);
void scatter_add(const float *_Nonnull x, const int32_t *_Nonnull indices, float *_Nonnull y, size_t n);

/// y = the mean of each window, of its elements in the image and, as zeros, those in the padding where `with_padding`; and its transpose.
void pool_mean(const windows *_Nonnull over, bool with_padding, const float *_Nonnull x, float *_Nonnull y);
void spread_mean(const windows *_Nonnull over, bool with_padding, const float *_Nonnull y, float *_Nonnull x);

/// The elements of each window, row by row: patches [images, windows, kernel, taken], of the channels from `first` on, 0 beyond the
/// image.
void unfold(
    const windows *_Nonnull over, int64_t first, int64_t taken, const float *_Nonnull x, float *_Nonnull patches);

#endif
