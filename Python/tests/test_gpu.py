"""What a recording does where tensors are on a GPU, with tensors in the memory of the CPU that stand in for those of a GPU."""

from __future__ import annotations

import unittest
from unittest import mock

import torch
from torch.nn import functional as F

from rheoscope import statistics
from .support import RecordingTest, mlp


class GPUTests(RecordingTest):
    def record(self, width: int = 6) -> tuple[list[tuple], list[int]]:
        """Records six steps. Returns rows, and how often numbers were read or copied in each step."""
        torch.manual_seed(0)
        model = mlp(4, width, 3, activation=torch.nn.Sigmoid)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        counts = []

        def counting(function):
            def call(*arguments, **keywords):
                counts[-1] += 1
                return function(*arguments, **keywords)
            return call

        names = ("cpu", "tolist", "item", "__float__", "__bool__", "__int__", "nonzero", "numpy")
        with self.recorder(model, optimizer) as recorder:
            for _ in range(6):
                x, y = torch.randn(200, 4), torch.randint(0, 3, (200,))
                optimizer.zero_grad()
                counts.append(0)
                patches = [mock.patch.object(torch.Tensor, name, counting(getattr(torch.Tensor, name))) for name in names]
                for patch in patches:
                    patch.start()
                loss = F.cross_entropy(model(x), y)
                loss.backward()
                optimizer.step()
                for patch in patches:
                    patch.stop()
                recorder.step(loss=loss)
        return self.rows("SELECT * FROM layer ORDER BY rowid") + self.rows("SELECT * FROM weight ORDER BY rowid"), counts

    def test_rows_are_the_same_and_nothing_waits_before_the_step_ends(self) -> None:
        for width in (6, 300):
            plain, counts = self.record(width)
            self.assertGreater(min(counts), 0)
            with mock.patch.object(statistics, "is_remote", lambda tensor: True):
                remote, counts = self.record(width)
                self.assertEqual(counts, [0] * 6)
            self.assertEqual(len(plain), len(remote))
            for a, b in zip(plain, remote):
                for x, y in zip(a, b):
                    self.assertTrue(x == y or abs(x - y) < 1e-5 * max(abs(x), 1e-2), (a, b))

    def test_one_copy_per_step(self) -> None:
        copies = []
        copy = torch.Tensor.cpu

        def counting(tensor):
            copies.append(tensor.numel())
            return copy(tensor)

        with mock.patch.object(statistics, "is_remote", lambda tensor: True), mock.patch.object(torch.Tensor, "cpu", counting):
            self.record()
        self.assertEqual(len(copies), 6)


if __name__ == "__main__":
    unittest.main()
