"""Tensors inside of what modules take and return."""

from __future__ import annotations

import dataclasses
from typing import Any, Iterator

import torch
from torch import Tensor

COLUMN_FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """The tensors of floating-point numbers in a tensor, or in tuples, lists, dictionaries and data classes of them, in their order."""
    if isinstance(value, Tensor):
        if value.dtype in COLUMN_FLOATS:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from tensors_in(item)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from tensors_in(getattr(value, field.name, None))


def dense(tensor: Tensor) -> Tensor:
    """A tensor without its graph, in float32 or float64; of a sparse one the values that are stored, since the rest are zeros."""
    tensor = tensor.detach()
    if tensor.is_sparse:
        tensor = tensor.coalesce().values()
    elif tensor.layout != torch.strided:
        tensor = tensor.to_dense()
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()
