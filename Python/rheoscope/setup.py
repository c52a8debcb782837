"""Warnings of a training loop that is not as a recording needs it, or that trains other than is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from torch import nn

from .observer import Observer
from .parameters import Parameters

if TYPE_CHECKING:
    from .facts import TrainingFacts


def uncalled_modules(observer: Observer) -> tuple[list[str], list[str]]:
    """The paths of modules with parameters that were not called with gradients in the first recorded step, and of those among them that
    were called without. Parts of PyTorch's own layers, whose weights the layer itself uses, are left out.
    """
    owners = {path: module for path, module in observer.model.named_modules()}

    def is_used_by_parent(path: str) -> bool:
        while "." in path:
            path = path.rpartition(".")[0]
            owner = owners.get(path)
            is_container = isinstance(owner, (nn.Sequential, nn.ModuleList, nn.ModuleDict))
            if owner is not None and type(owner).__module__.startswith("torch.nn.") and not is_container:
                return True
        return False

    absent = [
        observed for observed in observer.modules.values()
        if observed.own and observed not in observer.called and not is_used_by_parent(observed.path)]
    return [observed.path for observed in absent], [observed.path for observed in absent if observed in observer.called_off]


class MissingParts:
    """Warns of parts of a training step that are missing before ``Recorder.step``, and of modules and parameters that are not used as they
    should be.
    """

    def __init__(self, observer: Observer, parameters: Parameters, warn: Callable[..., None]) -> None:
        self._observer, self._parameters, self._warn = observer, parameters, warn
        # How often a site was not called in a recorded step.
        self.absences = 0
        self._has_seen_first = False

    def warn(self, step: int, has_update: bool) -> None:
        """Warns of the first part that was missing."""
        observer, parameters = self._observer, self._parameters
        if not observer.has_forward:
            self._warn(
                f"the model was not called with gradients before recorder.step() in step {step}, so its layers are not recorded; call the "
                "model that was given to the recorder, outside of torch.no_grad(), and make the recorder before the first call of a "
                "compiled model", key="no forward")
        elif not observer.has_backward:
            self._warn(
                f"no gradient reached the model before recorder.step() in step {step}, so gradients are not recorded; call "
                "loss.backward() before recorder.step()", key="no backward")
        elif not has_update:
            if not parameters.optimizers:
                text = (
                    "no optimizer was given to the recorder, so updates of weights are not recorded; write "
                    "Recorder(model, optimizer, path)")
            else:
                text = (
                    "no optimizer that the recorder was given took a step between backward() and recorder.step() in step "
                    f"{step}, so updates are not recorded; call optimizer.step() before recorder.step(), and "
                    "give the recorder the scaler where there is one")
            self._warn(text, key="no update")

    def see_first_step(self, facts: TrainingFacts) -> None:
        """Sees what was called in the first recorded step."""
        if self._has_seen_first:
            return
        self._has_seen_first = True
        uncalled, off = uncalled_modules(self._observer)
        facts.see_uncalled(uncalled, off)
        others = [path for path in uncalled if path not in off]
        step = self._observer.step
        if off:
            self._warn(
                f"{', '.join(off)} {'has' if len(off) == 1 else 'have'} parameters but {'was' if len(off) == 1 else 'were'} called inside "
                f"torch.no_grad() in step {step}, so not recorded, and no gradient reaches the parameters; call the module outside of it",
                key="called without gradients")
        if others:
            self._warn(
                f"{', '.join(path or 'the model' for path in others)} {'has' if len(others) == 1 else 'have'} parameters but "
                f"{'was' if len(others) == 1 else 'were'} not called in step {step}, so not recorded; call the module in forward as "
                "module(x), or remove it", key="not called")

    def warn_of_shared(self) -> None:
        """Warns of parameters that several optimizers hold."""
        parameters = self._parameters
        shared = [path for path, holders in zip(parameters.paths, parameters.holders) if len(holders) > 1]
        if shared:
            self._warn(
                f"{', '.join(shared)} {'is' if len(shared) == 1 else 'are'} in several optimizers, so each of their steps changes "
                f"{'it' if len(shared) == 1 else 'them'}; make the optimizers from parts of the model that do not overlap",
                key="in several optimizers", kind="setup_warning")
