// A tensor around one of its dimensions.
#ifndef CKERNELS_LAYOUT_H
#define CKERNELS_LAYOUT_H

#include <stdint.h>

/// A tensor [outer, size, inner] around the dimension of this size.
typedef struct {
  int64_t outer, size, inner;
} axis_layout;

/// The most neighbouring columns that a unit of work along a dimension has: where inner is 1, a unit is one row.
enum { axis_wide = 64 };

/// The number of units, which are independent of each other.
static inline int64_t axis_units(axis_layout l) { return l.outer * ((l.inner + axis_wide - 1) / axis_wide); }

#endif
