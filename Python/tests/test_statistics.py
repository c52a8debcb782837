"""Rows of sums compared with slow computations in float64."""

from __future__ import annotations

import math
import unittest

import torch
from torch import Tensor

from rheoscope import statistics
from rheoscope.statistics import Reducer, norms


class FakeSite:
    def __init__(self, limits=None) -> None:
        self.limits = limits


def joined(tables):
    """The sites and the rows of all tables."""
    return [site for sites, _ in tables for site in sites], torch.cat([table for _, table in tables])


def slow_output(tensor: Tensor, limits) -> list[float]:
    x = tensor.double().flatten()
    # Without limits the number is that of zeros, and is not used.
    outside = ((tensor < limits[0]) | (tensor > limits[1])).sum() if limits else (x == 0).sum()
    return [x.numel(), x.sum(), x.norm(), (x - x.mean()).square().sum(), x.min(), x.max(), (x == 0).sum(), outside,
            (~torch.isfinite(x)).sum()]


class StatisticsTests(unittest.TestCase):
    def check(self, found, expected, size: float) -> None:
        for a, b in zip(found, map(float, expected)):
            if math.isfinite(b):
                self.assertLessEqual(abs(a - b), 2e-6 * max(abs(b), size), (found, expected))
            else:
                self.assertTrue(a == b or math.isnan(a) and math.isnan(b), (found, expected))

    def test_outputs_of_many_kinds(self) -> None:
        torch.manual_seed(0)
        wide = torch.randn(300, 200)
        tensors = [
            torch.randn(5, 7), torch.randn(5, 7).relu(), torch.randn(5, 7) * 1e-20, torch.randn(5, 7) * 1e-42, torch.randn(5, 7) * 1e20,
            torch.zeros(5, 7), torch.randn(5, 7) + 1000, torch.full((5, 7), 3.0), torch.randn(5, 7).double(), torch.randn(5, 7).bfloat16(),
            torch.randn(5, 7).half(), wide, wide + 300, torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last), torch.tensor(2.5),
            torch.randn(7, 5).T]
        for limits in (None, (-0.5, 0.5)):
            sites = [FakeSite(limits) for _ in tensors]
            entries = list(zip(sites, tensors))
            small = [entry for entry in entries if entry[1].numel() <= statistics.SMALL]
            reducer = Reducer()
            large = [(site, tensor, reducer.large_output(tensor, limits)) for site, tensor in entries if (site, tensor) not in small]
            order, table = joined(reducer.outputs(small, large))
            self.assertEqual({id(site) for site in order}, {id(site) for site in sites})
            for site, row in zip(order, table.tolist()):
                tensor = tensors[[id(one) for one in sites].index(id(site))]
                self.check(row[:1] + row[2:], [value for i, value in enumerate(slow_output(tensor, limits)) if i != 1], 0)
                self.check(row[1:2], slow_output(tensor, limits)[1:2], float(tensor.double().abs().sum()))

    def test_outputs_that_are_not_finite(self) -> None:
        for values, low, high in (([1.0, math.nan, 2.0], math.nan, math.nan), ([1.0, math.inf, 2.0], 1.0, math.inf)):
            _, table = joined(Reducer().outputs([(FakeSite(), torch.tensor(values)), (FakeSite(), torch.ones(3))], []))
            row = table[0].tolist()
            self.assertEqual(row[8], 1)
            self.assertTrue(row[4] == low or math.isnan(row[4]) and math.isnan(low))
            self.assertTrue(row[5] == high or math.isnan(row[5]) and math.isnan(high))
            self.assertFalse(math.isfinite(row[2]))
            self.assertEqual(table[1].tolist()[8], 0)

    def test_gradients(self) -> None:
        torch.manual_seed(0)
        for size in (1.0, 1e-8, 1e-20, 1e-30, 1e-41, 1e18, 0.0):
            # One row, several of one shape, and a large one.
            for shape, count in (((4, 3), 1), ((4, 3), 5), ((300, 200), 1)):
                tensors = [torch.randn(shape) * size for _ in range(count)]
                reducer = Reducer()
                large = [(None, tensors[0], reducer.large_gradient(tensors[0]))] if tensors[0].numel() > statistics.SMALL else []
                _, table = joined(reducer.gradients([] if large else [(None, tensor) for tensor in tensors], large, 4.0))
                for tensor, row in zip(tensors, table.tolist()):
                    x = tensor.double()
                    self.check(row, [x.numel(), x.norm() / 4, x.abs().max() / 4, 0], 0)

    def test_a_gradient_with_an_infinity(self) -> None:
        entries = [(None, torch.tensor([1.0, -math.inf])), (None, torch.tensor([1.0, 2.0]))]
        _, table = joined(Reducer().gradients(entries, [], 1))
        self.assertEqual(table[0].tolist(), [2, math.inf, math.inf, 1])
        self.check(table[1].tolist(), [2, math.sqrt(5), 2, 0], 0)

    def test_norms_of_tiny_and_huge_rows(self) -> None:
        x = torch.stack([torch.full((9,), size) for size in (1e-30, 1.0, 1e30, 0.0)])
        for largest in (None, x.abs().amax(1)):
            self.check(norms(x, largest).tolist(), [3e-30, 3, 3e30, 0], 0)


if __name__ == "__main__":
    unittest.main()
