// One definition of how kernels are compiled: once for each level of x86-64, chosen when the program starts.
#ifndef CKERNELS_DISPATCH_H
#define CKERNELS_DISPATCH_H

#if defined(__x86_64__)
#define DISPATCHED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DISPATCHED
#endif

#define INLINED static inline __attribute__((always_inline))

#endif
