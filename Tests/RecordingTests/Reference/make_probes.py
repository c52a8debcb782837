"""Records what PyTorch says of a small net's layers, samples and curvature, for ProbeReferenceTests.swift:
python make_probes.py > probes.json

Statistics are of Float32 tensors, as a hook sees them; gradients of samples and the Hessian are in Float64.
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


net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 3))
with torch.no_grad():
    for p in net.parameters():
        p.copy_(short(torch.randn_like(p) * 0.6))
start = {name: p.detach().flatten().tolist() for name, p in net.named_parameters()}
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
steps = []
for _ in range(3):
    x, labels = short(torch.randn(7, 6)), torch.randint(0, 3, (7,))
    outputs, gradients, layers = {}, {}, {}

    def hook(name):
        def keep(module, given, output):
            outputs[name] = output.detach()
            output.register_hook(lambda g: gradients.__setitem__(name, g.detach()))
        return keep

    handles = [module.register_forward_hook(hook(name)) for name, module in net.named_children()]
    loss = cross_entropy(net(x), labels)
    loss.backward()
    for handle in handles:
        handle.remove()
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    grads = {name: p.grad.clone() for name, p in net.named_parameters()}
    optimizer.step()
    optimizer.zero_grad()
    for name, module in net.named_children():
        y, g = outputs[name].double(), gradients[name].double()
        row = {
            "activation_mean": y.mean(), "activation_std": y.std(correction=0), "activation_rms": y.square().mean().sqrt(),
            "activation_min": y.min(), "activation_max": y.max(), "zero_fraction": (y == 0).double().mean(),
            "gradient_rms": g.square().mean().sqrt(), "gradient_max": g.abs().max(),
        }
        key = name + ".weight"
        if key in before:
            after = dict(net.named_parameters())[key].detach()
            row |= {
                "weight_norm": before[key].double().norm(), "weight_gradient_norm": grads[key].double().norm(),
                "weight_gradient_max": grads[key].abs().max(),
                "update_norm": (after.double() - before[key].double()).norm(),
            }
        layers[name] = {k: float(v) for k, v in row.items()}

    # The same net in Float64, as a function of one vector.
    names = list(before)
    sizes = [before[n].numel() for n in names]

    def loss_at(vector, inputs, targets):
        parts = dict(zip(names, torch.split(vector, sizes)))
        parts = {n: v.view_as(before[n]) for n, v in parts.items()}
        return cross_entropy(torch.func.functional_call(net.double(), parts, inputs), targets)

    def vector_of(tensors):
        return torch.cat([tensors[n].double().flatten() for n in names])

    old, new = vector_of(before), vector_of({n: p.detach() for n, p in net.named_parameters()})
    samples = torch.stack([
        torch.autograd.functional.jacobian(lambda v: loss_at(v, x[i:i + 1].double(), labels[i:i + 1]), old)
        for i in range(7)])
    mean = samples.mean(0)
    noise = (samples - mean).square().sum() / 6
    signal = mean.square().sum() - noise / 7
    across = samples - torch.outer(samples @ mean / mean.dot(mean), mean)
    hessian = torch.autograd.functional.hessian(lambda v: loss_at(v, x.double(), labels), new)
    net.float()
    y = outputs["0"].double()
    s = torch.linalg.svdvals(y - y.mean(0))
    p = s / s.sum()
    steps.append({
        "inputs": x.flatten().tolist(), "labels": labels.tolist(), "loss": loss.item(), "layers": layers,
        "model": {
            "gradient_variance": noise.item(), "gradient_noise_scale": (noise / signal).item() if signal > 0 else None,
            "sample_gradient_norm_mean": samples.norm(dim=1).mean().item(),
            "sample_gradient_norm_max": samples.norm(dim=1).max().item(),
            "norm_test": math.sqrt(noise / 7 / mean.dot(mean)),
            "inner_product_test": math.sqrt((samples @ mean).var() / 7) / mean.dot(mean).item(),
            "orthogonality_test": math.sqrt(across.square().sum() / 42 / mean.dot(mean)),
            "hessian_top_eigenvalue": torch.linalg.eigvalsh(hessian)[-1].item(),
        },
        "hessian_trace": hessian.trace().item(),
        "hessian_trace_deviation": math.sqrt(2 * (hessian.square().sum() - hessian.diag().square().sum())),
        "effective_rank": torch.exp(-(p * p.log()).sum()).item(),
    })
print(json.dumps({"start": start, "steps": steps}, indent=1))
