// How kernels are compiled: once for each level of x86-64, chosen when the program starts.
#ifndef CKERNELS_DISPATCH_H
#define CKERNELS_DISPATCH_H

// The thread sanitizer would run in the function that chooses, which the loader calls before the sanitizer is ready.
#if defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define DISPATCHED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DISPATCHED
#endif

#define INLINED static inline __attribute__((always_inline))

#endif
