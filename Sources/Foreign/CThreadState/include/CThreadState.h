// The state of a thread that scopes such as `withoutGradients { }` change.
#ifndef CTHREADSTATE_H
#define CTHREADSTATE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  /// Operations are recorded on the tape only while this is 0.
  int32_t gradients_off;
  /// The precision of products, the raw value of `Precision`.
  int32_t precision;
  /// The mode of products of bfloat16: 1 + the index of the case of `BFloat16Products`; 0 is the default of the process.
  int32_t bfloat16_products;
  /// Modules that are being called, one inside the other.
  int32_t call_depth;
  /// Calls of an outermost module so far; it numbers the forward passes of a model.
  int64_t pass;
  /// Backward passes so far.
  int64_t backward_passes;
  /// Backward passes that are running, one inside the other.
  int32_t backward_depth;
  /// The innermost module that is being called, for error messages.
  void *_Nullable caller;
  /// Nodes put on the tape so far.
  int64_t nodes;
  /// The values that a checkpointed body reuses when it is computed again, NULL outside of one.
  void *_Nullable replay;
  /// The queue of pullbacks to release, so that releasing one does not release the next inside it.
  void *_Nullable releasing;
  /// What sees losses and operations outside of their domain, NULL where nothing does.
  void *_Nullable watches;
  /// The innermost scope that catches errors of hooks, NULL outside of all.
  void *_Nullable hook_scope;
  /// Whether a hook of this scope has thrown, so that the rest of the scope computes nothing.
  bool is_abandoned;
} thread_state;

/// The calling thread's state; all fields begin as 0.
thread_state *_Nonnull thread_state_here(void);

#endif
