"""Training loops that are hard to record."""

from __future__ import annotations

import copy
import io
import pickle
import unittest
import warnings

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from .support import RecordingTest, mlp, rms, train


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
