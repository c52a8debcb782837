// libpng for Swift: its errors jump over stack frames, which Swift does not allow.
#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const char *_Nonnull key;
  const char *_Nonnull text;
} png_entry;

/// Packs `width` x `height` pixels as a PNG: RGB, no row filter, level 3, with UTF-8 texts and pixels per metre.
/// `pixels` are 32 bits each, 0xXXRRGGBB in memory order of the machine, rows `stride` bytes apart.
/// Returns memory that the caller frees, and its size; NULL if there is not enough memory.
uint8_t *_Nullable png_pack(
    const uint8_t *_Nonnull pixels, uint32_t width, uint32_t height, size_t stride, uint32_t pixels_per_metre,
    const png_entry *_Nonnull entries, int entry_count, size_t *_Nonnull size);

#endif
