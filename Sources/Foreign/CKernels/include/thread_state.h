// What a scope such as `withoutGradients { }` changes for the thread that runs it, and for no other.
#ifndef CKERNELS_THREAD_STATE_H
#define CKERNELS_THREAD_STATE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  /// Operations leave no trace on the tape while this is above 0.
  int32_t gradients_off;
  /// What products are rounded to: a `Precision`.
  int32_t precision;
  /// Modules that are being called, one inside the other.
  int32_t call_depth;
  /// Calls of an outermost module so far: tells the passes of a model apart.
  int64_t pass;
  /// Backward passes so far.
  int64_t backward_passes;
  /// The innermost module that is being called, for error messages.
  void *_Nullable caller;
  /// How many nodes have been put on the tape.
  int64_t nodes;
  /// What a body that is computed again must find again, nil outside of one.
  void *_Nullable replay;
  /// Pullbacks that wait to be released, one after the other instead of one inside the other.
  void *_Nullable releasing;
} thread_state;

/// The calling thread's state; all fields begin as 0.
thread_state *_Nonnull thread_state_here(void);

#endif
