"""Facts of tensors that the diagnosis needs: inputs, predictions, targets and weights. Each function gives names with values."""

from __future__ import annotations

import json
import math

import torch
from torch import Tensor, nn

from .watch import LossCall

Facts = list[tuple[str, "float | str | list | dict"]]

NEAREST_SAMPLES, NEAREST_FEATURES, NEAREST_CLASSES, MOST_CLASSES = 256, 1024, 256, 4096


def range_of(tensor: Tensor) -> Facts:
    """Minimum, maximum, mean and standard deviation of all elements, and how many are not finite."""
    x = tensor.detach().double().flatten()
    return [
        ("minimum", float(x.min())), ("maximum", float(x.max())), ("mean", float(x.mean())), ("std", float(x.std(correction=0))),
        ("nonfinite_count", float((~torch.isfinite(x)).sum()))]


def precision_of(tensor: Tensor) -> str:
    """``float32``; whole numbers count as float32."""
    return str(tensor.dtype).removeprefix("torch.") if tensor.is_floating_point() else "float32"


def of_input(tensor: Tensor, is_tokens: bool) -> Facts:
    """Range, precision, and the spread of features where the input is [samples, features]."""
    if not tensor.numel() or tensor.is_complex():
        return []
    facts = range_of(tensor) + [("precision", precision_of(tensor))]
    if is_tokens:
        facts.append(("is_tokens", 1.0))
    elif tensor.dim() == 2 and tensor.shape[0] >= 8 and tensor.shape[1] >= 2:
        deviations = tensor.double().std(0, correction=0)
        deviations = deviations[deviations > 0].sort().values
        if len(deviations) >= 2 and math.isfinite(float(deviations[-1])):
            facts.append(("feature_spread", float(deviations[-1] / deviations.quantile(0.5))))
    return facts


def of_loss(call: LossCall) -> Facts:
    """The function that was called with which shapes, and what its predictions are."""
    prediction = call.prediction
    facts: Facts = [("function", call.function), ("shapes", [list(prediction.shape), list(call.target.shape)])]
    if call.is_weighted:
        facts.append(("is_weighted", 1.0))
    if call.class_weights is not None:
        facts.append(("class_weights", call.class_weights.tolist()))
    if not prediction.numel() or not prediction.dim():
        return facts
    x = prediction.double().reshape(len(prediction), -1)
    are_probabilities = (x >= 0).all(1) & ((x.sum(1) - 1).abs() < 1e-3)
    facts += range_of(prediction) + [
        ("probability_rows", float(are_probabilities.double().mean())),
        ("extreme_predictions", float(((x == 0) | (x == 1)).double().mean())),
        ("prediction_spread", math.sqrt(max(float(x.var(0, correction=0).mean()), 0)) if not x.isnan().any() else math.nan)]
    if call.is_classes:
        facts.append(("accuracy", float((x.argmax(1) == call.target).double().mean())))
    return facts


def of_target(call: LossCall) -> Facts:
    """The kind of targets, and the range of numbers."""
    if call.is_classes:
        return [("kind", "classes"), ("class_count", float(call.prediction.shape[-1]))]
    if not call.target.numel():
        return []
    found = dict(range_of(call.target))
    is_within = 0 <= found["minimum"] <= 1 and 0 <= found["maximum"] <= 1
    return [("kind", "probabilities" if is_within and call.function == "binaryCrossEntropy" else "numbers"), *found.items()]


def variance_of_targets(call: LossCall) -> float | None:
    """The mean over outputs of the variance over the batch, without bias; None for classes and for fewer than two samples."""
    if call.is_classes or call.target.dim() < 1 or len(call.target) < 2 or not call.target.numel():
        return None
    return float(call.target.double().reshape(len(call.target), -1).var(0).mean())


def nearest_mean(values: Tensor, labels: Tensor, classes: int, is_tokens: bool) -> tuple[int, int]:
    """How many samples the nearest mean of classes classifies correctly, each without itself in the mean of its own class, and of how
    many. At most 256 samples and about 1024 features of each are used; a token counts as the vector that is 1 at its index.
    """
    x, labels = values.detach()[:NEAREST_SAMPLES].reshape(len(values[:NEAREST_SAMPLES]), -1), labels[:NEAREST_SAMPLES].long()
    x = x[:, ::(x.shape[1] + NEAREST_FEATURES - 1) // NEAREST_FEATURES]
    if is_tokens:
        # Samples with the same token at a feature have a product of 1 there.
        product = (x[:, None] == x[None]).sum(2).double()
    else:
        x = x.double()
        product = x @ x.T
    belongs = nn.functional.one_hot(labels, classes).double()
    counts = belongs.sum(0)
    means = belongs / counts.clamp(min=1)
    norms = product.diagonal()
    distances = norms[:, None] - 2 * product @ means + ((means.T @ product) * means.T).sum(1)[None]
    # Without the sample, the mean of its n is farther away by the factor n / (n - 1).
    own = counts[labels]
    factor = torch.where(own > 1, own / (own - 1), 1) ** 2
    distances = torch.where(belongs.bool(), distances * factor[:, None], distances)
    distances[:, counts == 0] = math.inf
    is_used = own > 1
    return int((distances.argmin(1) == labels)[is_used].sum()), int(is_used.sum())


def equal_units(weight: Tensor) -> float:
    """The share of rows of [units, ...] that equal the first."""
    rows = weight.detach().reshape(len(weight), -1)
    if len(rows) < 2 or not rows.shape[1]:
        return 0.0
    return float((rows[1:] == rows[:1]).all(1).double().mean())


def fan_in(module: nn.Module, weight: Tensor) -> float:
    """The number of inputs of a unit of a weight [units, inputs, ...]: that by which PyTorch's initial values scale."""
    return 1.0 if isinstance(module, nn.Embedding) else float(math.prod(weight.shape[1:]))


def row_of(step: int | None, subject: str, item: str | None, name: str, value: float | str | list | dict) -> tuple:
    """The values of a row of the table ``fact``."""
    if isinstance(value, str):
        return step, subject, item, name, "text", value
    if isinstance(value, (list, dict)):
        return step, subject, item, name, "json", json.dumps(value, ensure_ascii=False)
    return step, subject, item, name, "number", "NaN" if math.isnan(value) else float(value)
