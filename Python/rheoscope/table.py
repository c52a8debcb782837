"""The rows of the table ``layer`` of one step, from the sums of outputs and gradients."""

from __future__ import annotations

import functools
import math
from typing import Sequence

import torch
from torch import Tensor

from .schema import LAYER_COLUMNS
from .sites import Site
from .writer import Rows

Parts = list[tuple[list[Site], Tensor]]


class StepTable:
    """The statistics of a step: a row per site, in the order of the sites.

    ``rows`` go to the file. ``nonfinite_output`` and ``nonfinite_gradient`` are the first site with a NaN or an infinity in the forward
    and in the backward pass.
    """

    def __init__(self, outputs: Parts, gradients: Parts, sites: Sequence[Site]) -> None:
        self.nonfinite_output: int | None = None
        self.nonfinite_gradient: int | None = None
        output_ids, output = _joined(outputs, _merged_outputs)
        gradient_ids, gradient = _joined(gradients, _merged_gradients)
        self.keys, places, gradient_places, limited = _order(output_ids, gradient_ids, tuple(site.limits is not None for site in sites))
        table = torch.full((len(self.keys), len(LAYER_COLUMNS)), math.nan, dtype=torch.double)
        nonfinite = 0.0
        if output_ids:
            count, total, norm, deviations, low, high, zeros, outside, bad = output.unbind(1)
            share = torch.full_like(count, math.nan) if limited is None else torch.where(limited, outside / count, math.nan)
            std, rms = (deviations.clamp(min=0) / count).sqrt_(), norm / count.sqrt()
            table[places, :8] = torch.stack([total / count, std, rms, low, high, zeros / count, share, bad], 1)
            nonfinite += float(bad.sum())
        if gradient_ids:
            count, norm, largest, bad = gradient.unbind(1)
            table[gradient_places, 8:] = torch.stack([norm / count.sqrt(), largest, bad], 1)
            nonfinite += float(bad.sum())
        if nonfinite == 0:
            self.rows: Rows | list[tuple] = Rows(self.keys, table)
            return
        values, recorded = table.tolist(), (set(output_ids), set(gradient_ids))
        self.rows = [
            (key, *(_cell(row, column, key, recorded, sites) for column in range(len(LAYER_COLUMNS))))
            for key, row in zip(self.keys, values)]
        self.nonfinite_output = next((key for key, row in zip(self.keys, values) if row[7] > 0), None)
        self.nonfinite_gradient = next((key for key, row in zip(reversed(self.keys), reversed(values)) if row[10] > 0), None)

    def at(self, step: int):
        """The rows as they are inserted."""
        return self.rows.at(step) if isinstance(self.rows, Rows) else [(step, *row) for row in self.rows]


@functools.lru_cache(maxsize=64)
def _order_of(
        outputs: tuple[int, ...], gradients: tuple[int, ...], are_limited: tuple[bool, ...]
) -> tuple[list[int], Tensor, Tensor, Tensor | None]:
    keys = sorted({*outputs, *gradients})
    position = {id: index for index, id in enumerate(keys)}
    limited = torch.tensor([are_limited[id] for id in outputs], dtype=torch.bool)
    places = [torch.tensor([position[id] for id in ids], dtype=torch.long) for ids in (outputs, gradients)]
    return keys, places[0], places[1], limited if bool(limited.any()) else None


def _order(outputs: list[int], gradients: list[int], are_limited: tuple[bool, ...]):
    """The ids of all rows in their order, where in it those with outputs and gradients are, and which outputs have limits, if any has."""
    return _order_of(tuple(outputs), tuple(gradients), are_limited)


def _cell(
        row: list[float], column: int, key: int, recorded: tuple[set[int], set[int]], sites: Sequence[Site]) -> float | str | None:
    is_recorded = key in recorded[1] if column > 7 else key in recorded[0] and (column != 6 or sites[key].limits is not None)
    if not is_recorded:
        return None
    return "NaN" if math.isnan(row[column]) else row[column]


def _joined(parts: Parts, merge) -> tuple[list[int], Tensor]:
    """All parts as one table, with one row per site."""
    if not parts:
        return [], torch.empty(0)
    ids = [site.id for own, _ in parts for site in own]
    table = parts[0][1] if len(parts) == 1 else torch.cat([part for _, part in parts])
    if len(set(ids)) == len(ids):
        return ids, table
    groups: dict[int, list[float]] = {}
    for id, row in zip(ids, table.tolist()):
        groups[id] = merge(groups[id], row) if id in groups else row
    return list(groups), torch.tensor(list(groups.values()), dtype=torch.double)


def _merged_outputs(a: list[float], b: list[float]) -> list[float]:
    count = a[0] + b[0]
    difference = a[1] / a[0] - b[1] / b[0]
    return [
        count, a[1] + b[1], math.hypot(a[2], b[2]), a[3] + b[3] + difference * difference * a[0] * b[0] / count,
        _extreme(min, a[4], b[4]), _extreme(max, a[5], b[5]), a[6] + b[6], a[7] + b[7], a[8] + b[8]]


def _merged_gradients(a: list[float], b: list[float]) -> list[float]:
    return [a[0] + b[0], math.hypot(a[1], b[1]), _extreme(max, a[2], b[2]), a[3] + b[3]]


def _extreme(choose, a: float, b: float) -> float:
    return math.nan if math.isnan(a) or math.isnan(b) else choose(a, b)
