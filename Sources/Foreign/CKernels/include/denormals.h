// Denormal numbers: kept, with fewer and fewer digits, or flushed to 0, which is faster on most processors.
#ifndef CKERNELS_DENORMALS_H
#define CKERNELS_DENORMALS_H

#include <stdbool.h>

/// Whether the calling thread flushes them.
bool denormals_are_flushed(void);

/// Sets whether the calling thread flushes them, as operands and as results.
void flush_denormals(bool on);

#endif
