"""Deep MLP training step in PyTorch: plain, with the hand-written hooks of hooks.py, and recorded by rheoscope, at one thread.

    python recorder.py [--sizes 50x64x64,...] [--seconds 20]

A size is depth x width x batch; nets and hooks are as in mlp.py, He-initialized. Variants train in turns of 16 steps, each its own copy
of one net. Prints per variant the median of the ratios to the plain turn beside it, the ratio of the shortest turns, and
whether the parameters are the same bits as those of the plain training.
"""
import argparse
import os
import statistics
import sys
import tempfile
import time

import torch
from torch import nn

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Python"))
import rheoscope  # noqa: E402
from hooks import HandWrittenHooks  # noqa: E402

SIZES = "50x64x64,50x128x128,50x256x256,50x512x256"
VARIANTS = ("plain", "hooks", "recorded", "every 16")
TURN = 16


def make(variant, depth, width, batch, folder):
    torch.manual_seed(0)
    layers = [nn.Linear(784, width), nn.ReLU()]
    for _ in range(depth - 2):
        layers += [nn.Linear(width, width), nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(width, 10))
    for layer in net[::2]:
        nn.init.kaiming_normal_(layer.weight)
    optimizer, loss_of = torch.optim.SGD(net.parameters(), lr=0.001), nn.CrossEntropyLoss()
    x, y = torch.rand(batch, 784), torch.randint(0, 10, (batch,))
    hooks = recorder = None
    if variant == "hooks":
        hooks = HandWrittenHooks(net)
    elif variant != "plain":
        path = os.path.join(folder, f"{variant}.rheo")
        recorder = rheoscope.Recorder(net, optimizer, path, schedule=1 if variant == "recorded" else 16)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(net(x), y)
        loss.backward()
        if variant == "hooks":
            hooks.step_done()
        optimizer.step()
        if recorder is not None:
            recorder.step(loss=loss)

    return step, net, recorder


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for size in options.sizes.split(","):
        with tempfile.TemporaryDirectory() as folder:
            made = {variant: make(variant, *map(int, size.split("x")), folder) for variant in VARIANTS}
            times = {variant: [] for variant in VARIANTS}
            end = time.time() + options.seconds
            while time.time() < end or len(times["plain"]) < 5:
                for variant, (step, _, _) in made.items():
                    start = time.perf_counter()
                    for _ in range(TURN):
                        step()
                    times[variant].append((time.perf_counter() - start) / TURN * 1e3)
            # The first turn is a warm-up.
            times = {variant: values[1:] for variant, values in times.items()}
            print(f"{size}: {len(times['plain'])} turns, load {os.getloadavg()[0]:.1f}")
            for variant, (_, net, recorder) in made.items():
                if recorder is not None:
                    recorder.finish()
                paired = statistics.median(a / b for a, b in zip(times[variant], times["plain"]))
                same = all(map(torch.equal, net.parameters(), made["plain"][1].parameters()))
                print(f"  {variant:9} {statistics.median(times[variant]):8.2f} ms  ratio {paired:.2f}, of the shortest "
                      f"{min(times[variant]) / min(times['plain']):.2f}  {'same bits' if same else 'OTHER BITS'}", flush=True)


if __name__ == "__main__":
    main()
