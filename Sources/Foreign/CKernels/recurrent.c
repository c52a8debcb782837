#include "include/recurrent.h"

#include "dispatch.h"
#include "vector_math.h"

DISPATCHED void lstm_memory(const float *gates, const float *c, float *restrict next, size_t rows, size_t units) {
  for (size_t r = 0; r < rows; r++, gates += 4 * units, c += units, next += units) {
    const float *i = gates, *f = i + units, *g = f + units;
    for (size_t k = 0; k < units; k++) next[k] = sigmoid1(f[k]) * c[k] + sigmoid1(i[k]) * tanh1(g[k]);
  }
}

DISPATCHED void lstm_memory_gradient(
    const float *d, const float *gates, const float *c, float *restrict d_gates, float *restrict d_c, size_t rows,
    size_t units) {
  for (size_t r = 0; r < rows; r++) {
    const float *i = gates, *f = i + units, *g = f + units;
    for (size_t k = 0; k < units; k++) {
      float in = sigmoid1(i[k]), keep = sigmoid1(f[k]), new = tanh1(g[k]);
      d_gates[k] = d[k] * new * (in * (1.0f - in));
      d_gates[units + k] = d[k] * c[k] * (keep * (1.0f - keep));
      d_gates[2 * units + k] = d[k] * in * (1.0f - new * new);
      d_c[k] = d[k] * keep;
    }
    d += units, gates += 4 * units, c += units, d_gates += 3 * units, d_c += units;
  }
}

DISPATCHED void lstm_state(const float *gates, const float *c, float *restrict h, size_t rows, size_t units) {
  for (size_t r = 0; r < rows; r++, gates += 4 * units, c += units, h += units) {
    const float *o = gates + 3 * units;
    for (size_t k = 0; k < units; k++) h[k] = sigmoid1(o[k]) * tanh1(c[k]);
  }
}

DISPATCHED void lstm_state_gradient(
    const float *d, const float *gates, const float *c, float *restrict d_gates, float *restrict d_c, size_t rows,
    size_t units) {
  for (size_t r = 0; r < rows; r++) {
    const float *o = gates + 3 * units;
    float *restrict d_o = d_gates + 3 * units;
    for (size_t k = 0; k < 3 * units; k++) d_gates[k] = 0;
    for (size_t k = 0; k < units; k++) {
      float out = sigmoid1(o[k]), seen = tanh1(c[k]);
      d_o[k] = d[k] * seen * (out * (1.0f - out));
      d_c[k] = d[k] * out * (1.0f - seen * seen);
    }
    d += units, gates += 4 * units, c += units, d_gates += 4 * units, d_c += units;
  }
}

DISPATCHED void gru_state(
    const float *x, const float *u, const float *h, float *restrict next, size_t rows, size_t units) {
  for (size_t row = 0; row < rows; row++, x += 3 * units, u += 3 * units, h += units, next += units) {
    for (size_t k = 0; k < units; k++) {
      size_t second = units + k, third = 2 * units + k;
      float r = sigmoid1(x[k] + u[k]), z = sigmoid1(x[second] + u[second]), n = tanh1(x[third] + r * u[third]);
      next[k] = n + z * (h[k] - n);
    }
  }
}

DISPATCHED void gru_state_gradient(
    const float *d, const float *x, const float *u, const float *h, float *restrict d_x, float *restrict d_u,
    float *restrict d_h, size_t rows, size_t units) {
  for (size_t row = 0; row < rows; row++) {
    for (size_t k = 0; k < units; k++) {
      size_t second = units + k, third = 2 * units + k;
      float r = sigmoid1(x[k] + u[k]), z = sigmoid1(x[second] + u[second]), n = tanh1(x[third] + r * u[third]);
      float d_n = d[k] * (1.0f - z) * (1.0f - n * n);
      d_x[third] = d_n;
      d_u[third] = d_n * r;
      d_x[k] = d_u[k] = d_n * u[third] * (r * (1.0f - r));
      d_x[second] = d_u[second] = d[k] * (h[k] - n) * (z * (1.0f - z));
      d_h[k] = d[k] * z;
    }
    d += units, x += 3 * units, u += 3 * units, h += units, d_x += 3 * units, d_u += 3 * units, d_h += units;
  }
}
