"""Records the nets of ``nets.py`` and prints their weights, batches and run files as JSON, which both languages are compared with:

    python -m tests.make_runs > ../Tests/RecordingTests/Reference/pytorch_runs.json
"""

from __future__ import annotations

import json
import os
import tempfile

import torch

import rheoscope
from .nets import CASES, Case, short
from .tables import tables

STEPS, BATCH = 6, 16


def recorded(case: Case, folder: str) -> dict:
    """Trains a net and returns its start, its batches and the tables of its run file."""
    torch.manual_seed(0)
    net = case.net()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(short(torch.randn_like(parameter) * 0.4))
    start = {path: parameter.flatten().tolist() for path, parameter in net.named_parameters()}
    batches = [(short(torch.randn(BATCH, *case.shape)), case.targets(BATCH)) for _ in range(STEPS)]
    optimizer = case.optimizer(net.parameters())
    path = os.path.join(folder, "run.rheo")
    with rheoscope.Recorder(net, optimizer, path) as recorder:
        for x, y in batches:
            optimizer.zero_grad()
            loss = case.loss_of(net(x), y)
            loss.backward()
            optimizer.step()
            recorder.step(loss=loss)
    return {
        "start": start, "inputs": [x.flatten().tolist() for x, _ in batches], "targets": [y.flatten().tolist() for _, y in batches],
        "shape": [BATCH, *case.shape], "loss": case.loss, "tables": tables(path)}


def main() -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        found = {name: recorded(case, folder) for name, case in CASES.items()}

    def rounded(value):
        if isinstance(value, float):
            return float(f"{value:.7g}")
        if isinstance(value, list):
            return [rounded(item) for item in value]
        return {key: rounded(item) for key, item in value.items()} if isinstance(value, dict) else value

    print(json.dumps(rounded(found), separators=(",", ":")))


if __name__ == "__main__":
    main()
