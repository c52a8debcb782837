// The units of work along a dimension.
#ifndef CKERNELS_COLUMNS_H
#define CKERNELS_COLUMNS_H

#include "dispatch.h"
#include "include/layout.h"

/// Neighbouring columns: the offset of their first elements, and how many they are.
typedef struct {
  int64_t first, width;
} axis_columns;

INLINED axis_columns columns_of(axis_layout l, int64_t unit) {
  int64_t units = (l.inner + axis_wide - 1) / axis_wide, outer = unit / units, first = unit % units * axis_wide;
  int64_t rest = l.inner - first;
  return (axis_columns){outer * l.size * l.inner + first, rest < axis_wide ? rest : axis_wide};
}

#endif
