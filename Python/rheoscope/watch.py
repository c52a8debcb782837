"""Sees calls of PyTorch's loss functions and of gradient clipping while recorders are open.

The operations that ``torch.nn.functional`` calls are replaced by wrappers that call them and report the call, so a loss is seen by whatever
name it was imported. Losses that broadcast before that are replaced there too, since only they know the shapes that they were given,
and so is ``torch.nn.utils.clip_grad_norm_``; those two are not seen under names that were imported before. The last recorder that ends
restores all of them, unless another program has replaced them since.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Any, Callable

import torch
from torch import Tensor
from torch.nn import functional

# The operation of each loss function: where it is, its name, its name in the run file and its arguments.
_PAIR = ("input", "target")
_OPERATIONS = (
    (torch._C._nn, "cross_entropy_loss", "crossEntropy", (*_PAIR, "weight", "reduction", "ignored", "smoothing")),
    (torch._C._nn, "nll_loss_nd", "negativeLogLikelihood", (*_PAIR, "weight", "reduction", "ignored")),
    (torch._C._nn, "mse_loss", "meanSquaredError", (*_PAIR, "reduction")),
    (torch._C._nn, "l1_loss", "meanAbsoluteError", (*_PAIR, "reduction")),
    (torch._C._nn, "huber_loss", "huberLoss", (*_PAIR, "reduction", "threshold")),
    (torch._C._nn, "smooth_l1_loss", "huberLoss", (*_PAIR, "reduction", "threshold")),
    (torch._C._nn, "binary_cross_entropy", "binaryCrossEntropy(probabilities:)", (*_PAIR, "weight", "reduction")),
    (torch, "binary_cross_entropy_with_logits", "binaryCrossEntropy", (*_PAIR, "weight", "positive", "reduction")),
)
_BROADCASTING = ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss")
_MEAN, _SUM = 1, 2


@dataclass
class LossCall:
    """A call of a loss function: predictions [rows, ...], and targets, which are classes [rows] or numbers of the predictions' shape."""

    function: str
    prediction: Tensor
    target: Tensor
    is_classes: bool
    is_weighted: bool
    class_weights: Tensor | None
    ignored: int | None

    def without_ignored(self) -> LossCall:
        """The same call without the rows that it ignores."""
        if self.ignored is None:
            return self
        kept = self.target != self.ignored
        return replace(self, prediction=self.prediction[kept], target=self.target[kept], ignored=None)


class Watch:
    """What a recorder sees: ``loss`` is called with each call that gradients flow through, ``clip`` with the parameters, the norm of their
    gradients and its limit.
    """

    _watches: list[Watch] = []
    _originals: list[tuple[Any, str, Callable, Callable]] = []

    def __init__(self, loss: Callable[[LossCall], None], clip: Callable[[list[Tensor], float, float], None]) -> None:
        self.loss, self.clip = loss, clip

    def begin(self) -> None:
        """Begins to see calls."""
        if not Watch._watches:
            for holder, name, own, arguments in _OPERATIONS:
                _replace(holder, name, _watched_operation(getattr(holder, name), own, arguments))
            for name in _BROADCASTING:
                _replace(functional, name, _keeping_shapes(getattr(functional, name)))
            _replace(torch.nn.utils, "clip_grad_norm_", _watched_clipping(torch.nn.utils.clip_grad_norm_))
        Watch._watches.append(self)

    def end(self) -> None:
        """Ends what ``begin`` began."""
        if self in Watch._watches:
            Watch._watches.remove(self)
        if not Watch._watches:
            for holder, name, wrapper, original in Watch._originals:
                if getattr(holder, name) is wrapper:
                    setattr(holder, name, original)
            Watch._originals.clear()


def _replace(holder: Any, name: str, wrapper: Callable) -> None:
    Watch._originals.append((holder, name, wrapper, getattr(holder, name)))
    setattr(holder, name, wrapper)


# What a loss that broadcasts was given: predictions, targets and whether it is weighted.
_given: list[tuple[Tensor, Tensor, bool]] = []


def _keeping_shapes(function: Callable) -> Callable:
    @functools.wraps(function)
    def wrapper(input: Tensor, target: Tensor, *arguments: Any, **keywords: Any) -> Tensor:
        if torch.compiler.is_compiling():
            return function(input, target, *arguments, **keywords)
        _given.append((input, target, keywords.get("weight") is not None))
        try:
            return function(input, target, *arguments, **keywords)
        finally:
            _given.pop()

    return wrapper


def _watched_operation(function: Callable, name: str, names: tuple[str, ...]) -> Callable:
    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Tensor:
        loss = function(*arguments, **keywords)
        if Watch._watches and not torch.compiler.is_compiling() and isinstance(loss, Tensor) and loss.requires_grad:
            try:
                call = _call(name, dict(zip(names, arguments), **keywords))
                for watch in list(Watch._watches):
                    watch.loss(call)
            except Exception:  # A call of an unusual form is not recorded.
                pass
        return loss

    return wrapper


def _call(name: str, given: dict[str, Any]) -> LossCall:
    prediction, target, is_weighted = _given[-1] if _given else (given["input"], given["target"], False)
    prediction, target, weight = prediction.detach(), target.detach(), given.get("weight")
    is_classes = name in ("crossEntropy", "negativeLogLikelihood") and not target.is_floating_point()
    if is_classes:
        if prediction.dim() == 1:
            prediction, target = prediction[None], target.reshape(1)
        elif prediction.dim() > 2:  # [samples, classes, ...] as rows of classes.
            prediction, target = prediction.movedim(1, -1).flatten(0, -2), target.flatten()
    smoothing = given.get("smoothing") or 0
    is_weighted = (
        is_weighted or weight is not None or given.get("positive") is not None or smoothing != 0 or given["reduction"] == _SUM
        or given.get("threshold", 1) != 1)
    has_class_weights = weight is not None and is_classes and given["reduction"] == _MEAN and smoothing == 0
    return LossCall(
        name, prediction, target, is_classes, is_weighted, weight.detach() if has_class_weights else None,
        given.get("ignored") if is_classes else None)


def _watched_clipping(function: Callable) -> Callable:
    @functools.wraps(function)
    def wrapper(parameters: Any, max_norm: float, *arguments: Any, **keywords: Any) -> Tensor:
        given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
        norm = function(given, max_norm, *arguments, **keywords)
        for watch in list(Watch._watches):
            watch.clip(given, norm, float(max_norm))
        return norm

    return wrapper
