"""Training loops and models that are hard to record."""

from __future__ import annotations

import copy
import dataclasses
import io
import pickle
import unittest
import warnings
from collections import namedtuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

import rheoscope
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


class LoopTests(RecordingTest):
    def test_both_kinds_of_checkpoints(self) -> None:
        class Checkpointed(nn.Module):
            def __init__(self, kind: str) -> None:
                super().__init__()
                self.stem, self.body, self.head, self.kind = nn.Linear(4, 6), mlp(6, 6, 6, activation=nn.Tanh), nn.Linear(6, 2), kind

            def forward(self, x: Tensor) -> Tensor:
                x = self.stem(x)
                x = self.body(x) if self.kind == "none" else checkpoint(self.body, x, use_reentrant=self.kind == "re-entrant")
                return self.head(torch.tanh(x))

        found = {}
        for kind in ("none", "re-entrant", "other"):
            torch.manual_seed(0)
            model = Checkpointed(kind)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            with self.recorder(model, optimizer) as recorder:
                train(model, optimizer, recorder, steps=3)
            found[kind] = self.rows("SELECT path, depth, is_layer, step, activation_rms, gradient_rms, zero_fraction FROM layer "
                                    "JOIN site ON id = site ORDER BY step, path")
        self.assertEqual(found["none"], found["other"])
        self.assertEqual(found["none"], found["re-entrant"])
        self.assertEqual(len(found["none"]), 3 * 5)

    def test_autocast_with_a_scaler(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        expected = []
        with self.recorder(model, optimizer, scaler=scaler) as recorder:
            for step in range(4):
                x = torch.randn(5, 4)
                optimizer.zero_grad()
                with torch.autocast("cpu", torch.bfloat16):
                    output = model(x)
                    # The third step overflows.
                    loss = output.float().square().mean() * (float("inf") if step == 2 else 1)
                expected.append(rms(2 * output.float() / output.numel()))
                scaler.scale(loss).backward()
                scaler.step(optimizer)
                scaler.update()
                recorder.step(loss=output.float().square().mean())
        for step in (0, 1, 3):
            self.assert_near(self.layer("2", "gradient_rms", step)[0], expected[step], 0.01)
        self.assertEqual(self.rows("SELECT step, kind, text FROM event"), [
            (2, "skipped", "skipped step: gradients overflowed at loss scale 1024")])
        self.assertEqual(self.rows("SELECT step, name, value FROM scalar"), [(0, "loss_scale", 1024.0), (3, "loss_scale", 512.0)])
        self.assertEqual(self.values("SELECT DISTINCT step FROM weight"), [0, 1, 3])
        gradient, update = self.rows("SELECT gradient_norm, update_norm FROM weight")[0]
        self.assert_near(update, 0.1 * gradient, 1e-3)
        self.assertEqual(self.rows("SELECT item, value FROM fact WHERE name = 'precision' AND subject = 'site'"), [
            ("0", "bfloat16"), ("1", "bfloat16"), ("2", "bfloat16")])
        self.assertEqual(self.values("SELECT gradient_step FROM summary"), [0])

    def test_a_step_that_is_skipped_and_not_recorded(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        with self.recorder(model, optimizer, scaler=scaler, schedule=4) as recorder:
            for step in range(6):
                optimizer.zero_grad()
                loss = model(torch.randn(5, 4)).square().mean() * (float("inf") if step == 2 else 1)
                scaler.scale(loss).backward()
                scaler.step(optimizer)
                scaler.update()
                recorder.step(loss=0.0)
        self.assertEqual(self.rows("SELECT step, kind FROM event"), [(2, "skipped")])
        self.assertEqual(self.rows("SELECT step, value FROM scalar"), [(0, 1024.0), (4, 512.0)])

    def test_accumulation(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
        batches = [torch.randn(size, 4) for size in (5, 3)]
        with self.recorder(model, optimizer) as recorder:
            for x in batches:
                (model(x).square().sum() / 8).backward()
            optimizer.step()
            recorder.step(loss=0.0)
        parts = self.layer("0", "activation_mean, activation_std, activation_rms, activation_min, activation_max, zero_fraction")
        gradient, largest = self.layer("0", "gradient_rms, gradient_max")
        with self.recorder(model, optimizer) as recorder:
            optimizer.zero_grad()
            (model(torch.cat(batches)).square().sum() / 8).backward()
            optimizer.step()
            recorder.step(loss=0.0)
        whole = self.layer("0", "activation_mean, activation_std, activation_rms, activation_min, activation_max, zero_fraction")
        for a, b in zip(parts, whole):
            self.assert_near(a, b)
        self.assert_near(gradient, self.layer("0", "gradient_rms")[0])
        self.assert_near(largest, self.layer("0", "gradient_max")[0])

    def test_several_optimizers(self) -> None:
        generator, judge = mlp(2, 8, 4), mlp(4, 8, 1)
        model = nn.ModuleDict({"generator": generator, "judge": judge})
        optimizers = [torch.optim.Adam(generator.parameters(), lr=0.001), torch.optim.SGD(judge.parameters(), lr=0.01)]
        with self.recorder(model, optimizers) as recorder:
            for _ in range(3):
                real, made = torch.randn(5, 4), generator(torch.randn(5, 2))
                optimizers[1].zero_grad()
                ones = torch.ones(5, 1)
                loss = F.binary_cross_entropy_with_logits(judge(real), ones) + F.binary_cross_entropy_with_logits(
                    judge(made.detach()), 0 * ones)
                loss.backward()
                optimizers[1].step()
                optimizers[0].zero_grad()
                F.binary_cross_entropy_with_logits(judge(made), ones).backward()
                optimizers[0].step()
                recorder.step(loss=loss)
        # A part that is called by itself three times is three passes, not three calls.
        self.assertEqual(self.depths(), {
            "generator.0": 1, "generator.1": 1, "generator.2": 2, "judge.0": 1, "judge.1": 1, "judge.2": 2})
        self.assertEqual(self.values("SELECT DISTINCT optimizers FROM parameter"), ["[0]", "[1]"])
        self.assertEqual(self.rows("SELECT step, name, value FROM scalar"), [(0, "learning_rate_2", 0.01)])
        self.assertEqual(self.values("SELECT learning_rate FROM step"), [0.001] * 3)
        self.assertEqual(self.values("SELECT count(*) FROM weight"), [12])
        self.assertEqual(self.values("SELECT value FROM fact WHERE name = 'optimizer_steps' ORDER BY rowid DESC LIMIT 1"), ["[3, 3]"])

    def test_a_closure(self) -> None:
        model = mlp(4, 6, 1)
        optimizer = torch.optim.LBFGS(model.parameters(), max_iter=4)
        x = torch.randn(8, 4)

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = F.mse_loss(model(x), x[:, :1])
            loss.backward()
            return loss

        with self.recorder(model, optimizer) as recorder:
            for _ in range(2):
                before = model[0].weight.detach().clone()
                recorder.step(loss=optimizer.step(closure))
        self.assertEqual(self.sites(), ["0", "1", "2"])
        self.assert_near(self.values("SELECT update_norm FROM weight WHERE step = 1 AND parameter = 0")[0],
                         rms(model[0].weight.detach() - before) * 24 ** 0.5, 1e-4)
        self.assertGreater(self.values("SELECT value FROM fact WHERE name = 'calls_per_step'")[0], 1)

    def test_passes_without_gradients_and_evaluations(self) -> None:
        model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 3))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            for _ in range(2):
                train(model, optimizer, None)
                with torch.no_grad():
                    model(100 * torch.randn(5, 4))
                with torch.inference_mode():
                    model(100 * torch.randn(5, 4))
                model.eval()
                model(100 * torch.randn(5, 4))
                model.train()
                recorder.step(loss=0.0)
        self.assertEqual(self.sites(), ["0", "1", "2"])
        self.assertTrue(all(value < 3 for value in self.values("SELECT activation_max FROM layer WHERE site = 0")))

    def test_a_model_that_trains_in_evaluation_mode(self) -> None:
        model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, 3)).eval()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=2)
        self.assertEqual(self.values("SELECT count(*) FROM layer WHERE activation_rms IS NOT NULL AND gradient_rms IS NOT NULL"), [6])
        self.assertEqual(self.values("SELECT value FROM fact WHERE name = 'evaluation_mode' AND step = 0"), ['["1"]'])

    def test_an_error_in_the_loop(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.assertRaisesRegex(ValueError, "out of data"):
            with self.recorder(model, optimizer) as recorder:
                train(model, optimizer, recorder, steps=3)
                raise ValueError("out of data")
        self.assertEqual(self.values("SELECT count(*) FROM step"), [3])
        self.assertEqual(self.values("SELECT count(*) FROM meta WHERE key = 'finished'"), [0])
        self.assertEqual(self.values("SELECT count(*) FROM summary"), [0])
        self.assertFalse(any(module._forward_hooks or module._forward_pre_hooks for module in model.modules()))

    def test_an_error_in_a_forward_pass_that_is_caught(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            for _ in range(3):
                with self.assertRaises(RuntimeError):
                    model(torch.randn(5, 7))
                train(model, optimizer, recorder)
        self.assertEqual(self.sites(), ["0", "1", "2"])

    def test_only_its_own_hooks_are_removed(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        calls = []
        model[0].register_forward_hook(lambda *_: calls.append("forward"))
        optimizer.register_step_post_hook(lambda *_: calls.append("step"))
        loss = torch._C._nn.cross_entropy_loss
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder)
            model[2].register_forward_hook(lambda *_: calls.append("late"))
        train(model, optimizer, None)
        self.assertEqual(calls, ["forward", "step", "forward", "late", "step"])
        self.assertEqual([len(module._forward_hooks) for module in model], [1, 0, 1])
        self.assertEqual(len(optimizer._optimizer_step_post_hooks), 1)
        self.assertIs(torch._C._nn.cross_entropy_loss, loss)

    def test_saving_and_copying_while_attached(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder)
            buffer = io.BytesIO()
            torch.save(model, buffer)
            buffer.seek(0)
            others = [torch.load(buffer, weights_only=False), copy.deepcopy(model), pickle.loads(pickle.dumps(model))]
            pickle.dumps(optimizer)
            for other in others:
                self.assertTrue(torch.equal(other(torch.ones(2, 4)), other(torch.ones(2, 4))))
            train(model, optimizer, recorder)
        self.assertEqual(self.values("SELECT count(*) FROM layer"), [6])
        x = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
        self.assertLess(abs(self.layer("0", step=0)[1] - rms(mlp_first(x))), 1)

    def test_a_clipped_gradient(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            for factor in (100, 1e-6):
                optimizer.zero_grad()
                loss = factor * model(torch.randn(5, 4)).square().mean()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                recorder.step(loss=loss)
        facts = dict(self.rows("SELECT name, value FROM fact WHERE name LIKE 'clipp%' ORDER BY rowid"))
        self.assertEqual((facts["clipped_share"], facts["clipping_limit"]), (0.5, 1.0))
        self.assertGreater(facts["clipping_ratio"], 1)

    def test_gradients_that_are_left(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            for _ in range(3):
                loss = model(torch.randn(5, 4)).square().mean()
                loss.backward()
                optimizer.step()
                recorder.step(loss=loss)
        self.assertEqual(self.rows("SELECT value FROM fact WHERE name = 'gradients_left'"), [
            ('["0.weight", "0.bias", "2.weight", "2.bias"]',)] * 2)

    def test_missing_parts(self) -> None:
        model, optimizer = mlp(4, 6, 3), None
        with self.recorder(model, optimizer) as recorder:
            recorder.step(loss=1.0)
        self.expect_warning("the model was not called with gradients")
        with self.recorder(model, optimizer) as recorder:
            model(torch.randn(2, 4))
            recorder.step(loss=1.0)
        self.expect_warning("no gradient reached the model")
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            model(torch.randn(2, 4)).sum().backward()
            recorder.step(loss=1.0)
        self.expect_warning("took a step between backward() and recorder.step()")
        with self.recorder(model, optimizer) as recorder:
            pass
        self.expect_warning("no step is recorded")

    def test_functional_transforms_are_not_recorded(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            parameters = dict(model.named_parameters())
            torch.func.grad(lambda p, x: torch.func.functional_call(model, p, (x,)).sum())(parameters, torch.randn(3, 4))
            torch.func.vmap(model)(torch.randn(3, 2, 4))
            train(model, optimizer, recorder)
        self.assertEqual(self.sites(), ["0", "1", "2"])
        self.assertEqual(self.values("SELECT shape FROM site"), ["[5, 6]", "[5, 6]", "[5, 3]"])

    def test_a_batch_without_samples(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            for count in (5, 0, 5):
                optimizer.zero_grad()
                loss = model(torch.randn(count, 4)).square().sum()
                loss.backward()
                optimizer.step()
                recorder.step(loss=loss)
        self.warnings = [text for text in self.warnings if "was not called with gradients" not in text]
        self.assertEqual(self.values("SELECT DISTINCT step FROM layer"), [0, 2])
        self.assertEqual(self.values("SELECT count(*) FROM step"), [3])

    def test_scripted_modules(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scripted = torch.jit.script(nn.Linear(4, 6))
        model = nn.Sequential(scripted, nn.ReLU(), nn.Linear(6, 2))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=2)
        self.expect_warning("0 is a scripted module")
        self.assertEqual(self.sites(), ["1", "2"])
        self.assertEqual(self.values("SELECT count(gradient_rms) FROM layer"), [4])
        with self.assertRaisesRegex(TypeError, "before torch.jit.script"):
            self.recorder(scripted, None)

    def test_lazy_modules(self) -> None:
        model = nn.Sequential(nn.LazyLinear(6), nn.ReLU(), nn.Linear(6, 2))
        with self.assertRaisesRegex(ValueError, "uninitialized parameter"):
            self.recorder(model, None)
        model(torch.ones(1, 4))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder)
        self.assertEqual(self.rows("SELECT kind, depth FROM site"), [("Linear", 1), ("ReLU", 1), ("Linear", 2)])

    def test_sparse_gradients(self) -> None:
        model = nn.Embedding(10, 4, sparse=True)
        optimizer = torch.optim.SparseAdam(model.parameters())
        with self.recorder(model, optimizer) as recorder:
            loss = model(torch.tensor([1, 2, 2])).square().sum()
            loss.backward()
            norm = float(model.weight.grad.coalesce().values().norm())
            optimizer.step()
            recorder.step(loss=loss)
        self.assert_near(self.values("SELECT gradient_norm FROM weight")[0], norm)


def mlp_first(x: Tensor) -> Tensor:
    torch.manual_seed(0)
    return mlp(4, 6, 3)[0](x)


if __name__ == "__main__":
    unittest.main()
