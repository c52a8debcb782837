"""Loss functions are seen by whatever name they are called, and are the same functions afterwards."""

from __future__ import annotations

import json
import unittest

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from .support import RecordingTest, mlp


class WatchTests(RecordingTest):
    def facts(self, loss_of, outputs: int = 3, times: int = 1) -> dict[str, object]:
        """The facts of loss and targets of a step, by name."""
        model = mlp(4, outputs)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            output = model(torch.randn(8, 4))
            loss = sum(loss_of(output) for _ in range(times))
            loss.backward()
            optimizer.step()
            recorder.step(loss=loss)
        found = self.rows("SELECT subject || '.' || name, type, value FROM fact WHERE subject IN ('loss', 'target')")
        return {name: json.loads(value) if type == "json" else value for name, type, value in found}

    def test_names_of_losses(self) -> None:
        labels, numbers, halves = torch.arange(8) % 3, torch.rand(8, 3), (torch.rand(8, 3) > 0.5).float()
        cases = {
            "crossEntropy": (lambda y: cross_entropy(y, labels), lambda y: F.cross_entropy(y, labels),
                             lambda y: nn.CrossEntropyLoss()(y, labels)),
            "negativeLogLikelihood": (
                lambda y: F.nll_loss(y.log_softmax(1), labels), lambda y: nn.NLLLoss()(y.log_softmax(1), labels)),
            "meanSquaredError": (lambda y: mse_loss(y, numbers), lambda y: nn.MSELoss()(y, numbers)),
            "meanAbsoluteError": (lambda y: F.l1_loss(y, numbers),),
            "huberLoss": (lambda y: F.huber_loss(y, numbers), lambda y: F.smooth_l1_loss(y, numbers)),
            "binaryCrossEntropy": (
                lambda y: binary_cross_entropy_with_logits(y, halves), lambda y: nn.BCEWithLogitsLoss()(y, halves)),
            "binaryCrossEntropy(probabilities:)": (lambda y: F.binary_cross_entropy(y.sigmoid(), halves),),
        }
        for name, losses in cases.items():
            for index, loss in enumerate(losses):
                facts = self.facts(loss)
                self.assertEqual(facts["loss.function"], name, index)
                self.assertEqual(facts["loss.calls_per_step"], 1)
                self.assertNotIn("loss.is_weighted", facts)
                is_classes = name in ("crossEntropy", "negativeLogLikelihood")
                kind = "classes" if is_classes else "probabilities" if name == "binaryCrossEntropy" else "numbers"
                self.assertEqual(facts["target.kind"], kind)
                self.assertEqual(facts["loss.shapes"], [[8, 3], [8] if is_classes else [8, 3]])

    def test_weights_and_sums(self) -> None:
        labels, numbers = torch.arange(8) % 3, torch.rand(8, 3)
        weights = torch.tensor([1.0, 2.0, 3.0])
        self.assertEqual(self.facts(lambda y: F.cross_entropy(y, labels, weight=weights))["loss.class_weights"], [1, 2, 3])
        for loss in (
                lambda y: F.cross_entropy(y, labels, label_smoothing=0.1), lambda y: F.mse_loss(y, numbers, reduction="sum"),
                lambda y: F.binary_cross_entropy_with_logits(y, numbers, pos_weight=weights),
                lambda y: F.huber_loss(y, numbers, delta=2.0)):
            facts = self.facts(loss)
            self.assertEqual(facts["loss.is_weighted"], 1)
            self.assertNotIn("loss.class_weights", facts)
        self.assertEqual(self.facts(lambda y: F.mse_loss(y, numbers), times=3)["loss.calls_per_step"], 3)

    def test_ignored_labels_and_positions(self) -> None:
        labels = torch.tensor([0, 1, -100, 1, 2, 2, 2, -100])
        facts = self.facts(lambda y: F.cross_entropy(y, labels))
        self.assertEqual((facts["loss.shapes"], facts["target.class_counts"]), ([[6, 3], [6]], [1, 2, 3]))
        self.assertEqual((facts["target.majority_in_batch"], facts["target.classes_in_batch"]), (0.5, 3))
        # [samples, classes, positions]
        facts = self.facts(lambda y: F.cross_entropy(y.view(2, 3, 4), labels.view(2, 4).clamp(min=0)))
        self.assertEqual((facts["loss.shapes"], facts["target.class_counts"]), ([[8, 3], [8]], [3, 2, 3]))

    def test_shapes_that_broadcast(self) -> None:
        with self.assertWarnsRegex(UserWarning, "target size"):
            facts = self.facts(lambda y: F.mse_loss(y, torch.rand(8)), outputs=1)
        self.assertEqual(facts["loss.shapes"], [[8, 1], [8]])

    def test_the_functions_are_restored(self) -> None:
        holders = [(torch._C._nn, "cross_entropy_loss"), (torch._C._nn, "mse_loss"), (F, "mse_loss"), (torch.nn.utils, "clip_grad_norm_"),
                   (torch, "binary_cross_entropy_with_logits")]
        before = [getattr(*holder) for holder in holders]
        model = mlp(4, 3)
        first, second = (self.recorder(model, None) for _ in range(2))
        self.assertNotEqual([getattr(*holder) for holder in holders], before)
        first.finish()
        self.assertNotEqual([getattr(*holder) for holder in holders], before)
        second.finish()
        self.assertEqual([getattr(*holder) for holder in holders], before)
        self.warnings.clear()


if __name__ == "__main__":
    unittest.main()
