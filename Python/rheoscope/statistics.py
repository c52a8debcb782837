"""Statistics of outputs and of gradients, many sites at once, in few operations of PyTorch.

Tensors of one shape are stacked as the rows of a matrix, and its rows are reduced in their own precision. Rows whose squares would
underflow or overflow are scaled before they are squared, and where two nearly equal sums would be subtracted, deviations are summed
directly.
"""

from __future__ import annotations

import math
from typing import Any, Callable, Iterator, Sequence

import torch
from torch import Tensor

from .tensors import dense

# Tensors of up to SMALL elements are kept and stacked once per step; larger ones are reduced at once. CHUNK elements are reduced together:
# two buffers of this size stay in the second-level cache.
SMALL = 32768
CHUNK = 131072

# Between these, squares and their sums are normal float32 numbers.
_LEAST, _MOST, _NORMAL = 1e-12, 1e15, 1e-37
# Of the mean square the part below which a variance is not computed as a difference of sums.
_SAFE = 1e-3

Limits = tuple[float, float] | None


def is_remote(tensor: Tensor) -> bool:
    """Whether the tensor is in the memory of a GPU, and reading a number of it waits for all that was begun there."""
    return tensor.device.type != "cpu"


def fetched(tables: Sequence[Tensor]) -> list[Tensor]:
    """Tables of numbers in the memory of the CPU, in float64, by one copy from each device."""
    found = [table if is_remote(table) else table.double() for table in tables]
    for device in {table.device for table in tables if is_remote(table)}:
        places = [index for index, table in enumerate(tables) if table.device == device and is_remote(table)]
        copied = torch.cat([tables[index].double().flatten() for index in places]).cpu()
        for index, part in zip(places, copied.split([tables[index].numel() for index in places])):
            found[index] = part.view(tables[index].shape)
    return found


def norms(x: Tensor, largest: Tensor | None = None, work: Tensor | None = None) -> Tensor:
    """The 2-norms of the rows of ``x`` [rows, n], whose largest magnitudes are ``largest`` [rows]; ``work`` may be overwritten.

    Without ``largest`` rows are expected to be neither tiny nor huge; the others take twice the time. On a GPU all rows are scaled, so that
    nothing waits for their sizes, and those below 10^-37 count as that small.
    """
    if is_remote(x):
        largest = largest_magnitudes(x) if largest is None else largest
        scale = torch.where(largest < math.inf, largest, 1).clamp(min=_NORMAL)
        return torch.linalg.vector_norm(x / scale[:, None], dim=1) * scale
    if largest is None:
        found = _plain_norms(x)
        if all(_LEAST < value < _MOST or value == 0 for value in found.tolist()):
            return found
        return norms(x, largest_magnitudes(x), work)
    values = largest.tolist()
    if all(_LEAST < value < _MOST or value == 0 for value in values):
        return _plain_norms(x)
    if any(0 < value < _NORMAL for value in values):
        x, largest, work = x.double(), largest.double(), None
    scale = torch.where((largest > 0) & (largest < math.inf), largest, 1)
    return torch.linalg.vector_norm(torch.mul(x, scale.reciprocal()[:, None], out=work), dim=1).mul_(scale)


def _plain_norms(x: Tensor) -> Tensor:
    if len(x) > 1:
        return torch.linalg.vector_norm(x, dim=1)
    row = x[0]  # Faster than a norm, in the same precision.
    return torch.dot(row, row).sqrt_().view(1)


def largest_magnitudes(x: Tensor) -> Tensor:
    """max |x| of each row, NaN where there is one."""
    return torch.maximum(-x.amin(1), x.amax(1))


def chunks(entries: Sequence[tuple], key: Callable[[tuple], Any]) -> Iterator[tuple[Any, list[tuple]]]:
    """Entries (site, tensor, ...) in groups of one key, each of about ``CHUNK`` elements."""
    groups: dict[Any, list[tuple]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    for own, members in groups.items():
        size = max(1, CHUNK // max(members[0][1].numel(), 1))
        for start in range(0, len(members), size):
            yield own, members[start:start + size]


def _output_key(entry: tuple) -> tuple:
    tensor = entry[1]
    return tensor.shape, tensor.dtype, tensor.device, entry[0].limits


def _gradient_key(entry: tuple) -> tuple:
    tensor = entry[1]
    return tensor.shape, tensor.dtype, tensor.device


class Reducer:
    """Reduces tensors to rows of sums, and keeps its buffers from step to step.

    A row of an output has in float64: elements, sum, 2-norm, sum of squared deviations from the mean, minimum, maximum, zeros, elements
    outside of the limits (unused without limits), elements that are not finite. A row of a gradient has elements, 2-norm, largest
    magnitude, elements that are not finite, and is divided by the scale of the loss.

    Rows of tensors on a GPU stay there; ``fetched`` copies all of them at once.
    """

    def __init__(self) -> None:
        self._buffers: dict[tuple, Tensor] = {}

    def large_output(self, tensor: Tensor, limits: Limits) -> list[float] | Tensor:
        """The row of one output, or on a GPU the sums for it."""
        sums = self._output_sums([tensor], limits)
        return sums if is_remote(sums) else _output_row(tensor, sums[0].tolist())

    def large_gradient(self, tensor: Tensor) -> list[float] | Tensor:
        """The row of one gradient, not divided by the scale, or on a GPU the sums for it."""
        sums = self._gradient_sums([tensor])
        return sums if is_remote(sums) else _gradient_row(tensor, sums[0].tolist())

    def outputs(self, entries: Sequence[tuple], large: Sequence[tuple]) -> list[tuple[list[Any], Tensor]]:
        """The rows of outputs. ``entries`` are tuples of a site and a tensor, ``large`` of a site, a tensor and what ``large_output`` gave.
        Returns tables, each with the sites in the order of its rows.
        """
        parts = [
            (members, self._output_sums([member[1] for member in members], key[3])) for key, members in chunks(entries, _output_key)]
        return _rows(parts, large, _output_rows)

    def gradients(self, entries: Sequence[tuple], large: Sequence[tuple], scale: float) -> list[tuple[list[Any], Tensor]]:
        """The same of gradients."""
        parts = [(members, self._gradient_sums([member[1] for member in members])) for _, members in chunks(entries, _gradient_key)]
        tables = _rows(parts, large, _gradient_rows)
        if scale != 1:
            for _, rows in tables:
                rows[:, 1:3] /= scale
        return tables

    def _output_sums(self, tensors: Sequence[Tensor], limits: Limits) -> Tensor:
        """[rows, 6] of sum, 2-norm, minimum, maximum, zeros and elements outside; on a GPU also deviations and elements not finite."""
        x = self._matrix(tensors)
        rows, count = x.shape
        work = self._buffer("work", rows, count, x)
        # The comparison gives floats, since sums of booleans are slow.
        zeros = torch.eq(x, 0, out=work).sum(1)
        outside = ((x < limits[0]) | (x > limits[1])).sum(1).to(x.dtype) if limits else zeros
        columns = [x.sum(1), norms(x, None, work), x.amin(1), x.amax(1), zeros, outside]
        if is_remote(x):
            columns += [x.var(1, correction=0) * count, (~torch.isfinite(x)).sum(1).to(x.dtype)]
        return torch.stack(columns, 1)

    def _gradient_sums(self, tensors: Sequence[Tensor]) -> Tensor:
        """[rows, 2] of 2-norm and largest magnitude; on a GPU also elements not finite."""
        x = self._matrix(tensors)
        largest = largest_magnitudes(x)
        columns = [norms(x, largest, self._buffer("work", *x.shape, x)), largest]
        if is_remote(x):
            columns.append((~torch.isfinite(x)).sum(1).to(x.dtype))
        return torch.stack(columns, 1)

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
            return first.detach().reshape(1, -1)
        rows = self._buffer("rows", len(tensors), first.numel(), first)
        torch.stack(tensors, out=rows.view(len(tensors), *first.shape))
        return rows


def _output_row(tensor: Tensor, sums: list[float]) -> list[float]:
    """The row of one output, from sums in the memory of the CPU."""
    count, squares = tensor.numel(), sums[1] * sums[1]
    deviations, nonfinite = squares - sums[0] * sums[0] / count, 0.0
    if not deviations >= squares * _SAFE:
        deviations, nonfinite = _exact(tensor)
    return [count, sums[0], sums[1], deviations, *sums[2:], nonfinite]


def _output_rows(tensors: Sequence[Any], count: Tensor, sums: Tensor) -> Tensor:
    """The rows of outputs with these numbers of elements."""
    total, norm = sums[:, 0], sums[:, 1]
    if sums.shape[1] > 6:
        deviations, nonfinite = sums[:, 6], sums[:, 7]
    else:
        squares = norm * norm
        deviations, nonfinite = torch.addcdiv(squares, total * total, count, value=-1), torch.zeros_like(total)
        are_exact = deviations >= squares * _SAFE
        if not are_exact.all():
            for index in (~are_exact).nonzero().flatten().tolist():
                deviations[index], nonfinite[index] = _exact(tensors[index])
    return torch.cat([count[:, None], sums[:, :2], deviations[:, None], sums[:, 2:6], nonfinite[:, None]], 1)


def _exact(tensor: Tensor) -> tuple[float, float]:
    """The sum of squared deviations from the mean, and the number of elements that are not finite."""
    x = dense(tensor).double()
    return float((x - x.mean()).square_().sum()), float((~torch.isfinite(x)).sum())


def _gradient_row(tensor: Tensor, sums: list[float]) -> list[float]:
    """The row of one gradient, from sums in the memory of the CPU."""
    is_finite = math.isfinite(sums[1])
    return [tensor.numel(), *sums, 0.0 if is_finite else float((~torch.isfinite(dense(tensor))).sum())]


def _gradient_rows(tensors: Sequence[Any], count: Tensor, sums: Tensor) -> Tensor:
    """The rows of gradients with these numbers of elements."""
    nonfinite = sums[:, 2] if sums.shape[1] > 2 else torch.zeros_like(count)
    if sums.shape[1] == 2 and not math.isfinite(float(sums[:, 1].sum())):
        for index in (~torch.isfinite(sums[:, 1])).nonzero().flatten().tolist():
            nonfinite[index] = (~torch.isfinite(dense(tensors[index]))).sum()
    return torch.cat([count[:, None], sums[:, :2], nonfinite[:, None]], 1)


def _rows(
        parts: list[tuple[list[tuple], Tensor]], large: Sequence[tuple],
        finish: Callable[[Sequence[Any], Tensor, Tensor], Tensor]) -> list[tuple[list[Any], Tensor]]:
    """All rows, in a table per device, with their sites."""
    finished = [(site, row) for site, _, row in large if not isinstance(row, Tensor)]
    parts = parts + [([(site, tensor)], row) for site, tensor, row in large if isinstance(row, Tensor)]
    tables: list[tuple[list[Any], Tensor]] = []
    for device in {sums.device for _, sums in parts}:
        own = [(members, sums) for members, sums in parts if sums.device == device]
        tensors = [member[1] for members, _ in own for member in members]
        count = torch.tensor([tensor.numel() for tensor in tensors], dtype=torch.double, device=device)
        sums = torch.cat([sums for _, sums in own]).double()
        tables.append(([member[0] for members, _ in own for member in members], finish(tensors, count, sums)))
    if finished:
        tables.append(([site for site, _ in finished], torch.tensor([row for _, row in finished], dtype=torch.double)))
    return tables
