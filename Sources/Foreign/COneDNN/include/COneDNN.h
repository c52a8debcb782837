// oneDNN as this project uses it: products of row-major matrices and convolutions of channels-last images.
//
// Primitives are fast to run and slow to create, so each thread caches up to 1024. Every function returns 0, or a code that
// `onednn_reason` describes. No size may be 0.
#ifndef CONEDNN_H
#define CONEDNN_H

#include <stdbool.h>
#include <stdint.h>

const char *_Nonnull onednn_reason(int code);

/// The code where the library could not be loaded.
enum { onednn_not_loaded = -1 };

/// Sets how many threads the work of the calling thread may use, 1 or more. Work of less than 34 million operations runs on one.
void onednn_use_threads(int count);

/// How many threads the work of the calling thread may use: at first the smallest of the processors and the quota that the process was
/// given, OMP_NUM_THREADS and SLURM_CPUS_PER_TASK.
int onednn_threads(void);

/// Calls `body` on each of the threads that the work of the calling thread may use, itself included.
void onednn_on_each_thread(void (*_Nonnull body)(void *_Nullable), void *_Nullable argument);

/// Whether the library computes with factors in bfloat16 on this processor, by instructions of its own or by widening them.
bool onednn_takes_bfloat16(void);

/// Whether the library multiplies factors in float16 on this processor.
bool onednn_takes_float16(void);

/// Whether the processor belongs to a family on which multiplying factors in bfloat16 by instructions of its own was measured to
/// be faster than in float32: those with AMX, and AMD's with AVX512-BF16.
bool onednn_prefers_bfloat16(void);

/// The type of stored numbers.
typedef enum { onednn_float32 = 0, onednn_bfloat16 = 1, onednn_float16 = 2 } onednn_type;

/// `batches` products of matrices: op(a) is rows x inner, op(b) is inner x columns, c is rows x columns.
/// A transposed operand is stored as inner x rows, or columns x inner. a and b have one type.
typedef struct {
  int64_t batches, rows, inner, columns;
  bool a_transposed, b_transposed;
  onednn_type a_type, b_type, c_type;
} onednn_product;

/// c = op(a) op(b) + bias. `bias` has `columns` float32 elements or is NULL, and is for a single batch.
int onednn_multiply(
    const onednn_product *_Nonnull of, const void *_Nonnull a, const void *_Nonnull b, const float *_Nullable bias,
    void *_Nonnull c);

/// One axis of a convolution: element i of the output is computed from the elements i stride + a dilation - before of the input, for a in
/// 0 ..< kernel, of which those outside of 0 ..< size are 0. The output's size is
/// (size + before + after - dilation (kernel - 1) - 1) / stride + 1, rounded down.
typedef struct {
  int64_t size, kernel, stride, dilation, before, after;
} onednn_axis;

/// A convolution of images [images, height, width, inputs] to [images, height', width', outputs].
/// Weights are float32 [outputs, inputs / groups, kernel height, kernel width]; `type` is the images'.
typedef struct {
  int64_t images, inputs, outputs, groups;
  onednn_axis rows, columns;
  onednn_type type;
} onednn_convolution;

/// y = x * w + bias, which has `outputs` float32 elements or is NULL.
int onednn_convolve(
    const onednn_convolution *_Nonnull of, const void *_Nonnull x, const float *_Nonnull w, const float *_Nullable bias,
    void *_Nonnull y);

/// The gradient of x for the gradient g of y.
int onednn_convolve_to_input(
    const onednn_convolution *_Nonnull of, const void *_Nonnull g, const float *_Nonnull w, void *_Nonnull x);

/// The gradient of w for the gradient g of y.
int onednn_convolve_to_weight(
    const onednn_convolution *_Nonnull of, const void *_Nonnull x, const void *_Nonnull g, float *_Nonnull w);

#endif
