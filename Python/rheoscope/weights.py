"""Norms of weights, of their gradients and of the changes that an optimizer makes to them: the table ``weight``."""

from __future__ import annotations

import math
from typing import Any, Callable, Sequence

import torch
from torch import Tensor, nn

from .observer import Observer
from .statistics import CHUNK, SMALL, largest_magnitudes, norms
from .tensors import dense


class _Group:
    """Parameters of one shape, and the values of those of two or more dimensions before the step."""

    def __init__(self, members: list[tuple[int, nn.Parameter]]) -> None:
        self.ids, self.parameters = [id for id, _ in members], [parameter for _, parameter in members]
        first = self.parameters[0]
        self.is_matrix, self.before, self.after = first.dim() > 1, None, None
        self.work: Tensor | None = None

    def _stacked(self, tensors: Sequence[Tensor], out: Tensor | None) -> Tensor:
        if len(tensors) == 1:
            return tensors[0].detach().reshape(1, -1)
        first = tensors[0]
        if out is None or len(out) != len(tensors) or out.dtype != first.dtype:
            out = torch.empty(len(tensors), first.numel(), dtype=first.dtype, device=first.device)
        torch.stack(list(tensors), out=out.view(len(tensors), *first.shape))
        return out

    def copy(self) -> None:
        """Copies the values before the step."""
        if not self.is_matrix:
            return
        if len(self.parameters) > 1:
            self.before = self._stacked(self.parameters, self.before)
        elif self.before is None or self.before.numel() != self.parameters[0].numel():
            self.before = self.parameters[0].detach().clone().view(1, -1)
        else:
            self.before.copy_(self.parameters[0].detach().reshape(1, -1))

    def measure(self) -> tuple[list[int], Tensor, Tensor | None] | None:
        """The ids of parameters with a gradient, max |g| of each, and [rows, 4] of norms for those of two or more dimensions."""
        gradients = [parameter.grad for parameter in self.parameters]
        present = [index for index, gradient in enumerate(gradients) if gradient is not None]
        if not present:
            return None
        ids, parameters, before = self.ids, self.parameters, self.before
        if len(present) < len(gradients):
            ids = [self.ids[index] for index in present]
            parameters = [self.parameters[index] for index in present]
            gradients = [gradients[index] for index in present]
            before = before[present] if before is not None else None
        if any(g.dtype not in (torch.float32, torch.float64) or g.layout != torch.strided for g in gradients):
            g = torch.stack([dense(gradient).flatten() for gradient in gradients])
        else:
            g = self._stacked(gradients, self.work)
            # One gradient is not copied, and must not be kept.
            self.work = g if len(gradients) > 1 else None
        if not g.numel():
            return None
        largest = largest_magnitudes(g)
        if not self.is_matrix or before is None:
            return ids, largest, None
        sizes = norms(g, largest)
        after = self._stacked(parameters, self.after)
        self.after = after if len(parameters) > 1 else None
        if before.dtype not in (torch.float32, torch.float64):
            before, after = before.float(), after.float()
        norm = norms(before)
        moved = norms(torch.sub(after, before, out=before))
        return ids, largest, torch.stack([norm, sizes, largest, moved], 1)


class _OptimizerHook:
    """A hook before or after the steps of an optimizer."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call

    def __call__(self, optimizer: Any, arguments: Any, keywords: Any) -> None:
        self.call()

    def __deepcopy__(self, memo: dict) -> _OptimizerHook:
        return _OptimizerHook(_nothing)

    def __reduce__(self) -> tuple:
        return _OptimizerHook, (_nothing,)


def _nothing() -> None:
    pass


class ObservedOptimizer:
    """An optimizer: how many steps it has taken, its learning rate at the last, and in recorded steps the norms of its parameters.

    """

    def __init__(self, optimizer: torch.optim.Optimizer, observer: Observer) -> None:
        self.optimizer, self._observer = optimizer, observer
        self.steps = 0
        self.rate: float | None = None
        self.has_stepped = False
        self.rows: list[tuple[list[int], Tensor, Tensor | None]] = []
        self._groups: list[_Group] = []
        self._handles = [
            optimizer.register_step_pre_hook(_OptimizerHook(self._before)), optimizer.register_step_post_hook(_OptimizerHook(self._after))]

    def detach(self) -> None:
        """Removes the hooks."""
        for handle in self._handles:
            handle.remove()

    def held(self) -> set[int]:
        """The identities of its parameters."""
        return {id(parameter) for group in self.optimizer.param_groups for parameter in group["params"]}

    def current_rate(self) -> float:
        """The learning rate of the first group."""
        return float(self.optimizer.param_groups[0].get("lr", math.nan))

    def measure(self, parameters: Sequence[tuple[int, nn.Parameter]]) -> None:
        """Measures these parameters, by their ids, of those that it holds."""
        groups: dict[tuple, list[tuple[int, nn.Parameter]]] = {}
        held = self.held()
        for own, parameter in parameters:
            if id(parameter) in held and parameter.is_floating_point() and parameter.numel() > 0:
                large = own if parameter.numel() > SMALL else -1
                groups.setdefault((parameter.shape, parameter.dtype, parameter.device, large), []).append((own, parameter))
        self._groups = []
        for members in groups.values():
            size = max(1, CHUNK // members[0][1].numel())
            self._groups += [_Group(members[start:start + size]) for start in range(0, len(members), size)]

    def _before(self) -> None:
        try:
            self.rate = self.current_rate()
            if self._observer.is_active:
                with torch.no_grad():
                    for group in self._groups:
                        group.copy()
        except Exception as error:  # Recording must not stop a training.
            self._observer.failed("an optimizer", error)

    def _after(self) -> None:
        try:
            # A scaler sets this for fused optimizers, which change nothing after an overflow.
            found = getattr(self.optimizer, "found_inf", None)
            if found is not None and float(found) > 0:
                return
            self.steps += 1
            self.has_stepped = True
            # A step before any forward pass belongs to the last step, which is already written.
            if self._observer.is_active and self._observer.has_seen_output:
                with torch.no_grad():
                    # The last step of an optimizer counts.
                    self.rows = [row for group in self._groups if (row := group.measure()) is not None]
        except Exception as error:
            self._observer.failed("an optimizer", error)

    def take(self) -> list[tuple[list[int], Tensor, Tensor | None]]:
        """The rows since the last call."""
        rows, self.rows = self.rows, []
        return rows
