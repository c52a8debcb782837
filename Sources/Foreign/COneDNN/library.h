// The only file that includes oneDNN's headers, and that handles the differences of its versions 2 and 3.
#ifndef CONEDNN_LIBRARY_H
#define CONEDNN_LIBRARY_H

#if !__has_include(<dnnl.h>)
#error "oneDNN's headers are missing: apt-get install libdnnl-dev"
#endif
#include <dnnl.h>
#include <stdint.h>

#define TRY(call)              \
  do {                         \
    int status_ = (call);      \
    if (status_) return status_; \
  } while (0)

/// Row-major strides are computed where `strides` is NULL; with `any` the library picks the layout it is fastest with.
#if DNNL_VERSION_MAJOR >= 3

typedef dnnl_memory_desc_t description;
typedef const_dnnl_memory_desc_t description_in;
#define IN(d) (d)

static inline int describe(description *d, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type, const int64_t *strides) {
  return dnnl_memory_desc_create_with_strides(d, rank, sizes, type, strides);
}
static inline int describe_any(description *d, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type) {
  return dnnl_memory_desc_create_with_tag(d, rank, sizes, type, dnnl_format_tag_any);
}
static inline void forget_description(description *d) { dnnl_memory_desc_destroy(*d); }

#else

typedef dnnl_memory_desc_t description;
typedef const dnnl_memory_desc_t *description_in;
#define IN(d) (&(d))

static inline int describe(description *d, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type, const int64_t *strides) {
  return dnnl_memory_desc_init_by_strides(d, rank, sizes, type, strides);
}
static inline int describe_any(description *d, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type) {
  return dnnl_memory_desc_init_by_tag(d, rank, sizes, type, dnnl_format_tag_any);
}
static inline void forget_description(description *d) { (void)d; }

#endif

#endif
