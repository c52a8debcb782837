"""Gathers facts of the training that the diagnosis needs: what is counted in all recorded steps, and what takes a pass over a tensor at the
first recorded steps from 0, 1, 2, 5, 10, 20, ... on.
"""

from __future__ import annotations

import math
from typing import Any, Sequence

import torch
from torch import Tensor
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from . import fact_values as values
from .describe import optimizer_type
from .observer import Observer
from .parameters import Parameters
from .schedule import next_fact_step
from .watch import LossCall, Watch
from .weights import ObservedOptimizer

# Names of settings of optimizers in PyTorch, and in the run file.
_SETTINGS = {"momentum": "momentum", "nesterov": "nesterov", "eps": "epsilon"}


class ClassCounts:
    """Counts the classes of targets over the steps of a recording."""

    def __init__(self) -> None:
        self._counts: Tensor | None = None
        self._majorities: Tensor | float = 0.0
        self._distinct: Tensor | float = 0.0
        self._batches = 0
        self._nearest = [0, 0]

    def add(self, labels: Tensor, classes: int, ignored: int | None) -> None:
        """Adds the labels of a batch, of this number of classes, but for those that are ``ignored``; above 4096, as in language models,
        they are not counted. Sums stay where the labels are, so that nothing waits for a GPU.
        """
        # Another loss of the same net counts for itself.
        if not labels.numel() or classes > values.MOST_CLASSES or self._counts is not None and len(self._counts) != classes:
            return
        if self._counts is None:
            self._counts = torch.zeros(classes, dtype=torch.double, device=labels.device)
        counted = torch.ones_like(labels, dtype=torch.double) if ignored is None else (labels != ignored).double()
        own = torch.zeros_like(self._counts).index_add_(0, labels.clamp(0, classes - 1), counted)
        self._counts += own
        self._majorities = self._majorities + own.max() / own.sum().clamp(min=1)
        self._distinct = self._distinct + (own > 0).sum()
        self._batches += 1

    def classify(self, data: Tensor, is_tokens: bool, labels: Tensor, classes: int) -> None:
        """Classifies each sample of a batch by the nearest mean of classes."""
        if data.dim() and len(data) == len(labels) and data.numel() and classes <= values.NEAREST_CLASSES and not data.is_complex():
            for index, count in enumerate(values.nearest_mean(data, labels, classes, is_tokens)):
                self._nearest[index] += count

    def facts(self) -> values.Facts:
        """The facts so far."""
        if not self._batches or self._counts is None:
            return []
        facts: values.Facts = [
            ("class_counts", [int(count) for count in self._counts.tolist()]),
            ("majority_in_batch", float(self._majorities) / self._batches),
            ("classes_in_batch", float(self._distinct) / self._batches)]
        if self._nearest[1]:
            facts += [
                ("nearest_mean_accuracy", self._nearest[0] / self._nearest[1]), ("nearest_mean_samples", float(self._nearest[1]))]
        return facts


class TrainingFacts:
    """The facts of one recording. ``rows`` are to be written after the rows of sites and parameters that they name."""

    def __init__(self, observer: Observer, parameters: Parameters, optimizers: Sequence[ObservedOptimizer]) -> None:
        self._observer, self._parameters, self._optimizers = observer, parameters, optimizers
        self.rows: list[tuple] = []
        self._next = 0
        self._classes = ClassCounts()
        self._variances: list[float] = []
        self._calls = [0, 0, 0]  # of loss functions in this step and in all, and recorded steps
        self._clipping: list[Any] = [0, 0.0, 0.0, 0.0]  # calls, clipped, sum of the norm over the limit, limit
        self._call: LossCall | None = None
        self._reached: dict[int, list[int]] = {}
        self._updated_steps = 0
        self._has_nonfinite_data = self._were_evaluated = False
        self._known_sites = 0
        self.watch = Watch(self._see_loss, self._see_clipping)

    # MARK: Observations

    def begin(self) -> None:
        """Writes facts of the parameters' first values."""
        modules = {id(own): observed.module for observed in self._observer.modules.values() for _, own in observed.own}
        for path, parameter in zip(self._parameters.paths, self._parameters.all):
            if parameter.dim() > 1:
                self._add(None, "parameter", path, "fan_in", values.fan_in(modules.get(id(parameter), self._observer.model), parameter))
                self._add(None, "parameter", path, "equal_units", values.equal_units(parameter))

    def _see_loss(self, call: LossCall) -> None:
        if not self._observer.is_active:
            return
        self._calls[0] += 1
        if call.is_classes:
            self._classes.add(call.target, call.prediction.shape[-1], call.ignored)
        self._call = call

    def _see_clipping(self, parameters: list[Tensor], norm: Tensor, limit: float) -> None:
        held = {id(parameter) for parameter in self._parameters.all}
        if not any(id(parameter) in held for parameter in parameters) or limit <= 0:
            return
        # Sums stay where the norm is, so that a GPU need not be waited for.
        is_clipped = norm.detach() > limit
        self._clipping[0] += 1
        self._clipping[1] = self._clipping[1] + is_clipped
        self._clipping[2] = self._clipping[2] + torch.where(is_clipped, norm.detach() / limit, 0)
        self._clipping[3] = limit

    def see_gradients_left(self) -> None:
        """Sees gradients of earlier steps that nothing has cleared, when the first backward pass of a step begins."""
        if self._observer.step < self._next or not any(optimizer.steps for optimizer in self._optimizers):
            return
        left = [
            path for path, parameter, holders in zip(self._parameters.paths, self._parameters.all, self._parameters.holders)
            if holders and parameter.grad is not None and bool(parameter.grad.detach().any())]
        if left:
            self._add(None, "model", None, "gradients_left", left)

    def see_uncalled(self, uncalled: list[str], off: list[str]) -> None:
        """Sees the modules that were not called in the first recorded step, and those among them that were called without gradients."""
        for name, paths in (("uncalled_modules", uncalled), ("called_without_gradients", off)):
            if paths:
                self._add(None, "model", None, name, paths)

    # MARK: Writing

    def end_step(self, step: int, is_nonfinite: bool, largest: dict[int, float]) -> None:
        """Ends a recorded step. ``largest`` has max |dL/dp| of each parameter that an optimizer has changed."""
        observer = self._observer
        for site in observer.sites[self._known_sites:]:
            if site.precision != "float32":
                self._add(None, "site", str(site.id), "precision", site.precision)
        self._known_sites = len(observer.sites)
        if largest:
            self._updated_steps += 1
            for id_, size in largest.items():
                counts = self._reached.setdefault(id_, [0, 0])
                counts[0] += 1
                counts[1] += size == 0
        self._calls = [0, self._calls[1] + self._calls[0], self._calls[2] + 1]
        is_due = step >= self._next
        is_nonfinite = is_nonfinite or not all(map(math.isfinite, largest.values()))
        if is_due and self._next == 0:
            self._add(step, "model", None, "optimizers", [settings_of(optimizer.optimizer) for optimizer in self._optimizers])
        if is_due or is_nonfinite and not self._has_nonfinite_data:
            if self._call is not None:
                self._call = self._call.without_ignored()
            self._write_data(step)
        self._has_nonfinite_data = self._has_nonfinite_data or is_nonfinite
        if is_due:
            call = self._call
            if call is not None and call.is_classes and observer.input is not None:
                self._classes.classify(*observer.input, call.target, call.prediction.shape[-1])
            if call is not None and (variance := values.variance_of_targets(call)) is not None:
                self._variances.append(variance)
            self._write_modes(step)
            self._write_counts(step)
            while self._next <= step:
                self._next = next_fact_step(self._next)
        self._call = None

    def finish(self, step: int) -> None:
        """Ends the recording after this step."""
        self._write_counts(step)
        for path, parameter in zip(self._parameters.paths, self._parameters.all):
            if parameter.dim() > 1 and values.equal_units(parameter) == 1:
                self._add(step, "parameter", path, "equal_units", 1.0)

    def take(self) -> list[tuple]:
        """The rows since the last call."""
        rows, self.rows = self.rows, []
        return rows

    def _add(self, step: int | None, subject: str, item: str | None, name: str, value: Any) -> None:
        self.rows.append(values.row_of(step, subject, item, name, value))

    def _write_data(self, step: int) -> None:
        if self._observer.input is not None:
            for name, value in values.of_input(*self._observer.input):
                self._add(step, "input", None, name, value)
        if self._call is not None:
            for subject, facts in (("loss", values.of_loss(self._call)), ("target", values.of_target(self._call))):
                for name, value in facts:
                    self._add(step, subject, None, name, value)

    def _write_modes(self, step: int) -> None:
        evaluated = [
            observed.path for observed in self._observer.modules.values()
            if isinstance(observed.module, (_BatchNorm, _DropoutNd)) and not observed.module.training]
        if evaluated or self._were_evaluated:
            self._add(step, "model", None, "evaluation_mode", evaluated)
        self._were_evaluated = bool(evaluated)
        for optimizer in self._optimizers:
            rate = optimizer.current_rate()
            for group in optimizer.optimizer.param_groups[1:]:
                factor = float(group.get("lr", rate)) / rate if rate else 1.0
                if factor != 1:
                    held = {id(parameter) for parameter in group["params"]}
                    for path, parameter in zip(self._parameters.paths, self._parameters.all):
                        if id(parameter) in held:
                            self._add(step, "parameter", path, "learning_rate_factor", factor)

    def _write_counts(self, step: int) -> None:
        for name, value in self._classes.facts():
            self._add(step, "target", None, name, value)
        if self._calls[1]:
            self._add(step, "loss", None, "calls_per_step", self._calls[1] / self._calls[2])
        if self._variances:
            self._add(step, "target", None, "variance", sum(self._variances) / len(self._variances))
        self._add(step, "model", None, "optimizer_steps", [optimizer.steps for optimizer in self._optimizers])
        calls, clipped, ratios, limit = self._clipping
        if calls:
            self._add(step, "model", None, "clipped_share", float(clipped) / calls)
            if float(clipped):
                self._add(step, "model", None, "clipping_ratio", float(ratios) / float(clipped))
            self._add(step, "model", None, "clipping_limit", limit)
        self._write_reached(step)

    def _write_reached(self, step: int) -> None:
        parameters = self._parameters
        for id_, path in enumerate(parameters.paths):
            if not parameters.holders[id_]:
                if parameters.all[id_].grad is None:
                    self._add(step, "parameter", path, "without_gradient", 1.0)
            elif self._updated_steps:
                reached, zero = self._reached.get(id_, (0, 0))
                if reached < self._updated_steps:
                    self._add(step, "parameter", path, "without_gradient", 1 - reached / self._updated_steps)
                if zero:
                    self._add(step, "parameter", path, "zero_gradient", zero / self._updated_steps)


def settings_of(optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Type, learning rate, weight decay, number of parameters and the numbers among the settings of an optimizer."""
    groups = optimizer.param_groups
    settings: dict[str, Any] = {
        "type": optimizer_type(optimizer), "parameters": sum(len(group["params"]) for group in groups),
        "learning_rate": float(groups[0].get("lr", 0)),
        "weight_decay": max(float(group.get("weight_decay", 0) or 0) for group in groups)}
    for name, own in _SETTINGS.items():
        if isinstance(groups[0].get(name), (int, float)):
            settings[own] = float(groups[0][name])
    for index, beta in enumerate(groups[0].get("betas") or ()):
        settings[f"beta{index + 1}"] = float(beta)
    if "alpha" in groups[0]:
        settings["smoothing"] = float(groups[0]["alpha"])
    return settings


