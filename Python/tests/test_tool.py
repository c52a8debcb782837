"""What the program ``rheoscope`` finds in runs of PyTorch: a fault, and no such fault in its twin without it."""

from __future__ import annotations

import json
import os
import subprocess
import unittest
from typing import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .support import RecordingTest, mlp

TOOL = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), ".build/release/rheoscope")

Optimizer = torch.optim.Optimizer


def sgd(model: nn.Module) -> Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)


def batches(steps: int, offset: float = 0.0, factor: float = 1.0):
    """Batches of five classes of points around centres."""
    generator = torch.Generator().manual_seed(1)
    centres = 2 * torch.randn(5, 20, generator=generator)
    for _ in range(steps):
        labels = torch.randint(0, 5, (64,), generator=generator)
        yield factor * (centres[labels] + torch.randn(64, 20, generator=generator)) + offset, labels


@unittest.skipUnless(os.access(TOOL, os.X_OK), "the program rheoscope is not built")
class ToolTests(RecordingTest):
    def run_tool(self, *arguments: str) -> str:
        done = subprocess.run([TOOL, *arguments], capture_output=True, text=True, cwd=self.folder)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done.stdout

    def names(self, model: nn.Module, optimizer: Callable[[nn.Module], Optimizer] = sgd, data=None, steps: int = 100,
              loss_of: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy, update: Callable[[Optimizer], None] | None = None,
              clear: bool = True, notes: bool = False) -> set[str]:
        """Trains, checks the file and returns the names of findings, those that are notes only if ``notes``."""
        torch.manual_seed(0)
        for module in model.modules():
            if isinstance(module, nn.Linear) and module.weight.requires_grad:
                nn.init.kaiming_normal_(module.weight)
        own = optimizer(model)
        with self.recorder(model, own) as recorder:
            for x, labels in data or batches(steps):
                if clear:
                    own.zero_grad()
                output = model(x)
                loss = loss_of(output, labels)
                loss.backward()
                (update or Optimizer.step)(own) if update else own.step()
                recorder.step(loss=loss, accuracy=float((output.argmax(1) == labels).float().mean()))
        self.warnings = [text for text in self.warnings if "is not finite" not in text and "depths of sites" not in text]
        self.assertIn("a sound run file of format 2, finished", self.run_tool("check", self.path))
        findings = json.loads(self.run_tool("diagnose", self.path, "--json"))["data"]
        return {item["rule"] for item in findings["findings"] if notes or item["severity"] != "note"}

    def test_a_healthy_training(self) -> None:
        self.assertEqual(self.names(mlp(20, 64, 64, 64, 5)), set())

    def test_vanishing_gradients(self) -> None:
        self.assertIn("vanishing gradient", self.names(mlp(20, *[64] * 29, 5, activation=nn.Sigmoid)))

    def test_setup_faults(self) -> None:
        net = [20, 64, 64, 5]
        self.assertIn("learning rate zero", self.names(mlp(*net), lambda m: torch.optim.SGD(m.parameters(), lr=0.0)))
        self.assertIn("softmax applied twice", self.names(nn.Sequential(*mlp(*net), nn.Softmax(1))))
        self.assertIn("parameters in no optimizer", self.names(mlp(*net), lambda m: sgd(m[:4])))
        self.assertIn("gradients not cleared", self.names(mlp(*net), clear=False))
        self.assertIn("inputs not normalized", self.names(mlp(*net), data=batches(100, offset=300, factor=40)))

    def test_a_frozen_trunk_is_no_fault(self) -> None:
        model = mlp(20, 64, 64, 5)
        for parameter in model[:2].parameters():
            parameter.requires_grad_(False)
        self.assertEqual(self.names(model, lambda m: sgd(m[2:])), set())

    def test_values_that_are_not_finite(self) -> None:
        self.assertTrue(self.names(mlp(20, 64, 64, 5), lambda m: torch.optim.SGD(m.parameters(), lr=1e4), steps=30) & {
            "non-finite values", "loss diverges", "learning rate too high"})

    def test_batch_norm_in_evaluation_mode(self) -> None:
        model = nn.Sequential(nn.Linear(20, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 5))
        model[1].eval()
        self.assertIn("batch norm in evaluation", self.names(model, notes=True))

    def test_charts_and_equal_runs(self) -> None:
        first = os.path.join(self.folder, "first.rheo")
        for _ in range(2):
            torch.manual_seed(0)
            if os.path.exists(self.path):
                os.rename(self.path, first)
            self.names(mlp(20, 64, 5), steps=20)
        done = subprocess.run([TOOL, "check", first, self.path], capture_output=True, text=True)
        self.assertIn("are equal", done.stdout + done.stderr)
        self.run_tool("render", self.path, "--chart", "all", "--out", os.path.join(self.folder, "charts"))
        self.assertGreater(len(os.listdir(os.path.join(self.folder, "charts"))), 5)


if __name__ == "__main__":
    unittest.main()
