"""Records a training loop in PyTorch into a run file."""

from __future__ import annotations

import math
import os
import sys
import time
from typing import Any, Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from .describe import model_text
from .facts import TrainingFacts
from .observer import Observer
from .parameters import Parameters
from .schedule import Schedule, schedule_of
from .setup import MissingParts
from .statistics import fetched
from .table import Parts, StepTable
from .weights import ObservedOptimizer
from .writer import RunWriter, check_meta, number

Optimizers = torch.optim.Optimizer | Sequence[torch.optim.Optimizer] | None


class Recorder:
    """Records statistics of each layer's output, of the gradient of the loss with respect to it, and of each weight's update.

    Call ``step(loss=loss)`` once after each ``optimizer.step()``. The recorder has seen the outputs in the forward pass, the gradients in
    ``loss.backward()`` and the updates in ``optimizer.step()``; ``step`` writes them. Passes without gradients, and passes of a model in
    evaluation mode that no backward pass follows, are not recorded. Training is bit-identical with and without it. With gradient
    accumulation the row of a step is over all passes since the last optimizer step::

        with rheoscope.Recorder(model, optimizer, "run.rheo") as recorder:
            for x, y in batches:
                optimizer.zero_grad()
                loss = loss_function(model(x), y)
                loss.backward()
                optimizer.step()
                recorder.step(loss=loss)

    ``model``: a module; DataParallel, DistributedDataParallel and compiled wrappers are taken off.
    ``optimizer``: one, several, or None.
    ``path``: the run file, which replaces a run file that is there. Each process of a distributed training after the first records nothing,
    or with ``all_ranks`` into a file of its own, ``run.rank1.rheo``.
    ``schedule``: every so many steps as a number, 1 by default, or a function of the step; see ``rheoscope.every``.
    ``scaler``: the ``torch.amp.GradScaler`` that scales the loss; statistics are of unscaled gradients then, and skipped steps are events.
    ``meta``: entries of the run's table ``meta``, such as ``{"seed": "7"}``.
    ``warn``: called once with each warning; by default it prints to standard error.

    Raises ``RunFileError`` if the file can't be written, here and in ``step``; ``ValueError`` if ``meta`` names an absolute path or a lazy
    module has no parameters yet; ``TypeError`` if the model is a scripted one.
    Leaving the ``with`` block by an error closes the file as that of an interrupted run.
    """

    def __init__(
            self, model: nn.Module, optimizer: Optimizers, path: str | os.PathLike[str], *, schedule: int | Schedule = 1,
            scaler: Any = None, meta: Mapping[str, str] | None = None, all_ranks: bool = False,
            warn: Callable[[str], None] | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        model, self._warn_function, self._clock = unwrapped(model), warn or _print_warning, clock
        self._writer: RunWriter | None = None
        self._is_active = True
        rank = torch.distributed.get_rank() if torch.distributed.is_available() and torch.distributed.is_initialized() else 0
        if rank > 0:
            self._is_active = all_ranks
            stem, ending = os.path.splitext(os.fspath(path))
            path = f"{stem}.rank{rank}{ending}"
        if not self._is_active:
            return
        given = [] if optimizer is None else [optimizer] if isinstance(optimizer, torch.optim.Optimizer) else list(optimizer)
        own = {"model": model_text(model), "depth_source": "tape", "recorder": f"rheoscope for PyTorch {torch.__version__}"}
        self._warned: set[str] = set()
        self._events: list[tuple] = []
        self._number = 0
        self._schedule, self._scaler = schedule_of(schedule), scaler
        if isinstance(model, torch.jit.ScriptModule):
            raise TypeError("the model is scripted, and a scripted module takes no hooks; give the model before torch.jit.script")
        # Checked before the file is touched.
        self._is_recorded = bool(self._schedule(0))
        self._writer = RunWriter(path, {**own, **(meta or {})})
        self._observer = Observer(model, self._warn)
        if scaler is not None:
            self._observer.current_scale = self._current_scale
        self._scale_before = self._current_scale()
        self._optimizers = [ObservedOptimizer(one, self._observer) for one in given]
        self._parameters = Parameters(self._observer, self._optimizers)
        self._missing = MissingParts(self._observer, self._parameters, self._warn)
        self._rates: list[float | None] = [None] * len(given)
        self._scale: float | None = None
        self._observer.attach()
        self._facts = TrainingFacts(self._observer, self._parameters, self._optimizers)
        self._facts.begin()
        self._observer.before_backward = self._facts.see_gradients_left
        self._facts.watch.begin()
        if not self._is_recorded:
            self._observer.detach()
        self._started = self._clock()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: Any) -> None:
        if kind is None:
            self.finish()
        else:
            self._end()
            if self._writer is not None:
                self._writer.abandon()

    @property
    def path(self) -> str | None:
        """The path of the run file; None if this process records nothing."""
        return self._writer.path if self._writer else None

    def observe(self, name: str, tensor: Tensor) -> None:
        """Records a tensor of the forward pass, and the gradient with respect to it, as a site with this name."""
        if self._is_active:
            try:
                self._observer.observe(name, tensor)
            except Exception as error:
                self._observer.failed(name, error)

    def record(self, name: str, value: float) -> None:
        """Records a number under a name, such as ``validation_loss``, at the last completed step, or at step 0 if there is none."""
        if self._writer is not None:
            self._writer.require_open()
            self._writer.add("scalar", [(max(self._number - 1, 0), name, number(value))])

    def step(self, loss: Tensor | float, accuracy: float | None = None) -> None:
        """Ends a step and writes its rows.

        ``loss`` is a scalar, or [samples], whose mean is recorded; ``accuracy`` is a fraction from 0 to 1. Raises ``ValueError`` if it is
        not, and ``RunFileError`` if the file can no longer be written or the recording has ended.
        """
        if self._writer is None:
            return
        self._writer.require_open()
        if accuracy is not None:
            accuracy = float(accuracy)
            if not 0 <= accuracy <= 1:
                raise ValueError(f"the accuracy is {accuracy}; it must be a fraction from 0 to 1")
        step, is_recorded = self._number, self._is_recorded
        skipped = self._skipped_scale()
        if is_recorded:
            self._observer.flush()
        outputs, gradients = self._observer.output_rows, self._observer.gradient_rows
        own = loss.detach().double().mean().view(1) if isinstance(loss, Tensor) else torch.tensor([float(loss)], dtype=torch.double)
        # All that is read from a GPU is copied at once.
        tables = [own, *(table for _, table in outputs), *(table for _, table in gradients), *self._parameters.take()]
        copied = fetched(tables)
        value, rest = float(copied[0]), copied[1:]
        output_tables = [(sites, table) for (sites, _), table in zip(outputs, rest)]
        gradient_tables = [(sites, table) for (sites, _), table in zip(gradients, rest[len(outputs):])]
        layers = self._end_layers(skipped is not None, output_tables, gradient_tables) if is_recorded else None
        if not math.isfinite(value) and skipped is None:
            self._report_nonfinite(f"the loss is {_name(value)}", None)
        rows, largest = self._parameters.weights(step, rest[len(outputs) + len(gradients):])
        self._write_definitions(step)
        rate = self._optimizers[0].rate if self._optimizers else None
        if rate is None and self._optimizers:
            rate = self._optimizers[0].current_rate()
        self._writer.add("step", [(step, number(value), accuracy, number(rate), self._clock() - self._started)])
        if layers is not None:
            self._writer.add("layer", layers.at(step))
            self._writer.add("weight", rows)
        self._write_scalars(step, skipped)
        if layers is not None:
            is_nonfinite = skipped is None and (
                not math.isfinite(value) or layers.nonfinite_output is not None or layers.nonfinite_gradient is not None)
            self._facts.end_step(step, is_nonfinite, largest)
            self._writer.add("fact", self._facts.take())
        if self._events:
            self._writer.add("event", self._events)
            self._events = []
        self._writer.end_step()
        self._begin_next()

    def finish(self, meta: Mapping[str, str] | None = None) -> None:
        """Ends the recording: removes the recorder's hooks, and writes what remains and the summary. ``meta`` is added to the entries.
        Later calls of ``step`` and ``record`` raise ``RunFileError``. Raises as the initializer does.
        """
        if self._writer is None or not self._writer.is_open:
            return
        check_meta(meta or {})
        self._end()
        if self._number == 0:
            self._warn("no step is recorded; call recorder.step(loss=loss) after each optimizer.step()")
        else:
            self._facts.finish(self._number - 1)
            self._writer.add("fact", self._facts.take())
        self._writer.add("event", self._events)
        self._writer.finish(meta or {})

    def _end(self) -> None:
        if self._is_active:
            self._is_active = False
            if self._writer is not None:
                self._observer.detach()
                for optimizer in self._optimizers:
                    optimizer.detach()
                self._facts.watch.end()

    # MARK: Parts of a step

    def _end_layers(self, is_skipped: bool, outputs: Parts, gradients: Parts) -> StepTable:
        observer = self._observer
        if observer.learns and observer.has_forward:
            self._missing.see_first_step(self._facts)
            if observer.depths.counts_calls:
                self._warn(
                    f"some outputs of step {self._number} have no graph, as those of layers without trained parameters, so the depths of "
                    "sites from there on count layers in the order of calls", key="depths count calls")
        layers = StepTable(outputs, gradients, observer.sites)
        if not is_skipped:
            self._missing.warn(self._number, any(optimizer.has_stepped for optimizer in self._optimizers))
        if layers.nonfinite_output is not None:
            self._report_nonfinite("an activation is not finite", layers.nonfinite_output)
        elif layers.nonfinite_gradient is not None and not is_skipped:
            self._report_nonfinite("a gradient is not finite", layers.nonfinite_gradient)
        return layers

    def _skipped_scale(self) -> float | None:
        """The scale of the loss, if a scaler skipped the step of the optimizers."""
        if self._scaler is None or any(optimizer.has_stepped for optimizer in self._optimizers):
            return None
        if self._is_recorded:
            return self._observer.scale if self._observer.has_backward and self._optimizers else None
        # Where no backward pass is observed, a skipped step shows by the lower scale after it.
        return self._scale_before if self._current_scale() < self._scale_before else None

    def _current_scale(self) -> float:
        return float(self._scaler.get_scale()) if self._scaler is not None and self._scaler.is_enabled() else 1.0

    def _write_definitions(self, step: int) -> None:
        observer = self._observer
        new, observer.new_sites = observer.new_sites, []
        if new:
            self._writer.add("site", [site.row for site in new])
        if step == 0:
            self._parameters.update_holders()
            self._missing.warn_of_shared()
        if parameters := self._parameters.rows(bool(new)):
            self._writer.add("parameter", parameters)
        for text in self._parameters.changes() if step > 0 else ():
            self._events.append((step, None, "parameter", text))

    def _write_scalars(self, step: int, skipped: float | None) -> None:
        """The learning rates of optimizers from the second on and the scale of the loss, where they change."""
        rows = []
        for index, optimizer in enumerate(self._optimizers):
            rate = optimizer.current_rate() if optimizer.rate is None else optimizer.rate
            if index > 0 and rate != self._rates[index]:
                self._rates[index] = rate
                rows.append((step, f"learning_rate_{index + 1}", number(rate)))
        if self._scaler is not None and self._is_recorded and self._observer.has_forward and self._scale != self._observer.scale:
            self._scale = self._observer.scale
            rows.append((step, "loss_scale", number(self._scale)))
        if skipped is not None:
            self._events.append((step, None, "skipped", f"skipped step: gradients overflowed at loss scale {skipped:g}"))
        if rows:
            self._writer.add("scalar", rows)

    def _begin_next(self) -> None:
        observer = self._observer
        if self._is_recorded:
            observer.settle()
        for optimizer in self._optimizers:
            optimizer.has_stepped = False
        self._scale_before = self._current_scale()
        called = sum(site.step == self._number for site in observer.sites)
        if self._is_recorded and called < len(observer.sites):
            self._missing.absences += 1
            if self._missing.absences & (self._missing.absences - 1) == 0:
                self._refresh()
        self._number += 1
        was_recorded, self._is_recorded = self._is_recorded, bool(self._schedule(self._number))
        observer.begin_step(self._number)
        if self._is_recorded and not was_recorded:
            self._added(observer.attach())
        elif was_recorded and not self._is_recorded:
            observer.detach()

    def _refresh(self) -> None:
        """Reads the model's modules again, since a site was not called."""
        self._added(self._observer.refresh())

    def _added(self, paths: list[str]) -> None:
        if not paths:
            return
        self._parameters.add_new()
        self._warn(
            f"{', '.join(paths)} {'is a new module' if len(paths) == 1 else 'are new modules'} of the model, recorded as new sites from "
            "the next step on; to train them, make a new optimizer and a new recorder", key=f"replaced {paths}")
        self._events.append((self._number, None, "replaced", f"new in the model: {', '.join(paths)}"))

    # MARK: Warnings

    def _warn(self, text: str, key: str | None = None, kind: str = "warning") -> None:
        """Prints and records a warning once."""
        if (key or text) not in self._warned:
            self._warned.add(key or text)
            self._warn_function(text)
            self._events.append((self._number, None, kind, text))

    def _report_nonfinite(self, what: str, site: int | None) -> None:
        if "nonfinite" not in self._warned:
            self._warned.add("nonfinite")
            where = "" if site is None else f" at {self._observer.sites[site].path}"
            self._warn_function(f"{what} at step {self._number}{where}; recording continues")
            self._events.append((self._number, site, "nonfinite", what))


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside of DataParallel, DistributedDataParallel and compiled wrappers."""
    while True:
        if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            model = model.module
        elif hasattr(model, "_orig_mod"):
            model = model._orig_mod
        else:
            return model


def _name(value: float) -> str:
    return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"


def _print_warning(text: str) -> None:
    print(f"rheoscope: {text}", file=sys.stderr)
