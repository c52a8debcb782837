"""Statistics of outputs and of gradients, many sites at once, in few operations of PyTorch.

Outputs of one shape are stacked as the rows of a matrix. Sums of rows are in float32 or float64, as the outputs are; rows whose
squares would underflow or overflow are scaled before they are squared.
"""

from __future__ import annotations

import math
from typing import Iterator, Sequence

import torch
from torch import Tensor

from .tensors import dense

# Tensors of up to SMALL elements are kept and stacked once per step; larger ones are reduced at once. CHUNK elements are reduced together:
# two buffers of this size stay in the second-level cache.
SMALL = 32768
CHUNK = 131072

Limits = tuple[float, float] | None


def row_norms(x: Tensor, largest: Tensor) -> Tensor:
    """The 2-norms of the rows of ``x`` [rows, n], whose largest magnitudes are ``largest`` [rows]."""
    if x.is_cuda:
        is_safe = False
    else:
        # Squares below 1e-38 are denormal: slow and wrong.
        is_safe = all(1e-12 < value < 1e15 or value == 0 for value in largest.tolist())
    if is_safe:
        return torch.linalg.vector_norm(x, dim=1)
    # Twice, since 1 / m is infinite for the smallest m.
    x = x.double() if x.dtype is torch.float32 else x
    largest = largest.double()
    scale = torch.where((largest > 0) & (largest < math.inf), largest, 1)
    return torch.linalg.vector_norm(x / scale[:, None], dim=1) * scale


def largest_magnitudes(x: Tensor) -> Tensor:
    """max |x| of each row, NaN where there is one."""
    return torch.maximum(-x.amin(1), x.amax(1))


class Reducer:
    """Reduces tensors to rows of sums, and keeps its buffers from step to step."""

    def __init__(self) -> None:
        self._buffers: dict[tuple, Tensor] = {}

    def _buffer(self, key: str, rows: int, columns: int, like: Tensor) -> Tensor:
        full = (key, rows, columns, like.dtype, like.device)
        found = self._buffers.get(full)
        if found is None:
            if len(self._buffers) > 256:  # Shapes that change at every step must not fill the memory.
                self._buffers.clear()
            found = self._buffers[full] = torch.empty(rows, columns, dtype=like.dtype, device=like.device)
        return found

    def _matrix(self, tensors: Sequence[Tensor]) -> Tensor:
        """Tensors of one shape as rows; the next call may overwrite them."""
        first = tensors[0]
        if first.dtype not in (torch.float32, torch.float64) or first.layout != torch.strided:
            tensors = [dense(tensor) for tensor in tensors]
            first = tensors[0]
        if len(tensors) == 1:
            return first.reshape(1, -1)
        rows = self._buffer("rows", len(tensors), first.numel(), first)
        torch.stack(tensors, out=rows.view(len(tensors), *first.shape))
        return rows

    def outputs(self, tensors: Sequence[Tensor], limits: Limits) -> Tensor:
        """[rows, 8] in float64: elements, sum, 2-norm, sum of squared deviations, minimum, maximum, zeros, outside of the limits, and at
        last the number of elements that are not finite.
        """
        x = self._matrix(tensors)
        rows, count = x.shape
        # The comparison gives floats, since sums of booleans are slow.
        zeros = torch.eq(x, 0, out=self._buffer("flags", rows, count, x)).sum(1)
        low, high, total = x.amin(1), x.amax(1), x.sum(1)
        largest = torch.maximum(-low, high)
        norm = row_norms(x, largest)
        table = torch.stack([total.double(), norm.double(), low.double(), high.double(), zeros.double()], 1)
        outside = ((x < limits[0]) | (x > limits[1])).sum(1).double() if limits else torch.zeros_like(table[:, 0])
        squares = table[:, 1].square()
        deviations = squares - table[:, 0].square() / count
        # A difference of two nearly equal sums loses digits.
        close = (deviations < 1e-3 * squares).nonzero().flatten()
        if len(close):
            chosen = x[close].double()
            deviations[close] = (chosen - chosen.mean(1, keepdim=True)).square_().sum(1)
        nonfinite = _nonfinite(x, largest)
        return torch.cat([
            torch.full_like(table[:, :1], count), table[:, :2], deviations[:, None], table[:, 2:], outside[:, None],
            nonfinite[:, None]], 1)

    def gradients(self, tensors: Sequence[Tensor], scale: float) -> Tensor:
        """[rows, 4] in float64: elements, 2-norm, largest magnitude, elements that are not finite; divided by the loss's scale."""
        x = self._matrix(tensors)
        largest = largest_magnitudes(x)
        norm = row_norms(x, largest)
        table = torch.stack([norm.double(), largest.double()], 1) / scale
        return torch.cat([torch.full_like(table[:, :1], x.shape[1]), table, _nonfinite(x, largest)[:, None]], 1)


def _nonfinite(x: Tensor, largest: Tensor) -> Tensor:
    if not x.is_cuda and math.isfinite(float(largest.sum())):
        return torch.zeros(len(x), dtype=torch.double)
    return (~torch.isfinite(x)).sum(1).double()


def chunks(entries: Sequence[tuple], key) -> Iterator[tuple[object, list[tuple]]]:
    """Entries (site, tensor, ...) in groups of one key, each of about ``CHUNK`` elements."""
    groups: dict[object, list[tuple]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    for own, members in groups.items():
        size = max(1, CHUNK // max(members[0][1].numel(), 1))
        for start in range(0, len(members), size):
            yield own, members[start:start + size]
