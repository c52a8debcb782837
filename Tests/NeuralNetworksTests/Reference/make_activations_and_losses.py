"""Records what PyTorch's activations and losses do, for ActivationAndLossReferenceTests.swift:
python make_activations_and_losses.py > activations_and_losses.json"""
import json
import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
torch.manual_seed(5)


def flat(tensor):
    return [float(f"{v:.8g}") for v in tensor.detach().flatten().tolist()]


# Three rows whose width is no multiple of a vector's; the last is large.
inputs = torch.randn(3, 21) * torch.tensor([[1.0], [6.0], [90.0]])
upstream = torch.randn(3, 21)

activations = {
    "ReLU": nn.ReLU(), "Sigmoid": nn.Sigmoid(), "Tanh": nn.Tanh(), "LeakyReLU": nn.LeakyReLU(),
    "LeakyReLU 0.2": nn.LeakyReLU(0.2), "ELU": nn.ELU(), "ELU 0.7": nn.ELU(0.7), "SELU": nn.SELU(), "GELU": nn.GELU(),
    "GELU by tanh": nn.GELU(approximate="tanh"), "SiLU": nn.SiLU(), "Softplus": nn.Softplus(),
    "Softsign": nn.Softsign(), "HardTanh": nn.Hardtanh(), "Softmax": nn.Softmax(-1), "LogSoftmax": nn.LogSoftmax(-1),
    "Mish": nn.Mish(), "HardSwish": nn.Hardswish(), "HardSigmoid": nn.Hardsigmoid(), "PReLU": nn.PReLU(),
}
recorded = []
for name, module in activations.items():
    # Each row by itself, so that the large one hides no error of the others.
    rows = []
    for row, g in zip(inputs, upstream):
        x = row.clone().requires_grad_()
        y = module(x)
        y.backward(g)
        rows.append({"output": flat(y), "gradient": flat(x.grad)})
    recorded.append({"name": name, "rows": rows})

target = torch.randn(3, 21) * 2
truth = torch.rand(3, 21).round()
labels = torch.tensor([20, 0, 7])
weights = torch.rand(21) + 0.2
soft = torch.sigmoid(target)
mixed = torch.softmax(target, 1)
padded = torch.tensor([20, -100, 7])
alike = torch.tensor([1, -1, 1])
losses = {
    "crossEntropy": lambda x, r: F.cross_entropy(x, labels, reduction=r),
    "crossEntropy weighted": lambda x, r: F.cross_entropy(x, labels, weight=weights, reduction=r),
    "crossEntropy smoothed": lambda x, r: F.cross_entropy(x, labels, label_smoothing=0.1, reduction=r),
    "crossEntropy of padding": lambda x, r: F.cross_entropy(x, padded, weight=weights, label_smoothing=0.3, reduction=r),
    "crossEntropy of mixtures": lambda x, r: F.cross_entropy(x, mixed, weight=weights, label_smoothing=0.2, reduction=r),
    "crossEntropy both": lambda x, r: F.cross_entropy(x, labels, weight=weights, label_smoothing=0.3, reduction=r),
    "binaryCrossEntropy": lambda x, r: F.binary_cross_entropy_with_logits(x, truth, reduction=r),
    "binaryCrossEntropy weighted": lambda x, r: F.binary_cross_entropy_with_logits(
        x, truth, pos_weight=weights, reduction=r),
    "negativeLogLikelihood": lambda x, r: F.nll_loss(F.log_softmax(x, 1), labels, reduction=r),
    "negativeLogLikelihood weighted": lambda x, r: F.nll_loss(
        F.log_softmax(x, 1), labels, weight=weights, reduction=r),
    "negativeLogLikelihood of padding": lambda x, r: F.nll_loss(
        F.log_softmax(x, 1), padded, weight=weights, reduction=r),
    "klDivergence": lambda x, r: F.kl_div(F.log_softmax(x, 1), mixed, reduction="none").sum(1)
    if r == "none" else F.kl_div(F.log_softmax(x, 1), mixed, reduction="batchmean" if r == "mean" else r),
    "cosineEmbedding": lambda x, r: F.cosine_embedding_loss(x, target, alike, margin=-0.5, reduction=r),
    "binaryCrossEntropy of probabilities": lambda x, r: F.binary_cross_entropy(torch.sigmoid(x), truth, reduction=r),
    "binaryCrossEntropy of probabilities, soft": lambda x, r: F.binary_cross_entropy(
        torch.sigmoid(x), soft, reduction=r),
    "meanSquaredError": lambda x, r: F.mse_loss(x, target, reduction=r),
    "meanAbsoluteError": lambda x, r: F.l1_loss(x, target, reduction=r),
    "huberLoss": lambda x, r: F.huber_loss(x, target, reduction=r),
    "huberLoss 2.5": lambda x, r: F.huber_loss(x, target, reduction=r, delta=2.5),
}
recorded_losses = []
for name, loss in losses.items():
    for reduction in ("mean", "sum", "none"):
        x = inputs.clone().requires_grad_()
        y = loss(x, reduction)
        y.backward(upstream.flatten()[:y.numel()].reshape(y.shape))
        recorded_losses.append(
            {"name": name, "reduction": reduction, "output": flat(y), "gradient": flat(x.grad)})

# Predictions as a net in bfloat16 hands them to its loss; the gradient comes back in bfloat16.
half_losses = []
for name, loss in losses.items():
    if "probabilities" in name:
        continue  # PyTorch refuses it in autocast.
    for reduction in ("mean", "none"):
        x = inputs.bfloat16().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16):
            y = loss(x, reduction)
        y.backward(upstream.flatten()[:y.numel()].reshape(y.shape).to(y.dtype))
        half_losses.append(
            {"name": name, "reduction": reduction, "output": flat(y.float()), "gradient": flat(x.grad.float())})

# At the places where two pieces meet, just beside them, and far out where exponentials are small.
edges = torch.tensor([-30, -20, -12, -9, -3, -1.0000001, -1, -0.9999999, -0.0, 0, 0.9999999, 1, 1.0000001, 3, 20])
pieces = dict(activations)
pieces["clamped"], pieces["absolute"] = lambda x: x.clamp(-1, 1), torch.abs
edge_slopes = []
for name, function in pieces.items():
    if "oftmax" not in name.lower():
        x = edges.clone().requires_grad_()
        function(x).sum().backward()
        edge_slopes.append({"name": name, "slopes": flat(x.grad)})

# Probabilities at the ends of their range, with each target.
ends = torch.tensor([0, 1e-30, 1e-13, 1e-6, 0.25, 0.5, 1 - 2**-24, 1]).repeat(3)
certain = torch.tensor([0, 1, 0.25]).repeat_interleave(8)
p = ends.clone().requires_grad_()
of_ends = F.binary_cross_entropy(p, certain, reduction="none")
of_ends.sum().backward()
end_losses = {"inputs": flat(ends), "target": flat(certain), "output": flat(of_ends), "gradient": flat(p.grad)}

print(json.dumps({
    "torch": torch.__version__, "inputs": flat(inputs), "upstream": flat(upstream), "target": flat(target),
    "truth": flat(truth), "labels": labels.tolist(), "weights": flat(weights), "activations": recorded,
    "losses": recorded_losses, "halfLosses": half_losses, "endLosses": end_losses, "edges": flat(edges), "edgeSlopes": edge_slopes}, separators=(",", ":")))
