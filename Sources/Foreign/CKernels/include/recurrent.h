// The steps of recurrent cells, from matrices whose rows hold one part of `units` elements per gate.
#ifndef CKERNELS_RECURRENT_H
#define CKERNELS_RECURRENT_H

#include "elementwise.h"

/// An LSTM's next cell state s(f) c + s(i) tanh(g), where s is the logistic function, from gates [rows, 4 units], in the order i, f, g, o,
/// and c [rows, units].
void lstm_memory(floats_in gates, floats_in c, floats_out next, size_t rows, size_t units);

/// Its gradients for the gradient d of `next`: of i, f and g, [rows, 3 units], and of c.
void lstm_memory_gradient(
    floats_in d, floats_in gates, floats_in c, floats_out d_gates, floats_out d_c, size_t rows, size_t units);

/// An LSTM's next hidden state s(o) tanh(c).
void lstm_state(floats_in gates, floats_in c, floats_out h, size_t rows, size_t units);

/// Its gradients for the gradient d of h: of the gates, [rows, 4 units], 0 but for o, and of c.
void lstm_state_gradient(
    floats_in d, floats_in gates, floats_in c, floats_out d_gates, floats_out d_c, size_t rows, size_t units);

/// A GRU's next state (1 - z) n + z h with r = s(x_r + u_r), z = s(x_z + u_z) and n = tanh(x_n + r u_n), from x and u [rows, 3 units], in
/// the order r, z, n.
void gru_state(floats_in x, floats_in u, floats_in h, floats_out next, size_t rows, size_t units);

/// Its gradients for the gradient d of `next`: of x, u and h.
void gru_state_gradient(
    floats_in d, floats_in x, floats_in u, floats_in h, floats_out d_x, floats_out d_u, floats_out d_h, size_t rows,
    size_t units);

#endif
