"""Sees calls of PyTorch's loss functions and of gradient clipping while recorders are open.

The functions of ``torch.nn.functional`` and ``torch.nn.utils`` are replaced by wrappers that call them and report the call. A name that
was imported from there before (``from torch.nn.functional import cross_entropy``) is not seen. The last recorder that ends restores
the functions, unless another program has replaced them since.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Callable

import torch
from torch import Tensor
from torch.nn import functional

# The name in the run file of each loss function.
LOSSES = {
    "cross_entropy": "crossEntropy", "nll_loss": "negativeLogLikelihood", "mse_loss": "meanSquaredError", "l1_loss": "meanAbsoluteError",
    "huber_loss": "huberLoss", "smooth_l1_loss": "huberLoss", "binary_cross_entropy_with_logits": "binaryCrossEntropy",
    "binary_cross_entropy": "binaryCrossEntropy(probabilities:)",
}


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
            for name, own in LOSSES.items():
                _replace(functional, name, _watched_loss(getattr(functional, name), own))
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


def _watched_loss(function: Callable, name: str) -> Callable:
    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Tensor:
        loss = function(*arguments, **keywords)
        if Watch._watches and not torch.compiler.is_compiling() and isinstance(loss, Tensor) and loss.requires_grad:
            try:
                call = _call(name, function.__name__, arguments, keywords)
                for watch in list(Watch._watches):
                    watch.loss(call)
            except Exception:  # A call of an unusual form is not recorded.
                pass
        return loss

    return wrapper


def _call(name: str, function: str, arguments: tuple, keywords: dict) -> LossCall:
    given = dict(zip(("input", "target"), arguments), **keywords)
    prediction, target = given["input"].detach(), given["target"].detach()
    weight = arguments[2] if len(arguments) > 2 and isinstance(arguments[2], Tensor) else keywords.get("weight")
    smoothing, reduction = keywords.get("label_smoothing", 0.0), keywords.get("reduction", "mean")
    is_classes = function in ("cross_entropy", "nll_loss") and not target.is_floating_point()
    factor = keywords.get("pos_weight") is not None or keywords.get("delta", keywords.get("beta", 1.0)) != 1.0
    ignored = keywords.get("ignore_index", -100) if is_classes else None
    if is_classes:
        if prediction.dim() == 1:
            prediction, target = prediction[None], target.reshape(1)
        elif prediction.dim() > 2:  # [samples, classes, ...] as rows of classes.
            prediction, target = prediction.movedim(1, -1).flatten(0, -2), target.flatten()
    is_mean_of_weights = weight is not None and is_classes and reduction == "mean" and not smoothing
    return LossCall(
        name, prediction, target, is_classes, reduction == "sum" or weight is not None or bool(smoothing) or factor,
        weight.detach() if is_mean_of_weights else None, ignored)


def _watched_clipping(function: Callable) -> Callable:
    @functools.wraps(function)
    def wrapper(parameters: Any, max_norm: float, *arguments: Any, **keywords: Any) -> Tensor:
        given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
        norm = function(given, max_norm, *arguments, **keywords)
        for watch in list(Watch._watches):
            watch.clip(given, norm, float(max_norm))
        return norm

    return wrapper
