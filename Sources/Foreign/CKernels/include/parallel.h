// Threads that share the work of a kernel.
#ifndef CKERNELS_PARALLEL_H
#define CKERNELS_PARALLEL_H

#include <stdint.h>

/// Calls `body` for each chunk in 0 ..< chunks, in no order, on the calling thread and on up to threads - 1 others, and returns when all
/// calls have. The others flush denormals where the caller does. They sleep when there is nothing to do, and none is waited for that
/// has not begun, so that other programs on the same processors delay nothing.
void in_parallel(
    int threads, int64_t chunks, void (*_Nonnull body)(void *_Nullable argument, int64_t chunk), void *_Nullable argument);

#endif
