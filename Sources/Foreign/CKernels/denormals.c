#include "include/denormals.h"

#include <stdint.h>

#if defined(__x86_64__)

#include <immintrin.h>

// For results (FTZ) and for operands (DAZ).
enum { flushing = 0x8000 | 0x0040 };

static uint64_t control(void) { return _mm_getcsr(); }
static void set_control(uint64_t bits) { _mm_setcsr((unsigned)bits); }

#elif defined(__aarch64__)

// FPCR.FZ is for both.
enum { flushing = 1 << 24 };

static uint64_t control(void) {
  uint64_t bits;
  __asm__ volatile("mrs %0, fpcr" : "=r"(bits));
  return bits;
}
static void set_control(uint64_t bits) { __asm__ volatile("msr fpcr, %0" : : "r"(bits)); }

#else
#error "How this processor flushes denormals is not known here."
#endif

bool denormals_are_flushed(void) { return (control() & flushing) == flushing; }

void flush_denormals(bool on) {
  set_control(on ? control() | flushing : control() & ~(uint64_t)flushing);
}
