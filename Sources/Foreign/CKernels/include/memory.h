// Pooled memory for tensors: 64-byte-aligned blocks, which the thread that frees them keeps and reuses.
#ifndef CKERNELS_MEMORY_H
#define CKERNELS_MEMORY_H

#include <stddef.h>

/// A block of at least `bytes` bytes, aligned to 64, not cleared; NULL if there is no memory.
void *_Nullable memory_take(size_t bytes);

/// Returns a block; `bytes` is as in `memory_take`. Any thread may return any block.
void memory_give(void *_Nonnull block, size_t bytes);

/// Bytes taken and not yet returned, counted per thread (negative where it returns blocks of others).
long long memory_in_use(void);

/// The largest value of `memory_in_use` on this thread since `memory_reset_peak`.
long long memory_peak(void);
void memory_reset_peak(void);

/// Returns unused blocks of this thread, and of those that have ended, to the system; small ones where none of the same chunk of
/// 16 MiB is in use.
void memory_trim(void);

#endif
