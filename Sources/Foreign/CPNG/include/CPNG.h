// libpng for Swift: its errors jump over stack frames, which Swift does not allow.
#ifndef CPNG_H
#define CPNG_H

#include <stdbool.h>
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

/// The size of a PNG in memory, and whether it has colours; false if it is none.
bool png_measure(
    const uint8_t *_Nonnull bytes, size_t count, uint32_t *_Nonnull width, uint32_t *_Nonnull height,
    bool *_Nonnull is_coloured);

/// Unpacks a PNG in memory to rows of pixels of 8 bits per channel: grey with 1 channel, RGB with 3, on black where it is transparent.
/// `pixels` has room for width x height x channels bytes. False if it is damaged.
bool png_unpack(const uint8_t *_Nonnull bytes, size_t count, int channels, uint8_t *_Nonnull pixels);

#endif
