"""What several tests need."""

from __future__ import annotations

import os
import tempfile
import unittest
from typing import Any, Callable

import torch
from torch import Tensor, nn

import rheoscope
from .tables import rows

torch.set_num_threads(1)


class RecordingTest(unittest.TestCase):
    """A test with a folder for run files, in which every warning that is not expected is a failure."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.path = os.path.join(self.folder, "run.rheo")
        self.warnings: list[str] = []
        torch.manual_seed(0)

    def recorder(self, model: nn.Module, optimizer: Any, **options: Any) -> rheoscope.Recorder:
        return rheoscope.Recorder(model, optimizer, self.path, warn=self.warnings.append, **options)

    def tearDown(self) -> None:
        self.assertEqual(self.warnings, [])

    def expect_warning(self, *parts: str) -> None:
        """Takes the only warning, which has these parts."""
        self.assertEqual(len(self.warnings), 1, self.warnings)
        for part in parts:
            self.assertIn(part, self.warnings[0])
        self.warnings.clear()

    def rows(self, query: str, *values: Any) -> list[tuple]:
        return rows(self.path, query, *values)

    def values(self, query: str, *values: Any) -> list[Any]:
        """The first column of a query."""
        return [row[0] for row in self.rows(query, *values)]

    def layer(self, site: str, columns: str = "activation_mean, activation_rms, gradient_rms", step: int = 0) -> tuple:
        """Columns of a site at a step."""
        found = self.rows(f"SELECT {columns} FROM layer JOIN site ON site = id WHERE path = ? AND step = ?", site, step)
        self.assertEqual(len(found), 1, f"rows of {site} at step {step}: {self.rows('SELECT path FROM site')}")
        return found[0]

    def sites(self) -> list[str]:
        return self.values("SELECT path FROM site ORDER BY id")

    def depths(self) -> dict[str, int]:
        return dict(self.rows("SELECT path, depth FROM site"))

    def assert_near(self, found: float, expected: float, tolerance: float = 1e-5) -> None:
        self.assertIsInstance(found, float)
        self.assertLessEqual(abs(found - expected), tolerance * max(abs(expected), 1e-30), f"{found} is not near {expected}")


def mlp(*widths: int, activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear layers with activations in between."""
    layers: list[nn.Module] = []
    for inputs, outputs in zip(widths, widths[1:]):
        layers += [nn.Linear(inputs, outputs), activation()]
    return nn.Sequential(*layers[:-1])


def rms(tensor: Tensor) -> float:
    return float(tensor.detach().double().square().mean().sqrt())


def train(model: nn.Module, optimizer: torch.optim.Optimizer, recorder: rheoscope.Recorder | None, steps: int = 1, inputs: int = 4,
          batch: int = 5, loss_of: Callable[[Any], Tensor] | None = None) -> list[float]:
    """Trains on random batches, of which every call gives the same. Returns the losses."""
    generator = torch.Generator().manual_seed(1)
    losses = []
    for _ in range(steps):
        x = torch.randn(batch, inputs, generator=generator)
        optimizer.zero_grad()
        output = model(x)
        loss = output.square().mean() if loss_of is None else loss_of(output)
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
        if recorder is not None:
            recorder.step(loss=loss)
    return losses
