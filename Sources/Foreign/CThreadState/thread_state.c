#include "include/CThreadState.h"

thread_state *thread_state_here(void) {
  static _Thread_local thread_state here __attribute__((tls_model("initial-exec")));
  return &here;
}
