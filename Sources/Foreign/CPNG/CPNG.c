#include "include/CPNG.h"

#if !__has_include(<png.h>)
#error "libpng's headers are missing: apt-get install libpng-dev"
#endif
#include <png.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint8_t *bytes;
  size_t size, capacity;
} output;

static void collect(png_structp png, png_bytep bytes, size_t count) {
  output *to = png_get_io_ptr(png);
  if (to->size + count > to->capacity) {
    size_t capacity = 2 * (to->size + count) + 4096;
    uint8_t *larger = realloc(to->bytes, capacity);
    if (!larger) png_error(png, "out of memory");
    to->bytes = larger;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->size, bytes, count);
  to->size += count;
}

static void flush(png_structp png) { (void)png; }

static void fail(png_structp png, png_const_charp message) {
  (void)message;
  longjmp(png_jmpbuf(png), 1);
}

static void warn(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

uint8_t *png_pack(
    const uint8_t *pixels, uint32_t width, uint32_t height, size_t stride, uint32_t pixels_per_metre,
    const png_entry *entries, int entry_count, size_t *size) {
  output *to = calloc(1, sizeof *to);
  uint8_t *row = malloc(3 * (size_t)width);
  png_text *texts = calloc((size_t)entry_count + 1, sizeof *texts);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, warn);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  uint8_t *volatile result = NULL;
  if (to && row && texts && info && !setjmp(png_jmpbuf(png))) {
    png_set_write_fn(png, to, collect, flush);
    png_set_IHDR(
        png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    // Three times as fast as level 6, for 7 % more bytes.
    png_set_compression_level(png, 3);
    png_set_pHYs(png, info, pixels_per_metre, pixels_per_metre, PNG_RESOLUTION_METER);
    for (int i = 0; i < entry_count; i++) {
      texts[i].compression = PNG_ITXT_COMPRESSION_NONE;
      texts[i].key = (char *)entries[i].key;
      texts[i].text = (char *)entries[i].text;
      texts[i].lang = texts[i].lang_key = (char *)"";
    }
    png_set_text(png, info, texts, entry_count);
    png_write_info(png, info);
    for (uint32_t y = 0; y < height; y++) {
      const uint8_t *from = pixels + y * stride;
      for (uint32_t x = 0; x < width; x++) {
        uint32_t pixel;
        memcpy(&pixel, from + 4 * (size_t)x, 4);
        row[3 * x] = (uint8_t)(pixel >> 16);
        row[3 * x + 1] = (uint8_t)(pixel >> 8);
        row[3 * x + 2] = (uint8_t)pixel;
      }
      png_write_row(png, row);
    }
    png_write_end(png, info);
    result = to->bytes;
    *size = to->size;
  }
  if (png) png_destroy_write_struct(&png, info ? &info : NULL);
  if (to && !result) free(to->bytes);
  free(to);
  free(row);
  free(texts);
  return result;
}

static bool begin_reading(png_image *image, const uint8_t *bytes, size_t count) {
  memset(image, 0, sizeof *image);
  image->version = PNG_IMAGE_VERSION;
  return png_image_begin_read_from_memory(image, bytes, count) != 0;
}

bool png_measure(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, bool *is_coloured) {
  png_image image;
  if (!begin_reading(&image, bytes, count)) return false;
  *width = image.width;
  *height = image.height;
  *is_coloured = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  png_image_free(&image);
  return true;
}

bool png_unpack(const uint8_t *bytes, size_t count, int channels, uint8_t *pixels) {
  png_image image;
  if (!begin_reading(&image, bytes, count)) return false;
  // The numbers of 16 bits are taken as they are, as those of 8, and not as linear light.
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_color black = {0, 0, 0};
  bool is_read = png_image_finish_read(&image, &black, pixels, 0, NULL) != 0;
  png_image_free(&image);
  return is_read;
}
