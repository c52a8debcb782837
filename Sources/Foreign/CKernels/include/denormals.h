// Numbers below the normal ones: kept with fewer and fewer digits, or taken as 0, which is faster on most processors.
#ifndef CKERNELS_DENORMALS_H
#define CKERNELS_DENORMALS_H

#include <stdbool.h>

/// Whether the calling thread takes them as 0.
bool denormals_are_flushed(void);

/// Has the calling thread take them as 0, as operands and as results, or keep them.
void flush_denormals(bool on);

#endif
