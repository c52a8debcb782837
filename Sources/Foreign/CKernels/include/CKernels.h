// Loops over contiguous float32 memory: what Swift would otherwise compile without vectors.
// Every kernel takes NaN in to NaN out; none allocates, locks or keeps state, but for memory.h and thread_state.h.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "activations.h"
#include "denormals.h"
#include "elementwise.h"
#include "histograms.h"
#include "memory.h"
#include "normalization.h"
#include "optimizers.h"
#include "pooling.h"
#include "precision.h"
#include "reductions.h"
#include "softmax.h"
#include "statistics.h"
#include "thread_state.h"

#endif
