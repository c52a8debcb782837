#ifndef RHEOSCOPE_CPNG_H
#define RHEOSCOPE_CPNG_H

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

/// A growing file in memory; free `bytes` when done.
struct png_file {
  unsigned char *bytes;
  size_t count;
  size_t room;
};

static inline void png_file_append(png_structp png, png_bytep data, size_t count) {
  struct png_file *file = (struct png_file *)png_get_io_ptr(png);
  if (file->count + count > file->room) {
    size_t room = (file->count + count) * 2;
    unsigned char *bytes = (unsigned char *)realloc(file->bytes, room);
    if (!bytes) png_error(png, "out of memory");
    file->bytes = bytes;
    file->room = room;
  }
  memcpy(file->bytes + file->count, data, count);
  file->count += count;
}

static inline void png_file_flush(png_structp png) { (void)png; }

/// Writes pixels (B, G, R and one unused byte each, `stride` bytes a row) as RGB. `texts` holds `text_count` pairs of keyword
/// and UTF-8 text, one after the other. 0 on failure.
///
/// It is in C since libpng reports errors by longjmp, which Swift's frames can't take part in.
static inline int png_file_write(
    struct png_file *file, const unsigned char *pixels, size_t stride, int width, int height, int pixels_per_metre,
    const char *const *texts, int text_count) {
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, 0, 0, 0);
  png_infop info = png ? png_create_info_struct(png) : 0;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return 0;
  }
  png_set_write_fn(png, file, png_file_append, png_file_flush);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  png_set_compression_level(png, 6);
  png_set_pHYs(png, info, pixels_per_metre, pixels_per_metre, PNG_RESOLUTION_METER);
  for (int index = 0; index < text_count; ++index) {
    png_text text;
    memset(&text, 0, sizeof text);
    text.compression = PNG_ITXT_COMPRESSION_NONE;
    text.key = (char *)texts[2 * index];
    text.text = (char *)texts[2 * index + 1];
    text.itxt_length = strlen(text.text);
    text.lang = (char *)"en";
    text.lang_key = (char *)"";
    png_set_text(png, info, &text, 1);
  }
  png_write_info(png, info);
  png_set_filler(png, 0, PNG_FILLER_AFTER);
  png_set_bgr(png);
  for (int row = 0; row < height; ++row) png_write_row(png, (png_bytep)(pixels + (size_t)row * stride));
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return 1;
}

#endif
