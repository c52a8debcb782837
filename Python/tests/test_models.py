"""Models that are hard to record."""

from __future__ import annotations

import dataclasses
import unittest
from collections import namedtuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .support import RecordingTest, mlp, rms, train

Pair = namedtuple("Pair", "first second")


@dataclasses.dataclass
class Output:
    hidden: Tensor
    count: int


class Wrapped(nn.Module):
    """Returns the outputs of a linear layer in a structure."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.inner, self.kind = nn.Linear(4, 3), kind

    def forward(self, x: Tensor):
        y = self.inner(x)
        own = y * 2
        return {
            "tuple": (y, own), "list": [own, None], "dictionary": {"y": own, "n": 3}, "named": Pair(own, y), "data class": Output(own, 3),
            "nested": {"all": [(own,), "text"]}}[self.kind]


class ModelTests(RecordingTest):
    def test_activations_in_place(self) -> None:
        found = []
        for in_place in (False, True):
            torch.manual_seed(0)
            model = mlp(4, 6, 6, 3, activation=lambda: nn.ReLU(inplace=in_place))
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            with self.recorder(model, optimizer) as recorder:
                train(model, optimizer, recorder, steps=4)
            found.append(self.rows("SELECT * FROM layer"))
            self.assertEqual(self.sites(), ["0", "1", "2", "3", "4"])
            self.assertEqual(list(self.depths().values()), [1, 1, 2, 2, 3])
        self.assertEqual(*found)

    def test_a_change_in_place_that_begins_later(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

        def double(module, inputs, output):
            return None if step < 2 else output.mul_(2)

        outer = nn.Sequential(model)
        outer.register_forward_hook(double)
        with self.recorder(outer, optimizer) as recorder:
            for step in range(4):
                train(outer, optimizer, recorder)
        self.expect_warning("changed in place", "step 2")
        means = self.values("SELECT activation_mean FROM layer WHERE site = 2 ORDER BY step")
        self.assertEqual([value is None for value in means], [False, False, True, False])
        self.assertTrue(all(value is not None for value in self.values("SELECT gradient_rms FROM layer WHERE site = 2")))

    def test_structures_of_outputs(self) -> None:
        for kind in ("tuple", "list", "dictionary", "named", "data class", "nested"):
            model = Wrapped(kind)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            with self.recorder(model, optimizer) as recorder:
                for _ in range(3):
                    optimizer.zero_grad()
                    output = model(torch.randn(5, 4))
                    own = {
                        "tuple": lambda: output[1], "list": lambda: output[0], "dictionary": lambda: output["y"],
                        "named": lambda: output.first, "data class": lambda: output.hidden,
                        "nested": lambda: output["all"][0][0]}[kind]()
                    loss = own.square().mean()
                    loss.backward()
                    optimizer.step()
                    recorder.step(loss=loss)
            # The output of the linear layer is that layer's site; only the doubled one is the outer module's.
            self.assertEqual(self.sites(), ["inner", "Wrapped"], kind)
            self.assertEqual(self.rows("SELECT depth, is_layer FROM site"), [(1, 1), (1, 0)])
            self.assert_near(self.layer("Wrapped", step=2)[1], rms(own))
            self.assert_near(self.layer("Wrapped", step=2)[2], rms(2 * own / 15))
            self.assert_near(self.layer("inner", step=2)[1], rms(own) / 2)

    def test_a_node_with_several_outputs(self) -> None:
        class Halves(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.inner = nn.Linear(4, 6)

            def forward(self, x: Tensor) -> tuple[Tensor, ...]:
                return self.inner(x).chunk(2, 1)

        model = Halves()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            first, second = model(torch.randn(5, 4))
            loss = (first + 2 * second).sum()
            loss.backward()
            optimizer.step()
            recorder.step(loss=loss)
        self.assert_near(self.layer("Halves")[2], (2.5) ** 0.5)

    def test_a_module_called_several_times(self) -> None:
        class Shared(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.cell, self.head = nn.Linear(4, 4), nn.Linear(4, 2)

            def forward(self, x: Tensor) -> Tensor:
                for _ in range(3):
                    x = torch.tanh(self.cell(x))
                return self.head(x)

        model = Shared()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=2)
        self.assertEqual(self.depths(), {"cell": 1, "cell[1]": 2, "cell[2]": 3, "head": 4})
        x = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
        torch.manual_seed(0)
        model = Shared()
        kept = []
        for _ in range(3):
            kept.append(model.cell(x))
            kept[-1].retain_grad()
            x = torch.tanh(kept[-1])
        model.head(x).square().mean().backward()
        for path, output in zip(("cell", "cell[1]", "cell[2]"), kept):
            self.assert_near(self.layer(path)[1], rms(output))
            self.assert_near(self.layer(path)[2], rms(output.grad))
        self.assertEqual(self.values("SELECT gradient_axis FROM summary"), ["calls of cell"])

    def test_tied_weights(self) -> None:
        class Tied(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.embed, self.head = nn.Embedding(10, 4), nn.Linear(4, 10, bias=False)
                self.head.weight = self.embed.weight

            def forward(self, x: Tensor) -> Tensor:
                return self.head(self.embed(x))

        model = Tied()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            tokens = torch.randint(0, 10, (6,))
            loss = F.cross_entropy(model(tokens), tokens)
            loss.backward()
            optimizer.step()
            recorder.step(loss=loss)
        self.assertEqual(self.rows("SELECT path, site FROM parameter"), [("embed.weight", 0)])
        self.assertEqual(self.depths(), {"embed": 1, "head": 2})
        self.assertEqual(self.values("SELECT value FROM fact WHERE subject = 'input' AND name = 'is_tokens'"), [1.0])
        self.assertEqual(self.values("SELECT count(*) FROM weight"), [1])

    def test_frozen_parts(self) -> None:
        model = mlp(4, 6, 6, 3)
        for parameter in model[:3].parameters():
            parameter.requires_grad_(False)
        optimizer = torch.optim.SGD(model[3:].parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=2)
            model[2].weight.requires_grad_(True)
            train(model, optimizer, recorder)
        self.assertEqual(self.depths(), {"0": 1, "1": 1, "2": 2, "3": 2, "4": 3})
        self.assertEqual(self.rows("SELECT frozen, optimizers FROM parameter"), [(1, "[]")] * 4 + [(0, "[0]")] * 2)
        self.assertEqual(self.values("SELECT gradient_rms IS NULL FROM layer WHERE step = 0 ORDER BY site"), [1, 1, 1, 1, 0])
        self.assertEqual(self.rows("SELECT step, kind, text FROM event WHERE kind = 'parameter'"), [
            (2, "parameter", "2.weight is trained from this step on")])
        self.assertEqual(self.values("SELECT DISTINCT parameter FROM weight"), [4])

    def test_frozen_parts_with_functions_in_between(self) -> None:
        class Functions(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.first, self.second, self.head = nn.Linear(4, 6), nn.Linear(6, 6), nn.Linear(6, 2)

            def forward(self, x: Tensor) -> Tensor:
                return self.head(self.second(self.first(x).relu()).relu())

        model = Functions()
        model.first.requires_grad_(False)
        model.second.requires_grad_(False)
        optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=2)
        self.expect_warning("depths of sites", "order of calls")
        self.assertEqual(self.depths(), {"first": 1, "second": 2, "head": 3})

    def test_a_layer_of_pytorch_whose_parts_are_not_called(self) -> None:
        model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            loss = model(torch.randn(3, 5, 8)).square().mean()
            loss.backward()
            optimizer.step()
            recorder.step(loss=loss)
        self.assertEqual(self.rows("SELECT path, kind, depth, is_layer FROM site WHERE is_layer = 1"), [
            ("self_attn", "MultiHeadAttention", 1, 1), ("linear1", "Linear", 2, 1), ("linear2", "Linear", 3, 1)])
        self.assertEqual(self.values("SELECT count(*) FROM fact WHERE name = 'uncalled_modules'"), [0])

    def test_weight_norm(self) -> None:
        model = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(4, 6)), nn.ReLU(), nn.Linear(6, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder)
        self.assertEqual(self.rows("SELECT path, kind, depth, is_layer FROM site"), [
            ("0", "Linear", 1, 1), ("1", "ReLU", 1, 0), ("2", "Linear", 2, 1)])
        self.assertEqual(self.rows("SELECT path, site FROM parameter WHERE site = 0"), [
            ("0.bias", 0), ("0.parametrizations.weight.original0", 0), ("0.parametrizations.weight.original1", 0)])

    def test_layers_that_hand_their_input_through(self) -> None:
        model = nn.Sequential(nn.Linear(4, 4), nn.Identity(), nn.Dropout(0.0).eval(), nn.Linear(4, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=2)
        self.assertEqual(self.depths(), {"0": 1, "3": 2})
        self.assertEqual(self.values("SELECT value FROM fact WHERE name = 'evaluation_mode'"), ['["2"]', '["2"]'])

    def test_functions_before_layers_that_hand_through_or_change_in_place(self) -> None:
        class Functions(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.first, self.none, self.relu, self.head = nn.Linear(4, 4), nn.Dropout(0.0), nn.ReLU(inplace=True), nn.Linear(4, 2)

            def forward(self, x: Tensor) -> Tensor:
                x = self.first(x)
                return self.head(self.relu(x + self.none(torch.tanh(x))))

        model = Functions()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=2)
        self.assertEqual(self.depths(), {"first": 1, "relu": 1, "head": 2})
        self.assertEqual([value is not None for value in self.layer("relu", step=1)], [True] * 3)

    def test_a_module_that_holds_a_weight_and_ends_with_a_module(self) -> None:
        class Scaled(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.weight, self.activation = nn.Parameter(torch.randn(4, 4)), nn.Tanh()

            def forward(self, x: Tensor) -> Tensor:
                return self.activation(x @ self.weight)

        model = nn.Sequential(Scaled(), Scaled())
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder)
        self.assertEqual(self.rows("SELECT path, depth, is_layer FROM site"), [
            ("0.activation", 0, 0), ("0", 1, 1), ("1.activation", 1, 0), ("1", 2, 1)])

    def test_a_part_that_is_called_by_itself_later(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        with self.recorder(model, optimizer) as recorder:
            for step in range(5):
                optimizer.zero_grad()
                x = torch.randn(5, 4)
                loss = model(x).square().mean()
                if step >= 2:
                    # A pass of its own, not a second call in the pass of the model.
                    loss = loss + 1e-9 * model[0](1000 * x).square().mean()
                loss.backward()
                optimizer.step()
                recorder.step(loss=loss)
        self.assertEqual(self.sites(), ["0", "1", "2"])
        self.assertEqual([value > 100 for value in self.values("SELECT activation_max FROM layer WHERE site = 0")], [
            False, False, False, True, True])

    def test_hooks_of_others_on_outputs(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        calls = []
        model[0].register_forward_hook(lambda module, inputs, output: output.register_hook(lambda g: calls.append("before")) and None)
        with self.recorder(model, optimizer) as recorder:
            model[0].register_forward_hook(lambda module, inputs, output: output.register_hook(lambda g: calls.append("after")) and None)
            train(model, optimizer, recorder, steps=2)
        self.assertEqual(calls, ["before", "after"] * 2)
        self.assertEqual(self.values("SELECT count(gradient_rms) FROM layer"), [6])

    def test_a_module_that_replaces_another(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder)
            model[2] = nn.Linear(6, 2)
            train(model, optimizer, recorder, steps=3)
        self.expect_warning("2 is a new module")
        self.assertEqual(self.values("SELECT path FROM parameter"), [
            "0.weight", "0.bias", "2.weight", "2.bias", "2.weight (2)", "2.bias (2)"])
        self.assertEqual(self.rows("SELECT step, kind FROM event WHERE kind = 'replaced'"), [(1, "replaced")])
        self.assertEqual(self.values("SELECT step FROM layer JOIN site ON id = site WHERE path = '2' ORDER BY step"), [0, 2, 3])

    def test_a_branch_that_is_taken_later(self) -> None:
        class Branches(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.first, self.second, self.other, self.takes_other = nn.Linear(4, 300), nn.Linear(300, 3), nn.Linear(300, 300), False

            def forward(self, x: Tensor) -> Tensor:
                x = self.first(x)
                return self.second(self.other(x) if self.takes_other else x)

        model = Branches()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=2, batch=200)
            model.takes_other = True
            train(model, optimizer, recorder, steps=2, batch=200)
        self.expect_warning("other has parameters but was not called in step 0")
        self.assertEqual(self.depths(), {"first": 1, "second": 2, "other": 2})
        self.assertEqual(self.values("SELECT step FROM layer WHERE site = 2"), [2, 3])


if __name__ == "__main__":
    unittest.main()
