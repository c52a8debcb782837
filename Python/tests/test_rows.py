"""What a run file holds, compared with what a training computes by hand."""

from __future__ import annotations

import json
import math
import os
import re
import sqlite3
import subprocess
import sys

import torch
from torch import nn

import rheoscope
from rheoscope import schema
from .make_runs import recorded
from .nets import CASES
from .support import RecordingTest, mlp, rms, train

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class RowTests(RecordingTest):
    def test_rows_are_those_of_a_training_by_hand(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
        expected = []
        with self.recorder(model, optimizer, meta={"seed": "0"}) as recorder:
            for _ in range(3):
                x = torch.randn(5, 4)
                optimizer.zero_grad()
                h = model(x)
                loss = h.square().mean()
                loss.backward()
                before, gradient = model[0].weight.detach().clone(), model[0].weight.grad.clone()
                first = (x @ before.T + model[0].bias.detach()).double()
                optimizer.step()
                recorder.step(loss=loss, accuracy=0.5)
                size = math.sqrt(24)
                expected.append((
                    (rms(before) * size, rms(gradient) * size, float(gradient.abs().max()), rms(model[0].weight.detach() - before) * size),
                    tuple(map(float, (first.mean(), first.square().mean().sqrt(), first.std(correction=0), first.min(), first.max()))),
                    float((first <= 0).double().mean()), rms(2 * h / h.numel())))
        for step, (weight, statistics, zeros, gradient) in enumerate(expected):
            found = self.rows("SELECT norm, gradient_norm, gradient_max, update_norm FROM weight WHERE step = ? AND parameter = 0", step)[0]
            columns = "activation_mean, activation_rms, activation_std, activation_min, activation_max"
            for a, b in zip(found + self.layer("0", columns, step), weight + statistics):
                self.assert_near(a, b)
            zero = self.layer("1", "zero_fraction, saturated_fraction, nonfinite_count", step)
            self.assert_near(zero[0], zeros)
            self.assertEqual(zero[1:], (None, 0.0))
            self.assert_near(self.layer("2", "gradient_rms", step)[0], gradient)
        self.assertEqual(self.values("SELECT value FROM meta WHERE key = 'seed'"), ["0"])
        self.assertEqual(self.rows("SELECT accuracy, learning_rate FROM step"), [(0.5, 0.1)] * 3)
        self.assertEqual(self.values("SELECT path FROM parameter"), ["0.weight", "0.bias", "2.weight", "2.bias"])
        self.assertEqual(self.values("SELECT site FROM parameter"), [0, 0, 2, 2])

    def test_large_outputs_and_weights(self) -> None:
        model = nn.Linear(300, 200)
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
        x = torch.randn(200, 300)
        with self.recorder(model, optimizer) as recorder:
            output = model(x)
            loss = output.square().sum()
            loss.backward()
            gradient = model.weight.grad.clone()
            optimizer.step()
            recorder.step(loss=loss)
        self.assertGreater(output.numel(), 32768)
        mean, own, grad = self.layer("Linear")
        self.assert_near(mean, float(output.detach().double().mean()), 1e-3)
        self.assert_near(own, rms(output))
        self.assert_near(grad, 2 * rms(output))
        update, norm = self.rows("SELECT update_norm, gradient_norm FROM weight")[0]
        self.assert_near(update, norm, 1e-4)
        self.assert_near(norm, rms(gradient) * math.sqrt(gradient.numel()))

    def test_saturated_and_tiny(self) -> None:
        model = mlp(4, *[8] * 12, 2, activation=nn.Sigmoid)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, loss_of=lambda y: y.square().mean() * 1e-25)
        x = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
        y = model[1](model[0](x))
        outside = ((y < 0.0256583509747431) | (y > 0.974341649025257)).double().mean()
        self.assert_near(self.layer("1", "saturated_fraction")[0] + 1, float(outside) + 1)
        gradients = self.values("SELECT gradient_rms FROM layer")
        self.assertTrue(all(0 < value < 1e-24 for value in gradients), gradients)

    def test_values_that_are_not_finite(self) -> None:
        model = mlp(4, 6, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            x = torch.randn(5, 4)
            x[0, 0] = math.nan
            loss = model(x).mean()
            loss.backward()
            optimizer.step()
            recorder.step(loss=loss)
        self.expect_warning("an activation is not finite at step 0 at 0")
        self.assertEqual(self.rows("SELECT step, site, kind FROM event"), [(0, 0, "nonfinite")])
        self.assertEqual(self.layer("0", "activation_rms, nonfinite_count, saturated_fraction"), ("NaN", 6.0, None))
        self.assertEqual(self.values("SELECT loss FROM step"), ["NaN"])
        self.assertEqual(self.rows("SELECT final_loss, nonfinite_step FROM summary"), [("NaN", 0)])
        self.assertEqual(self.values("SELECT gradient_norm FROM weight WHERE parameter = 0"), ["NaN"])

    def test_a_schedule(self) -> None:
        for schedule, steps in ((3, [0, 3, 6]), (rheoscope.at([2, 5]), [2, 5]), (rheoscope.logarithmic(3), [0, 1, 2, 5])):
            model = mlp(4, 6, 3)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            with self.recorder(model, optimizer, schedule=schedule) as recorder:
                train(model, optimizer, recorder, steps=8)
            self.assertEqual(self.values("SELECT DISTINCT step FROM layer"), steps)
            self.assertEqual(self.values("SELECT DISTINCT step FROM weight"), steps)
            self.assertEqual(self.values("SELECT count(*) FROM step"), [8])
            # Changes since the last recorded step are not part of an update.
            for update, gradient in self.rows("SELECT update_norm, gradient_norm FROM weight"):
                self.assert_near(update, 0.1 * gradient, 1e-3)

    def test_scalars(self) -> None:
        model = mlp(4, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=2)
            recorder.record("validation_loss", 0.25)
            recorder.record("validation_loss", math.nan)
        self.assertEqual(self.rows("SELECT * FROM scalar"), [(1, "validation_loss", 0.25), (1, "validation_loss", "NaN")])

    def test_a_named_tensor(self) -> None:
        first, second = nn.Linear(4, 6), nn.Linear(6, 2)
        model = nn.ModuleList([first, second])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            for _ in range(2):
                hidden = torch.tanh(first(torch.randn(5, 4)))
                recorder.observe("hidden", hidden)
                loss = second(hidden).square().mean()
                loss.backward()
                optimizer.step()
                recorder.step(loss=loss)
        self.assertEqual(self.rows("SELECT path, kind, depth, is_layer FROM site"), [
            ("0", "Linear", 1, 1), ("hidden", "Tensor", 1, 0), ("1", "Linear", 2, 1)])
        self.assert_near(self.layer("hidden", step=1)[1], rms(hidden))


class FileTests(RecordingTest):
    def test_the_schema_is_that_of_the_library(self) -> None:
        with open(os.path.join(REPOSITORY, "Sources/RunFile/SQLite/Schema.swift")) as file:
            text = file.read()
        found = re.search(r'static let statements = """\n(.*?)\n    """', text, re.DOTALL)
        statements = "\n".join(line.removeprefix("    ") for line in found.group(1).split("\n"))
        self.assertEqual(schema.STATEMENTS.strip(), statements.strip())
        self.assertIn(f"formatVersion = {schema.FORMAT}\n", text)
        with open(os.path.join(REPOSITORY, "Sources/RunFile/Analysis/RunSummary.swift")) as file:
            columns = re.search(r"static let columns = \[(.*?)\]", file.read(), re.DOTALL).group(1)
        self.assertEqual(tuple(re.findall(r'"(\w+)"', columns)), schema.SUMMARY_COLUMNS)

    def test_a_finished_file_stands_alone(self) -> None:
        model = mlp(4, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        with self.recorder(model, optimizer) as recorder:
            train(model, optimizer, recorder, steps=40)
            # It can be read while it is written.
            self.assertGreaterEqual(self.values("SELECT count(*) FROM step")[0], 32)
        self.assertEqual(os.listdir(self.folder), ["run.rheo"])
        with open(self.path, "rb") as file:
            head = file.read(100)
        self.assertEqual((head[:15], head[68:72], head[16:18]), (b"SQLite format 3", b"RHEO", b"\x40\x00"))
        self.assertEqual(self.values("PRAGMA journal_mode"), ["delete"])
        self.assertEqual(self.values("SELECT count(*) FROM summary"), [1])
        with self.assertRaisesRegex(rheoscope.RunFileError, "has ended"):
            recorder.step(loss=0.0)

    def test_another_file_is_not_replaced(self) -> None:
        with open(self.path, "w") as file:
            file.write("my thesis")
        with self.assertRaisesRegex(rheoscope.RunFileError, "not a run file"):
            self.recorder(mlp(4, 3), None)
        with open(self.path) as file:
            self.assertEqual(file.read(), "my thesis")
        os.remove(self.path)
        sqlite3.connect(self.path).execute("CREATE TABLE notes(text)").close()
        with self.assertRaisesRegex(rheoscope.RunFileError, "not a run file"):
            self.recorder(mlp(4, 3), None)

    def test_a_run_file_is_replaced(self) -> None:
        model = mlp(4, 3)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for steps in (3, 2):
            with self.recorder(model, optimizer) as recorder:
                train(model, optimizer, recorder, steps=steps)
        self.assertEqual(self.values("SELECT count(*) FROM step"), [2])

    def test_meta_holds_no_absolute_path(self) -> None:
        with self.assertRaisesRegex(ValueError, "absolute path"):
            self.recorder(mlp(4, 3), None, meta={"data": "/home/me/images"})
        with self.assertRaisesRegex(TypeError, "string"):
            self.recorder(mlp(4, 3), None, meta={"seed": 7})
        recorder = self.recorder(mlp(4, 3), None)
        with self.assertRaisesRegex(ValueError, "absolute path"):
            recorder.finish(meta={"data": "/home/me/images"})
        recorder.finish(meta={"data": "images"})
        self.expect_warning("no step is recorded")
        self.assertEqual(self.values("SELECT value FROM meta WHERE key = 'data'"), ["images"])

    def test_a_program_that_ends_without_finishing(self) -> None:
        program = f"""
import os, sys, torch, rheoscope
model = torch.nn.Linear(4, 3)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
recorder = rheoscope.Recorder(model, optimizer, {self.path!r})
for _ in range(5):
    loss = model(torch.randn(5, 4)).square().mean()
    loss.backward()
    optimizer.step()
    recorder.step(loss=loss)
# A copy of the process ends first, and must not write what is left.
child = os.fork()
if child == 0:
    sys.exit(0)
os.waitpid(child, 0)
"""
        done = subprocess.run([sys.executable, "-c", program], cwd=os.path.join(REPOSITORY, "Python"), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")
        self.assertEqual(self.values("SELECT step FROM step"), [0, 1, 2, 3, 4])
        self.assertEqual(self.values("SELECT count(*) FROM layer"), [5])
        self.assertEqual(self.values("SELECT count(*) FROM meta WHERE key = 'finished'"), [0])

    def test_an_accuracy(self) -> None:
        with self.recorder(mlp(4, 3), None) as recorder:
            recorder.step(loss=1.0, accuracy=torch.tensor(0.5))
            with self.assertRaisesRegex(ValueError, "fraction from 0 to 1"):
                recorder.step(loss=1.0, accuracy=50)
        self.expect_warning("was not called with gradients")
        self.assertEqual(self.values("SELECT accuracy FROM step"), [0.5])

    def test_runs_equal_those_that_swift_is_compared_with(self) -> None:
        with open(os.path.join(REPOSITORY, "Tests/RecordingTests/Reference/pytorch_runs.json")) as file:
            reference = json.load(file)
        self.assertEqual(set(reference), set(CASES))

        def compare(a, b, where) -> None:
            if isinstance(a, (list, dict)):
                self.assertEqual(len(a), len(b), where)
                for key in range(len(a)) if isinstance(a, list) else a:
                    compare(a[key], b[key], f"{where} {key}")
            elif isinstance(a, float):
                self.assertLessEqual(abs(a - b), 1e-4 * max(abs(a), abs(b), 1e-3), where)
            elif isinstance(a, str) and a[:2] in ("[{", "[["):
                compare(json.loads(a), json.loads(b), where)
            else:
                self.assertEqual(a, b, where)

        for name, case in CASES.items():
            compare(reference[name], recorded(case, self.folder), name)
