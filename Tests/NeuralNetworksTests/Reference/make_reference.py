"""Records what PyTorch computes for the nets of ReferenceTests.swift: python make_reference.py > reference.json"""
import json
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)


def flat(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]


class Residual(nn.Module):
    def __init__(self, width, scale):
        super().__init__()
        self.inner, self.scale = nn.Linear(width, width), scale

    def forward(self, x):
        return x + self.scale * self.inner(torch.relu(x))


def net(kind):
    if kind == "residual":
        return nn.Sequential(nn.Linear(5, 4), Residual(4, 0.5), Residual(4, 0.5), nn.Linear(4, 3))
    activation = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}[kind]
    return nn.Sequential(nn.Linear(5, 4), activation(), nn.Linear(4, 4), activation(), nn.Linear(4, 3))


optimizers = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "momentum": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
}
cases = []
for kind in ("relu", "sigmoid", "tanh", "residual"):
    for loss_name in ("crossEntropy", "meanSquaredError"):
        for name, make in optimizers.items():
            model = net(kind)
            x, labels, target = torch.randn(7, 5), torch.randint(0, 3, (7,)), torch.randn(7, 3)
            case = {
                "net": kind, "loss": loss_name, "optimizer": name, "inputs": flat(x), "labels": labels.tolist(),
                "target": flat(target), "parameters": [flat(p) for p in model.parameters()],
            }
            optimizer = make(model.parameters())
            losses = []
            for step in range(3):
                optimizer.zero_grad()
                output = model(x)
                loss = nn.functional.cross_entropy(output, labels) if loss_name == "crossEntropy" else nn.functional.mse_loss(output, target)
                loss.backward()
                losses.append(loss.item())
                if step == 0:
                    case["output"] = flat(output)
                    case["gradients"] = [flat(p.grad) for p in model.parameters()]
                optimizer.step()
            case["losses"] = losses
            case["updated"] = [flat(p) for p in model.parameters()]
            cases.append(case)
print(json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")))
