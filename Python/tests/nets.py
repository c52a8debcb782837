"""Nets of primitive modules, which ``Tests/RecordingTests/Recorder/PyTorchRunTests.swift`` builds from the modules of the Swift library,
with the same paths.
"""

from __future__ import annotations

import math
from typing import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class GlobalAveragePool2d(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean((2, 3))


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.inner, self.relu, self.outer = nn.LayerNorm(width), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.5 * self.outer(self.relu(self.inner(self.norm(x))))


class ResidualNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.blocks, self.head = nn.Linear(8, 12), nn.Sequential(*(Block(12) for _ in range(3))), nn.Linear(12, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)))


class Attention(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.query(x), self.key(x), self.value(x)
        return self.output((q @ k.transpose(1, 2) / math.sqrt(x.shape[2])).softmax(2) @ v)


class AttentionNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.attention, self.norm, self.head = nn.Linear(4, 8), Attention(8), nn.LayerNorm(8), nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        return self.head(self.norm(x + self.attention(x)).mean(1))


class Gate(nn.Module):
    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.input, self.state = nn.Linear(inputs, units), nn.Linear(units, units)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        return self.input(x) + self.state(h)


class Cell(nn.Module):
    """A GRU cell."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.reset, self.update, self.new = (Gate(inputs, units) for _ in range(3))

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        reset, update = torch.sigmoid(self.reset(x, h)), torch.sigmoid(self.update(x, h))
        return (1 - update) * torch.tanh(self.new(x, reset * h)) + update * h


class RecurrentNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell, self.head = Cell(4, 6), nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        h = torch.zeros(len(x), 6)
        for time in range(x.shape[1]):
            h = self.cell(x[:, time], h)
        return self.head(h)


class Case:
    """A net, its inputs, targets and loss, and its optimizer."""

    def __init__(
            self, net: Callable[[], nn.Module], shape: list[int], loss: str, optimizer: Callable[..., torch.optim.Optimizer]) -> None:
        self.net, self.shape, self.loss, self.optimizer = net, shape, loss, optimizer

    def targets(self, count: int) -> Tensor:
        if self.loss == "crossEntropy":
            return torch.randint(0, 3, (count,))
        columns = 2 if self.loss == "meanSquaredError" else 1
        values = short(torch.randn(count, columns))
        return values if self.loss == "meanSquaredError" else (values > 0).float()

    def loss_of(self, output: Tensor, target: Tensor) -> Tensor:
        function = {
            "crossEntropy": F.cross_entropy, "meanSquaredError": F.mse_loss, "binaryCrossEntropy": F.binary_cross_entropy_with_logits}
        return function[self.loss](output, target)


def short(tensor: Tensor) -> Tensor:
    """Two decimals, which both languages read as the same number."""
    return (tensor * 100).round() / 100


def _sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=0.01)


def _slow_sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.01)


def _adam(parameters):
    return torch.optim.Adam(parameters, lr=0.01)


CASES = {
    "connected": Case(
        lambda: nn.Sequential(
            nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 16), nn.Sigmoid(), nn.Linear(16, 3)),
        [8], "crossEntropy", _sgd),
    "convolutional": Case(
        lambda: nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 3), GlobalAveragePool2d(),
            nn.Linear(6, 3)),
        [2, 6, 6], "crossEntropy", _adam),
    "residual": Case(ResidualNet, [8], "meanSquaredError", _slow_sgd),
    "attention": Case(AttentionNet, [5, 4], "binaryCrossEntropy", _adam),
    "recurrent": Case(RecurrentNet, [5, 4], "crossEntropy", _sgd),
}
