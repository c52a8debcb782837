"""Records what PyTorch's operations do, for OperationReferenceTests.swift: python make_operations.py > operations.json

For each operation y = f(x, ...): y; the gradients of sum(upstream * y); and the gradients of sum(direction * d/dx sum(upstream * y^3)).
Each list of `inputs` serves several operations."""
import json
import torch

torch.set_num_threads(1)
torch.manual_seed(11)


def flat(tensor):
    return [float(f"{v:.8g}") for v in tensor.detach().flatten().tolist()]


def recorded(tensor):
    return {"shape": list(tensor.shape), "values": flat(tensor)}


inputs = {
    "one": [torch.randn(3, 7) * torch.tensor([[0.3], [1.0], [4.0]])],
    "positive": [torch.rand(3, 7) * torch.tensor([[0.3], [1.0], [4.0]]) + 1e-3],
    # Both rows have elements that are equal to each other and to the other input's.
    "equal": [torch.tensor([[0.0, 1, 1, -2, 3, 3], [2, -1, 2, 2, 0, 0]]), torch.tensor([0.0, 1, 2, -2, -3, 0])],
    "two": [torch.randn(2, 3, 4), torch.randn(3, 1)],
    "base and exponent": [torch.tensor([[0.5, 2, 1, 0.7, 3], [1.25, 0.1, 3, 4, 2]]), torch.tensor([2, 0, -1.5, 1, 3])],
    "three": [torch.randn(2, 3, 4)],
    "factors": [torch.randn(2, 3, 4), torch.randn(2, 4, 5)],
    "ties": [torch.tensor([[1.0, 3, 3, -2], [2, 2, 2, 2], [-1, 0, -4, 0]])],
}
mask = torch.tensor([[1.0, 0, 1, 0, 1, 1], [0, 0, 1, 1, 0, 1]])

operations = {
    "sin": ("one", torch.sin), "cos": ("one", torch.cos), "erf": ("one", torch.erf), "sign": ("equal", lambda x, y: x.sign()),
    "floor": ("one", torch.floor), "ceil": ("one", torch.ceil), "round": ("one", torch.round),
    "clamped from 0": ("equal", lambda x, y: x.clamp(min=0)), "clamped to 2": ("equal", lambda x, y: x.clamp(max=2)),
    "pow 2.5": ("positive", lambda x: x ** 2.5), "pow 3": ("equal", lambda x, y: x ** 3), "pow 0": ("equal", lambda x, y: x ** 0),
    "pow -1": ("positive", lambda x: x ** -1), "pow": ("base and exponent", torch.pow),
    "maximum": ("two", torch.maximum), "minimum": ("two", torch.minimum),
    "maximum of equals": ("equal", torch.maximum), "minimum of equals": ("equal", torch.minimum),
    "max over 0 and 2": ("three", lambda x: x.amax((0, 2))), "min over all": ("ties", lambda x: x.amin((0, 1))),
    "max of equals": ("ties", lambda x: x.amax(1, keepdim=True)), "min of equals": ("ties", lambda x: x.amin(0)),
    "max with indices": ("ties", lambda x: x.max(1).values), "min with indices": ("ties", lambda x: x.min(1, keepdim=True).values),
    "argmax": ("ties", lambda x: x.argmax(1) + 0 * x.sum(1)), "argmin": ("ties", lambda x: x.argmin(0) + 0 * x.sum(0)),
    "product over 1": ("three", lambda x: x.prod(1)), "product with zeros": ("ties", lambda x: x.prod(1)),
    "cumulativeSum": ("three", lambda x: x.cumsum(1)), "logSumExp": ("three", lambda x: x.logsumexp((0, 1))),
    "norm": ("three", lambda x: torch.linalg.vector_norm(x, 2, (0, 2))), "norm 1": ("three", lambda x: torch.linalg.vector_norm(x, 1, 1)),
    "norm 3": ("three", lambda x: torch.linalg.vector_norm(x, 3)), "norm inf": ("ties", lambda x: torch.linalg.vector_norm(x, float("inf"), 1)),
    "softmax along 1": ("three", lambda x: x.softmax(1)), "logSoftmax along 0": ("three", lambda x: x.log_softmax(0)),
    "masked softmax": ("equal", lambda x, y: x.masked_fill(mask == 0, -torch.inf).softmax(1)),
    "take": ("three", lambda x: x[:, torch.tensor([2, 0, 2])]),
    "gather": ("three", lambda x: x.gather(1, torch.tensor([[[2, 0, 1], [1, 1, 1]]]))),
    "scatterAdd": ("base and exponent", lambda x, y: x.scatter_add(1, torch.tensor([[4, 4, 0, 1, 4]]), y.reshape(1, 5))),
    "sorted": ("ties", lambda x: x.sort(dim=1, stable=True).values), "argsort": ("ties", lambda x: x.argsort(dim=1, descending=True, stable=True) + 0 * x),
    "topK": ("three", lambda x: x.topk(2).values), "topK of the smallest": ("three", lambda x: x.topk(2, 1, largest=False).values),
    "stacked": ("equal", lambda x, y: torch.stack([x[0], y, x[1]], 1)), "split": ("three", lambda x: x.split([1, 3], 2)[1]),
    "flipped": ("three", lambda x: x.flip((0, 2))), "rolled": ("three", lambda x: x.roll(-3, 2)),
    "lowerTriangle": ("three", lambda x: x.tril(1)), "upperTriangle": ("three", lambda x: x.triu(1)),
    "einsum": ("factors", lambda x, y: torch.einsum("bij,bjk->kbi", x, y)), "einsum to a scalar": ("factors", lambda x, y: torch.einsum("bij,cjk->", x, y)),
    "where": ("equal", lambda x, y: torch.where(mask != 0, x, y)),
}

cases = []
for name, (of, operation) in operations.items():
    xs = [x.clone().requires_grad_() for x in inputs[of]]
    y = operation(*xs)
    upstream = torch.randn(y.shape)
    gradients = torch.autograd.grad((upstream * y).sum(), xs, retain_graph=True, allow_unused=True, materialize_grads=True)
    directions = [torch.randn(x.shape) for x in xs]
    first = torch.autograd.grad((upstream * y ** 3).sum(), xs, create_graph=True, allow_unused=True, materialize_grads=True)
    slope = sum((g * d).sum() for g, d in zip(first, directions))
    second = [torch.zeros_like(x) for x in xs]
    if slope.requires_grad:
        second = torch.autograd.grad(slope, xs, allow_unused=True, materialize_grads=True)
    cases.append({
        "name": name, "inputs": of, "output": recorded(y), "upstream": flat(upstream), "directions": [flat(d) for d in directions],
        "gradients": [flat(g) for g in gradients], "second": [flat(g) for g in second]})

print(json.dumps({
    "torch": torch.__version__, "inputs": {name: [recorded(x) for x in xs] for name, xs in inputs.items()}, "mask": recorded(mask),
    "cases": cases}, separators=(",", ":")))
