"""Records what PyTorch computes for the layers of LayerReferenceTests.swift: python make_layers.py > layers.json

Images are channels-last on our side, so they are transposed on the way in and out.
"""
import json
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

torch.set_num_threads(1)
torch.manual_seed(0)


def flat(tensor):
    return [float(f"{v:.7g}") for v in tensor.detach().flatten().tolist()]


def short(tensor):
    """Two decimals, which both sides read as the same number."""
    return (tensor * 100).round() / 100


class Attention(nn.Module):
    def __init__(self, width, heads, causal):
        super().__init__()
        self.inner = nn.MultiheadAttention(width, heads, batch_first=True)
        nn.init.normal_(self.inner.in_proj_bias, std=0.1)
        nn.init.normal_(self.inner.out_proj.bias, std=0.1)
        self.causal = causal

    def forward(self, x):
        n = x.shape[1]
        mask = torch.triu(torch.full((n, n), float("-inf")), 1) if self.causal else None
        return self.inner(x, x, x, attn_mask=mask, need_weights=False)[0]


class Block(nn.Module):
    def __init__(self, norm_first, causal):
        super().__init__()
        self.inner = nn.TransformerEncoderLayer(
            4, 2, 7, dropout=0, activation="gelu", batch_first=True, norm_first=norm_first)
        normalized(self.inner.norm1), normalized(self.inner.norm2)
        nn.init.normal_(self.inner.self_attn.in_proj_bias, std=0.1)
        nn.init.normal_(self.inner.self_attn.out_proj.bias, std=0.1)
        self.causal = causal

    def forward(self, x):
        n = x.shape[1]
        mask = torch.triu(torch.full((n, n), float("-inf")), 1) if self.causal else None
        return self.inner(x, src_mask=mask)


class Projected(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.shortcut = nn.Linear(5, 4), nn.Linear(5, 4, bias=False)

    def forward(self, x):
        return self.shortcut(x) + 0.5 * self.layer(x)


class ReZero(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.scale = nn.Linear(5, 5), nn.Parameter(torch.tensor(0.3))

    def forward(self, x):
        return x + self.scale * self.layer(x)


class Recurrent(nn.Module):
    """The hidden state after each time step."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)[0]


class SwiGLU(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.expand = nn.Linear(4, 6, bias=False), nn.Linear(4, 6, bias=False)
        self.contract = nn.Linear(6, 4, bias=False)

    def forward(self, x):
        return self.contract(F.silu(self.gate(x)) * self.expand(x))


class Rotary(nn.Module):
    """Pairs as complex numbers, as in LLaMA's code, or halves turned by `rotate_half`, as in that of transformers."""

    def __init__(self, width, interleaved, base=10000.0, offset=0):
        super().__init__()
        self.width, self.interleaved, self.base, self.offset = width, interleaved, base, offset

    def forward(self, x):
        frequencies = 1 / self.base ** (torch.arange(0, self.width, 2).float() / self.width)
        angles = torch.outer(torch.arange(self.offset, self.offset + x.shape[-2]).float(), frequencies)
        turned, rest = x[..., :self.width], x[..., self.width:]
        if self.interleaved:
            pairs = torch.view_as_complex(turned.reshape(*turned.shape[:-1], -1, 2).contiguous())
            result = torch.view_as_real(pairs * torch.polar(torch.ones_like(angles), angles)).flatten(-2)
        else:
            angles = torch.cat([angles, angles], -1)
            a, b = turned.chunk(2, -1)
            result = turned * angles.cos() + torch.cat([-b, a], -1) * angles.sin()
        return torch.cat([result, rest], -1)


class GeneralAttention(nn.Module):
    """Of the first `queries` positions to all, in `scaled_dot_product_attention`. The context has the first features."""

    def __init__(self, width, heads, kv_heads=None, queries=None, context=None, mask=None, norm=None, rotary=None):
        super().__init__()
        kv_heads, self.size = kv_heads or heads, width // heads
        self.query, self.key = nn.Linear(width, width), nn.Linear(context or width, kv_heads * self.size)
        self.value, self.output = nn.Linear(context or width, kv_heads * self.size), nn.Linear(width, width)
        self.query_norm = normalized(norm(self.size)) if norm else nn.Identity()
        self.key_norm = normalized(norm(self.size)) if norm else nn.Identity()
        self.rotary = rotary or nn.Identity()
        self.queries, self.context, self.mask = queries, context, mask

    def forward(self, x):
        def by_head(x, norm, rotary):
            return rotary(norm(x.unflatten(-1, (-1, self.size))).transpose(1, 2))

        context = x[..., :self.context] if self.context else x
        query = by_head(self.query(x[:, :self.queries]), self.query_norm, self.rotary)
        key = by_head(self.key(context), self.key_norm, self.rotary)
        value = by_head(self.value(context), nn.Identity(), nn.Identity())
        y = F.scaled_dot_product_attention(query, key, value, attn_mask=self.mask, enable_gqa=True)
        return self.output(y.transpose(1, 2).flatten(-2))


class PaddedAttention(Attention):
    """Attention to the first 3 and 1 positions of two sequences, by a mask of padding."""

    def forward(self, x):
        padding = torch.arange(x.shape[1]) >= torch.tensor([[3], [1]])
        return self.inner(x, x, x, key_padding_mask=padding, need_weights=False)[0]


def normalized(module):
    nn.init.normal_(module.weight, 1, 0.3)
    if getattr(module, "bias", None) is not None:
        nn.init.normal_(module.bias, std=0.3)
    return module


def evaluated(norm):
    """With running statistics that are not at their first values."""
    norm.running_mean.copy_(short(torch.randn(norm.num_features)))
    norm.running_var.copy_(short(torch.rand(norm.num_features) + 0.3))
    return norm.eval()


image = (2, 3, 3, 4)  # n, h, w, c
layers = {
    "conv": (nn.Conv2d(4, 2, 3), image), "conv strided": (nn.Conv2d(4, 2, 3, 2, 1), image),
    "conv grouped": (nn.Conv2d(4, 4, 3, padding=1, groups=2), image),
    "conv depthwise": (nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False), image),
    "conv 1": (nn.Conv2d(4, 3, 1), image), "conv 5": (nn.Conv2d(4, 1, 5, padding=2), image),
    "max pool": (nn.MaxPool2d(3, 2, 1), image), "average pool": (nn.AvgPool2d(3, 2, 1), image),
    "global average pool": (nn.AdaptiveAvgPool2d(1), image),
    "batch norm": (normalized(nn.BatchNorm1d(7)), (9, 7)), "batch norm of images": (normalized(nn.BatchNorm2d(4)), image),
    "layer norm": (normalized(nn.LayerNorm(7)), (3, 2, 7)), "RMS norm": (normalized(nn.RMSNorm(7)), (3, 2, 7)),
    "embedding": (nn.Embedding(5, 3), (2, 4)), "flatten": (nn.Flatten(), (3, 2, 4)),
    "attention": (Attention(4, 2, False), (2, 3, 4)), "causal attention": (Attention(6, 2, True), (1, 4, 6)),
    "block, pre-norm": (Block(True, False), (1, 3, 4)), "block, post-norm": (Block(False, True), (1, 3, 4)),
    "projected residual": (Projected(), (4, 5)), "ReZero": (ReZero(), (4, 5)),
}
# Apart, so that the numbers of the others stay.
with torch.random.fork_rng():
    layers["linear"] = nn.Linear(5, 3), (4, 5)
    layers["batch norm, evaluated"] = evaluated(normalized(nn.BatchNorm1d(7))), (9, 7)
    layers["batch norm of images, evaluated"] = evaluated(normalized(nn.BatchNorm2d(4))), image
    layers["LSTM"] = Recurrent(nn.LSTM(3, 4, batch_first=True)), (2, 6, 3)
    layers["LSTM, one step"] = Recurrent(nn.LSTM(2, 3, batch_first=True)), (2, 1, 2)
    layers["GRU"] = Recurrent(nn.GRU(3, 4, batch_first=True)), (2, 6, 3)
    layers["GRU, one step"] = Recurrent(nn.GRU(2, 3, batch_first=True)), (2, 1, 2)
    sequence = (2, 7, 3)  # n, length, c
    layers["conv dilated"] = nn.Conv2d(4, 2, (2, 3), (2, 1), (1, 2), (1, 2)), image
    layers["conv same"] = nn.Conv2d(4, 3, (4, 3), padding="same"), image
    layers["conv by sides"] = nn.Sequential(nn.ZeroPad2d((0, 2, 1, 0)), nn.Conv2d(4, 3, 2)), image
    layers["conv 1d"] = nn.Conv1d(3, 4, 3, 2, 2, 2), sequence
    layers["conv 1d grouped"] = nn.Conv1d(4, 6, 2, groups=2, bias=False), (2, 5, 4)
    layers["conv transposed"] = nn.ConvTranspose2d(4, 3, 3, 2, 1, 1), image
    layers["conv transposed, dilated"] = nn.ConvTranspose2d(4, 2, (2, 3), (2, 1), (0, 1), groups=2, dilation=(3, 1)), image
    layers["conv transposed 1"] = nn.ConvTranspose2d(4, 3, 1, 2, bias=False), image
    layers["conv transposed 1d"] = nn.ConvTranspose1d(3, 2, 4, 2, 1), sequence
    layers["max pool, dilated"] = nn.MaxPool2d(2, 1, 1, 2), image
    layers["max pool, rounded up"] = nn.MaxPool2d(2, ceil_mode=True), image
    layers["max pool 1d"] = nn.MaxPool1d(3, 2, 1), sequence
    layers["average pool, rounded up"] = nn.AvgPool2d(2, 2, 1, ceil_mode=True), (2, 4, 3, 4)
    layers["average pool, padding not counted"] = nn.AvgPool2d((3, 2), (2, 1), (1, 0), count_include_pad=False), image
    layers["average pool 1d"] = nn.AvgPool1d(3, 2, 1), sequence
    layers["adaptive average pool"] = nn.AdaptiveAvgPool2d(2), (2, 5, 3, 4)
    layers["adaptive average pool 1d"] = nn.AdaptiveAvgPool1d(4), sequence
    layers["upsample nearest"] = nn.Upsample(scale_factor=(2, 1.5)), image
    layers["upsample nearest-exact"] = nn.Upsample((7, 2), mode="nearest-exact"), image
    layers["upsample bilinear"] = nn.Upsample(scale_factor=2, mode="bilinear"), image
    layers["upsample bilinear, by a fraction"] = nn.Upsample(scale_factor=1.7, mode="bilinear"), image
    layers["upsample bilinear, corners aligned"] = nn.Upsample((5, 4), mode="bilinear", align_corners=True), image
    layers["upsample linear"] = nn.Upsample(9, mode="linear"), sequence
    # A position in Float32 falls on the other side of an element than the exact one.
    layers["upsample nearest 1d"] = nn.Upsample(82), (1, 2, 1)
    layers["RNN"] = Recurrent(nn.RNN(3, 4, batch_first=True)), (2, 6, 3)
    layers["RNN of ReLUs"] = Recurrent(nn.RNN(2, 3, nonlinearity="relu", batch_first=True)), (3, 4, 2)
    for kind in (nn.RNN, nn.LSTM, nn.GRU):
        deep = kind(3, 4, num_layers=2, bidirectional=True, batch_first=True)
        layers[f"{kind.__name__}, two layers, both directions"] = Recurrent(deep), (2, 5, 3)
    channels_first = {name for name in layers if name.endswith("1d") or name in ("conv 1d grouped", "upsample linear")}


def parts(module, of):
    """What `of` finds of each parameter, in our order: the attention's joint projection taken apart, a block's first norm
    after its attention; a recurrent layer's weights each with its bias."""
    found = {key: of(p) for key, p in module.named_parameters()}
    if "parametrizations.weight.original" in found:
        return [found["parametrizations.weight.original"], found["bias"]]
    if "inner.weight_ih_l0" in found:
        cells = [key.removeprefix("inner.weight_ih") for key in found if "weight_ih" in key]
        return [found[f"inner.{kind}_{of_what}{cell}"]
                for cell in cells for of_what in ("ih", "hh") for kind in ("weight", "bias")]
    prefix = next((key[:-len("in_proj_weight")] for key in found if key.endswith("in_proj_weight")), None)
    if prefix is None:
        return list(found.values())
    weights, biases = found.pop(prefix + "in_proj_weight").chunk(3), found.pop(prefix + "in_proj_bias").chunk(3)
    first = [t for pair in zip(weights, biases) for t in pair]
    first += [found.pop(prefix + "out_proj.weight"), found.pop(prefix + "out_proj.bias")]
    first += [found.pop(key) for key in list(found) if "norm1" in key]
    return first + list(found.values())


def recorded(name, module, shape):
    if name == "embedding":
        x = torch.tensor([[0, 4, 4, 1], [2, 4, 0, 0]])
    else:
        x = short(torch.randn(shape) * 2 + 0.5).requires_grad_()
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(short(p))
    spectral = [flat(b) for key, b in module.named_buffers() if key.endswith(("._u", "._v"))]
    moves = (len(shape) == 4 and name != "rotary") or name in channels_first

    def outside(y):
        return y.movedim(1, -1) if moves and name != "global average pool" else y

    def run():
        return outside(module(x.movedim(-1, 1) if moves else x))

    y = run()
    direction = short(torch.randn(y.shape))
    (y * direction).sum().backward()
    case = {
        "name": name, "shape": list(shape), "inputs": flat(x.float()), "output": flat(y), "direction": flat(direction),
        "parameters": [flat(p) for p in parts(module, lambda p: p)],
        "inputGradient": [] if name == "embedding" else flat(x.grad),
        "gradients": [flat(g) for g in parts(module, lambda p: p.grad)],
    }
    if spectral:
        case["buffers"] = spectral
    if getattr(module, "running_mean", None) is not None:
        case["runningMean"], case["runningVariance"] = flat(module.running_mean), flat(module.running_var)
    if "runningMean" in case and module.training:
        module.eval()
        case["evaluated"] = flat(run())
        module.train()
    if case["parameters"]:
        # The first of three steps of descent takes the gradient above.
        optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)
        for step in range(3):
            if step > 0:
                optimizer.zero_grad()
                (run() * direction).sum().backward()
            optimizer.step()
    case["updated"] = [flat(p) for p in parts(module, lambda p: p)]
    return case


cases = [recorded(name, module, shape) for name, (module, shape) in layers.items()]

# Dropout drops by another stream of random numbers than ours, so what is recorded is what becomes of an element that is kept.
x = short(torch.randn(17) * 2 + 0.5).requires_grad_()
kept, slopes = torch.full((17,), float("nan")), torch.zeros(17)
while kept.isnan().any():
    y = nn.functional.dropout(x, 0.15)
    slope, = torch.autograd.grad(y.sum(), x)
    kept, slopes = torch.where(slope != 0, y.detach(), kept), torch.where(slope != 0, slope, slopes)
dropout = {"probability": 0.15, "inputs": flat(x), "kept": flat(kept), "slopes": flat(slopes)}
# Later layers, apart again. None drops or moves what stands above.
with torch.random.fork_rng():
    mask = torch.tensor([[True, False, True], [False, False, False], [True, True, True]])
    bias = torch.tensor([[0.5, -1.25, float("-inf")], [2.0, 0.0, -0.75], [float("-inf"), 1.5, 0.25]])
    channels_first |= {"instance norm 1d", "instance norm 1d, evaluated", "spectral norm of conv transposed"}
    layers = {
        "group norm": (normalized(nn.GroupNorm(2, 4)), image), "group norm of rows": (normalized(nn.GroupNorm(2, 6)), (3, 6)),
        "instance norm": (nn.InstanceNorm2d(4), image),
        "instance norm 1d": (normalized(nn.InstanceNorm1d(3, affine=True, track_running_stats=True)), sequence),
        "instance norm 1d, evaluated": (
            evaluated(normalized(nn.InstanceNorm1d(3, affine=True, track_running_stats=True))), sequence),
        "PReLU": (nn.PReLU(), (4, 5)), "PReLU per channel": (nn.PReLU(4, 0.1), image), "GLU": (nn.GLU(), (2, 3, 8)),
        "SwiGLU": (SwiGLU(), (2, 3, 4)), "rotary": (Rotary(6, False), (2, 2, 5, 6)),
        "rotary, interleaved": (Rotary(4, True, 100.0, 3), (2, 5, 6)),
        "padded attention": (PaddedAttention(4, 2, False), (2, 4, 4)),
        "masked attention": (GeneralAttention(4, 2, mask=mask), (2, 3, 4)),
        "biased attention": (GeneralAttention(4, 2, mask=bias), (2, 3, 4)),
        "cross-attention": (GeneralAttention(4, 2, queries=2, context=3), (2, 5, 4)),
        "grouped attention": (GeneralAttention(8, 4, 2), (2, 3, 8)),
        "attention, RMS norm": (GeneralAttention(6, 2, norm=nn.RMSNorm), (2, 4, 6)),
        "attention, layer norm": (GeneralAttention(6, 2, norm=nn.LayerNorm), (2, 4, 6)),
        "rotary attention": (GeneralAttention(8, 2, rotary=Rotary(4, False)), (1, 5, 8)),
        "spectral norm": (spectral_norm(nn.Linear(5, 3)), (4, 5)),
        "spectral norm of conv": (spectral_norm(nn.Conv2d(4, 3, (2, 3), groups=1)), image),
        "spectral norm of conv transposed": (spectral_norm(nn.ConvTranspose1d(3, 2, 4, 2), n_power_iterations=3), sequence),
    }
    cases += [recorded(name, module, shape) for name, (module, shape) in layers.items()]
print(json.dumps({"torch": torch.__version__, "cases": cases, "dropout": dropout}, separators=(",", ":")))
