"""Records what PyTorch says of the layers of a convolutional net with batch normalization and of an attention with layer
normalization, for RowReferenceTests.swift: python make_rows.py > rows.json

Statistics are of Float32 tensors, as a hook sees them. Images are [n, height, width, channels] in the file.
"""
import json
import math
import torch
from torch import nn
from torch.nn.functional import cross_entropy

torch.set_num_threads(1)
torch.manual_seed(0)


def short(tensor):
    """Two decimals, which both sides read as the same number."""
    return (tensor * 100).round() / 100


class Rows(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.weights, self.heads = nn.Identity(), heads

    def forward(self, x):
        n, length, width = x.shape

        def by_head(y):
            return y.view(n, length, self.heads, width // self.heads).transpose(1, 2)

        q, k, v = by_head(self.query(x)), by_head(self.key(x)), by_head(self.value(x))
        scores = q @ k.transpose(2, 3) / math.sqrt(width // self.heads)
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        weights = self.weights(scores.masked_fill(future, -math.inf).softmax(3))
        return self.output((weights @ v).transpose(1, 2).reshape(n, length, width))


class Sequences(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.attention, self.head = nn.LayerNorm(8), Attention(8, 2), nn.Linear(8, 3)

    def forward(self, x):
        return self.head((x + self.attention(self.norm(x))).mean(1))


def record(net, input_shape):
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(short(torch.randn_like(p) * 0.5))
    start = {name: p.detach().flatten().tolist() for name, p in net.named_parameters()}
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    leaves = {name: m for name, m in net.named_modules() if not list(m.children()) and not isinstance(m, Rows)}
    steps = []
    for _ in range(2):
        x, labels = short(torch.randn(3, *input_shape)), torch.randint(0, 3, (3,))
        outputs, gradients, layers = {}, {}, {}

        def hook(name):
            def keep(module, given, output):
                outputs[name] = output.detach().clone()
                output.register_hook(lambda g: gradients.__setitem__(name, g.detach()))
            return keep

        handles = [module.register_forward_hook(hook(name)) for name, module in leaves.items()]
        loss = cross_entropy(net(x), labels)
        loss.backward()
        for handle in handles:
            handle.remove()
        before = {name: p.detach().clone() for name, p in net.named_parameters()}
        grads = {name: p.grad.clone() for name, p in net.named_parameters()}
        optimizer.step()
        optimizer.zero_grad()
        after = {name: p.detach() for name, p in net.named_parameters()}
        for name in leaves:
            y, g = outputs[name].double(), gradients[name].double()
            row = {
                "activation_mean": y.mean(), "activation_std": y.std(correction=0),
                "activation_rms": y.square().mean().sqrt(), "activation_min": y.min(), "activation_max": y.max(),
                "zero_fraction": (y == 0).double().mean(), "gradient_rms": g.square().mean().sqrt(),
                "gradient_max": g.abs().max(),
            }
            key = name + ".weight"
            if key in before:
                row |= {
                    "weight_norm": before[key].double().norm(), "weight_gradient_norm": grads[key].double().norm(),
                    "weight_gradient_max": grads[key].abs().max(),
                    "update_norm": (after[key].double() - before[key].double()).norm(),
                }
            layers[name] = {k: float(v) for k, v in row.items()}
        inputs = x.permute(0, 2, 3, 1) if x.dim() == 4 else x
        steps.append({
            "inputs": inputs.flatten().tolist(), "labels": labels.tolist(), "loss": loss.item(), "layers": layers})
    return {"start": start, "steps": steps}


convolutional = nn.Sequential(
    nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), Rows(), nn.Linear(36, 3))
found = {"convolutional": record(convolutional, (2, 6, 6)), "attention": record(Sequences(), (4, 8))}
# Nine digits are all of a Float32's.
print(json.dumps(json.loads(json.dumps(found), parse_float=lambda text: float(f"{float(text):.9g}"))))
