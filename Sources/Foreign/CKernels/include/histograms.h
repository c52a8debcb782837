// Histograms with the bins of run files.
#ifndef CKERNELS_HISTOGRAMS_H
#define CKERNELS_HISTOGRAMS_H

#include <stddef.h>
#include <stdint.h>

enum { histogram_bins = 296, histogram_counts = 4 + histogram_bins, histogram_cells = 1 << 16 };

/// Counts of exact zeros, NaN, -infinity, +infinity, and of values in [edges[k], edges[k + 1]) for each k, where
/// edges[k] = 1e-12 sinh((k - 148) ln(10) / 8); values beyond count in the outermost bins. `cells` are those of the edges.
void histogram_of(
    const float *_Nonnull x, size_t n, const double *_Nonnull edges, const uint16_t *_Nonnull cells,
    uint32_t *_Nonnull counts);

/// Computes the cells: for each upper half of a float, the index of the bin of floats with that half.
void make_histogram_cells(const double *_Nonnull edges, uint16_t *_Nonnull cells);

#endif
