"""Recording changes no bit of a training, alone and in two processes."""

from __future__ import annotations

import os
import socket
import unittest
from typing import Callable

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn
from torch.nn import functional as F

import rheoscope
from .support import RecordingTest, mlp, train
from .tables import rows


def image_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(), nn.Dropout(0.2), nn.Flatten(), nn.Linear(128, 10))


def train_images(optimizer_of: Callable[..., torch.optim.Optimizer], path: str | None, schedule: int = 1) -> list[Tensor]:
    """Trains on images, with evaluations in between, and returns the losses and the final state."""
    torch.manual_seed(0)
    model = image_net()
    optimizer = optimizer_of(model.parameters())
    generator = torch.Generator().manual_seed(2)
    x, y = torch.randn(64, 3, 8, 8, generator=generator), torch.randint(0, 10, (64,), generator=generator)
    recorder = rheoscope.Recorder(model, optimizer, path, schedule=schedule) if path else None
    losses = []
    for step in range(30):
        batch = slice(step * 16 % 64, step * 16 % 64 + 16)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[batch]), y[batch])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.detach())
        if recorder is not None:
            recorder.step(loss=loss)
        if step % 10 == 0:
            model.eval()
            with torch.no_grad():
                model(x)
            model.train()
    if recorder is not None:
        recorder.finish()
    return losses + [value.clone() for value in model.state_dict().values()]


def distributed(rank: int, folder: str, mode: str, port: int) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=2)
    torch.manual_seed(0)
    model = nn.parallel.DistributedDataParallel(mlp(4, 6, 3))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    torch.manual_seed(rank)
    recorder = None
    if mode != "none":
        recorder = rheoscope.Recorder(model, optimizer, os.path.join(folder, "run.rheo"), all_ranks=mode == "all")
    for _ in range(5):
        optimizer.zero_grad()
        loss = model(torch.randn(8, 4)).square().mean()
        loss.backward()
        optimizer.step()
        if recorder is not None:
            recorder.step(loss=loss)
    if recorder is not None:
        recorder.finish()
    torch.save([parameter.detach() for parameter in model.parameters()], os.path.join(folder, f"{mode}.{rank}.pt"))
    dist.barrier()
    dist.destroy_process_group()


class TrainingTests(RecordingTest):
    def test_a_training_is_the_same_bit_by_bit(self) -> None:
        optimizers = {
            "SGD": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), "fused AdamW": lambda p: torch.optim.AdamW(p, lr=0.01, fused=True),
            "foreach Adam": lambda p: torch.optim.Adam(p, lr=0.01, foreach=True)}
        for name, optimizer in optimizers.items():
            plain = train_images(optimizer, None)
            for schedule in (1, 4):
                recorded = train_images(optimizer, self.path, schedule)
                self.assertTrue(all(map(torch.equal, plain, recorded)), f"{name}, every {schedule}")
                self.assertEqual(self.values("SELECT count(DISTINCT step) FROM layer"), [-(-30 // schedule)])

    def test_kept_gradients_and_graphs_are_not_changed(self) -> None:
        found = []
        for records in (False, True):
            torch.manual_seed(0)
            model = mlp(4, 6, 3)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            recorder = self.recorder(model, optimizer) if records else None
            x = torch.randn(5, 4, requires_grad=True)
            hidden = model[0](x)
            output = model[1:](hidden)
            # A gradient penalty goes through the graph twice.
            penalty, = torch.autograd.grad(output.sum(), hidden, create_graph=True)
            loss = output.square().mean() + penalty.square().mean()
            loss.backward()
            optimizer.step()
            if recorder is not None:
                recorder.step(loss=loss)
                recorder.finish()
            found.append([x.grad, penalty.detach(), loss.detach(), *(parameter.detach() for parameter in model.parameters())])
        self.assertTrue(all(map(torch.equal, *found)))

    def test_two_processes(self) -> None:
        for mode in ("none", "first", "all"):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            mp.spawn(distributed, (self.folder, mode, port), nprocs=2)
            files = sorted(name for name in os.listdir(self.folder) if name.endswith(".rheo"))
            self.assertEqual(files, {"none": [], "first": ["run.rheo"], "all": ["run.rank1.rheo", "run.rheo"]}[mode])
            for name in files:
                path = os.path.join(self.folder, name)
                self.assertEqual(rows(path, "SELECT path, depth FROM site"), [("0", 1), ("1", 1), ("2", 2)])
                self.assertEqual(rows(path, "SELECT count(*), count(gradient_rms) FROM layer"), [(15, 15)])
                self.assertEqual(rows(path, "SELECT count(*) FROM weight"), [(10,)])
            for rank in range(2):
                parameters = [torch.load(os.path.join(self.folder, f"{one}.{rank}.pt")) for one in ("none", mode)]
                self.assertTrue(all(map(torch.equal, *parameters)), f"{mode}, rank {rank}")

    def test_data_parallel_and_compiled_wrappers_are_taken_off(self) -> None:
        for wrap in (nn.DataParallel, lambda model: torch.compile(model, backend="eager")):
            model = mlp(4, 6, 3)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            wrapped = wrap(model)
            with self.recorder(wrapped, optimizer) as recorder:
                train(wrapped, optimizer, recorder, steps=3)
            self.assertEqual(self.sites(), ["0", "1", "2"])
            self.assertEqual(self.values("SELECT count(gradient_rms) FROM layer"), [9])


if __name__ == "__main__":
    unittest.main()
