"""Records what PyTorch's optimizers, schedulers and clipping do, for OptimizerReferenceTests.swift:
python make_optimizer_reference.py > optimizers.json"""
import json
import torch
from torch import optim

torch.set_num_threads(1)
torch.manual_seed(3)


def flat(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]


# A row shorter than a vector, and one that is no multiple of its length.
weights = [torch.randn(3), torch.randn(5, 7)]
gradients = [[torch.randn(w.shape) * scale for w in weights] for scale in (1.0, 0.1, 3.0)]

makers = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "sgd decay": lambda p: optim.SGD(p, lr=0.1, weight_decay=0.3),
    "momentum decay": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.3),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "nesterov decay": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.3),
    "rmsprop": lambda p: optim.RMSprop(p),
    "rmsprop momentum decay": lambda p: optim.RMSprop(p, lr=0.02, alpha=0.9, momentum=0.5, weight_decay=0.3),
    "adagrad": lambda p: optim.Adagrad(p),
    "adagrad decay": lambda p: optim.Adagrad(p, lr=0.1, weight_decay=0.3),
    "adam": lambda p: optim.Adam(p),
    "adam decay": lambda p: optim.Adam(p, lr=0.05, betas=(0.8, 0.95), weight_decay=0.3),
    "adamw": lambda p: optim.AdamW(p),
    "adamw decay": lambda p: optim.AdamW(p, lr=0.05, weight_decay=0.3),
    "groups": lambda p: optim.AdamW([
        {"params": p[:1], "weight_decay": 0.0, "lr": 0.005}, {"params": p[1:]}], lr=0.05, weight_decay=0.3),
}
updated = {}
for name, make in makers.items():
    parameters = [w.clone().requires_grad_() for w in weights]
    optimizer = make(parameters)
    for step in gradients:
        for p, g in zip(parameters, step):
            p.grad = g.clone()
        optimizer.step()
    updated[name] = [flat(p) for p in parameters]

schedulers = {
    "step": lambda o: optim.lr_scheduler.StepLR(o, 7, gamma=0.3),
    "exponential": lambda o: optim.lr_scheduler.ExponentialLR(o, 0.9),
    "cosine": lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 30, eta_min=0.05),
    "oneCycle": lambda o: optim.lr_scheduler.OneCycleLR(o, 1.0, total_steps=30, cycle_momentum=False),
    "oneCycle otherwise": lambda o: optim.lr_scheduler.OneCycleLR(
        o, 1.0, total_steps=30, pct_start=0.45, div_factor=10, final_div_factor=50, cycle_momentum=False),
    "warm-up and exponential": lambda o: optim.lr_scheduler.SequentialLR(o, [
        optim.lr_scheduler.LinearLR(o, start_factor=1 / 8, total_iters=7),
        optim.lr_scheduler.ExponentialLR(o, 0.9)], milestones=[8]),
}
rates = {}
for name, make in schedulers.items():
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    rates[name] = []
    for step in range(30):
        rates[name].append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()

clipped = {}
for name, clip in {
    "norm": lambda p: torch.nn.utils.clip_grad_norm_(p, 1.5).item(),
    "large norm": lambda p: torch.nn.utils.clip_grad_norm_(p, 1500).item(),
    "value": lambda p: torch.nn.utils.clip_grad_value_(p, 0.4),
}.items():
    parameters = [w.clone().requires_grad_() for w in weights]
    for p, g in zip(parameters, gradients[0]):
        p.grad = g.clone()
    norm = clip(parameters)
    clipped[name] = {"norm": norm, "gradients": [flat(p.grad) for p in parameters]}

print(json.dumps({
    "torch": torch.__version__, "weights": [flat(w) for w in weights],
    "gradients": [[flat(g) for g in step] for step in gradients],
    "updated": updated, "rates": rates, "clipped": clipped}, separators=(",", ":")))
