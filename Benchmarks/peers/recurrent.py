"""Recurrent layers of 512 units on 64 sequences of 200 time steps with 512 features, one training step in PyTorch.

    python recurrent.py [--threads 2]
"""
import argparse, json, time
import torch
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, default=2)
options = parser.parse_args()
torch.set_num_threads(options.threads)
torch.manual_seed(0)

x = torch.rand(64, 200, 512) - 0.5
for kind in (nn.RNN, nn.LSTM, nn.GRU):
    layer = kind(512, 512, batch_first=True)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.01)
    best = float("inf")
    for _ in range(8):
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        layer(x)[0].square().mean().backward()
        optimizer.step()
        best = min(best, time.perf_counter() - start)
    print(json.dumps({"peer": "pytorch", "workload": f"{kind.__name__.lower()}-512x200-b64", "threads": options.threads,
                      "ms_per_step": round(best * 1e3, 2)}), flush=True)
