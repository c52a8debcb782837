// Loads oneDNN when the program begins, instead of linking it: its OpenMP runtime reads how threads wait when it is loaded, before any
// of our code could run. By default they wait for work in a loop that keeps a processor busy, which slows down a training tenfold
// where other programs run; asleep they cost some microseconds per product.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "library.h"

library_functions dnnl;
struct openmp openmp;
const char *load_error = "it was not loaded";

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

// The library's usual name, and the link that was installed with the headers: Debian 13 and later have no file of the usual name, but
// libdnnl.so.3.6, for oneDNN 3.7 and 3.12 alike.
static const char *const library_names[] = {"libdnnl.so." TEXT(DNNL_VERSION_MAJOR), "libdnnl.so"};

#define NAME(name) "dnnl_" #name,
static const char *const names[] = {FUNCTIONS(NAME)};

static void *load_waiting_passively(void) {
  // A user's own choice stays, and programs that this one starts don't see ours.
  int is_chosen = getenv("OMP_WAIT_POLICY") || getenv("GOMP_SPINCOUNT") || getenv("KMP_BLOCKTIME");
  if (!is_chosen) setenv("OMP_WAIT_POLICY", "passive", 1);
  void *library = dlopen(library_names[0], RTLD_NOW | RTLD_LOCAL);
  if (!library) library = dlopen(library_names[1], RTLD_NOW | RTLD_LOCAL);
  if (!is_chosen) unsetenv("OMP_WAIT_POLICY");
  return library;
}

// While there is only one thread, so that the environment may be changed.
__attribute__((constructor)) static void load(void) {
  static char reason[512];
  void *library = load_waiting_passively();
  if (!library) {
    snprintf(reason, sizeof reason, "%s can't be loaded (%s); install the package libdnnl-dev", library_names[0], dlerror());
    load_error = reason;
    return;
  }
  // Another version than the headers' has other functions behind the same names.
  const dnnl_version_t *(*version)(void) = (const dnnl_version_t *(*)(void))dlsym(library, "dnnl_version");
  if (!version || version()->major != DNNL_VERSION_MAJOR) {
    snprintf(reason, sizeof reason, "%s is not version %d; install the package libdnnl-dev and build again", library_names[1],
             DNNL_VERSION_MAJOR);
    load_error = reason;
    return;
  }
  void **functions = (void **)&dnnl;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    functions[i] = dlsym(library, names[i]);
    if (!functions[i]) {
      snprintf(reason, sizeof reason, "%s has no function %s; install the package libdnnl-dev again", library_names[0],
               names[i]);
      load_error = reason;
      return;
    }
  }
  // Every OpenMP runtime has both, those of others under GNU's name.
  openmp.set_threads = (void (*)(int))dlsym(library, "omp_set_num_threads");
  openmp.parallel = (void (*)(void (*)(void *), void *, unsigned, unsigned))dlsym(library, "GOMP_parallel");
  load_error = NULL;
}
