// The only file that includes oneDNN's headers, and that handles the differences of its versions 2 and 3.
#ifndef CONEDNN_LIBRARY_H
#define CONEDNN_LIBRARY_H

#if !__has_include(<dnnl.h>)
#error "oneDNN's headers are missing: apt-get install libdnnl-dev"
#endif
#include <dnnl.h>
#include <stdint.h>

/// The library's functions that we call, without their prefix.
#define FUNCTIONS_OF_ALL_VERSIONS(F)                                                                                    \
  F(engine_create) F(get_effective_cpu_isa) F(stream_create) F(stream_destroy) F(stream_wait)                          \
  F(memory_create) F(memory_destroy) F(memory_desc_equal) F(memory_desc_get_size)                                      \
  F(memory_get_data_handle) F(memory_set_data_handle)                                                                  \
  F(primitive_create) F(primitive_destroy) F(primitive_execute)                                                        \
  F(primitive_desc_destroy) F(primitive_desc_query_md) F(reorder_primitive_desc_create)
#if DNNL_VERSION_MAJOR >= 3
#define FUNCTIONS(F)                                                                                                    \
  FUNCTIONS_OF_ALL_VERSIONS(F)                                                                                          \
  F(memory_desc_create_with_strides) F(memory_desc_create_with_tag) F(memory_desc_destroy)                             \
  F(matmul_primitive_desc_create) F(convolution_forward_primitive_desc_create)                                         \
  F(convolution_backward_data_primitive_desc_create) F(convolution_backward_weights_primitive_desc_create)
#else
#define FUNCTIONS(F)                                                                                                    \
  FUNCTIONS_OF_ALL_VERSIONS(F)                                                                                          \
  F(memory_desc_init_by_strides) F(memory_desc_init_by_tag) F(primitive_desc_create)                                   \
  F(matmul_desc_init) F(dilated_convolution_forward_desc_init)                                                         \
  F(dilated_convolution_backward_data_desc_init) F(dilated_convolution_backward_weights_desc_init)
#endif

/// The functions, found when the program begins; `load.c` says why they are not linked.
#define POINTER(name) __typeof__(dnnl_##name) *name;
typedef struct {
  FUNCTIONS(POINTER)
} library_functions;
#undef POINTER
extern library_functions dnnl;

/// Functions of the OpenMP runtime that the library uses; NULL where it has none.
extern struct openmp {
  void (*set_threads)(int count);
  void (*parallel)(void (*body)(void *), void *argument, unsigned count, unsigned flags);
} openmp;

/// Why the library can't be used; NULL where it can.
extern const char *load_error;

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
  return dnnl.memory_desc_create_with_strides(d, rank, sizes, type, strides);
}
static inline int describe_any(description *d, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type) {
  return dnnl.memory_desc_create_with_tag(d, rank, sizes, type, dnnl_format_tag_any);
}
static inline void forget_description(description *d) { dnnl.memory_desc_destroy(*d); }

#else

typedef dnnl_memory_desc_t description;
typedef const dnnl_memory_desc_t *description_in;
#define IN(d) (&(d))

static inline int describe(description *d, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type, const int64_t *strides) {
  return dnnl.memory_desc_init_by_strides(d, rank, sizes, type, strides);
}
static inline int describe_any(description *d, int rank, const dnnl_dims_t sizes, dnnl_data_type_t type) {
  return dnnl.memory_desc_init_by_tag(d, rank, sizes, type, dnnl_format_tag_any);
}
static inline void forget_description(description *d) { (void)d; }

#endif

#endif
