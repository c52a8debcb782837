// Loops over contiguous float32 memory that Swift would compile without vectors.
// A NaN in the input gives a NaN in the output, but for comparisons and what they select; only memory.h and
// parallel.h allocate, lock or keep state.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "activations.h"
#include "axes.h"
#include "denormals.h"
#include "elementwise.h"
#include "histograms.h"
#include "layout.h"
#include "memory.h"
#include "normalization.h"
#include "optimizers.h"
#include "ordering.h"
#include "parallel.h"
#include "pooling.h"
#include "precision.h"
#include "recurrent.h"
#include "reductions.h"
#include "resampling.h"
#include "softmax.h"
#include "statistics.h"

#endif
