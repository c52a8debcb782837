"""Names of modules and optimizers as the run file and the diagnosis know them."""

from __future__ import annotations

from torch import nn

# Where PyTorch's name of a class differs from that of the run file.
_KINDS = {
    "BatchNorm1d": "BatchNorm", "BatchNorm2d": "BatchNorm", "BatchNorm3d": "BatchNorm", "SyncBatchNorm": "BatchNorm",
    "Hardsigmoid": "HardSigmoid", "Hardtanh": "HardTanh", "Hardswish": "HardSwish", "MultiheadAttention": "MultiHeadAttention",
    "InstanceNorm1d": "InstanceNorm", "InstanceNorm2d": "InstanceNorm", "InstanceNorm3d": "InstanceNorm",
    "NonDynamicallyQuantizableLinear": "Linear",
}
_OPTIMIZERS = {"RMSprop": "RMSProp"}


def kind_of(module: nn.Module) -> str:
    """The kind of a module: the name of its class."""
    name = type(module).__name__
    name = name.removeprefix("Parametrized") or name
    return _KINDS.get(name, name)


def optimizer_type(optimizer: object) -> str:
    """The name of an optimizer's class, such as ``Adam``."""
    name = type(optimizer).__name__
    return _OPTIMIZERS.get(name, name)


def own_parameters(module: nn.Module) -> list[tuple[str, nn.Parameter]]:
    """The parameters that a module itself holds, with those behind its parametrizations, and their names in it."""
    own = list(module.named_parameters(recurse=False))
    parametrizations = dict(module.named_children()).get("parametrizations")
    if parametrizations is not None:
        own += [(f"parametrizations.{name}", parameter) for name, parameter in parametrizations.named_parameters()]
    return own


def saturation_limits(module: nn.Module) -> tuple[float, float] | None:
    """The range of outputs where the derivative is at least a tenth of its maximum; None if the activation does not saturate."""
    if isinstance(module, nn.Sigmoid):
        return 0.0256583509747431, 0.974341649025257
    if isinstance(module, nn.Tanh):
        return -0.948683298050514, 0.948683298050514
    if isinstance(module, nn.Softsign):
        return -0.683772233983162, 0.683772233983162
    # Inside of the limits of the output by less than one float32 step.
    if isinstance(module, nn.Hardsigmoid):
        return 1e-45, 1 - 2**-24
    if isinstance(module, nn.Hardtanh):
        return module.min_val * (1 - 2**-24), module.max_val * (1 - 2**-24)
    return None


def model_text(model: nn.Module) -> str:
    """The tree of modules, one per line, each with its parameters and the number of their elements."""
    lines: list[str] = []

    def describe(module: nn.Module, name: str, indent: str, child_indent: str) -> None:
        parts = [", ".join(f"{own} {list(p.shape)}" for own, p in module.named_parameters(recurse=False))]
        count = sum(parameter.numel() for parameter in module.parameters())
        parts.append(f"{count:,} parameters" if count else "")
        text = " · ".join(part for part in parts if part)
        lines.append(indent + (f"{name}: " if name else "") + kind_of(module) + ("  " + text if text else ""))
        children = list(module.named_children())
        for index, (own, child) in enumerate(children):
            last = index == len(children) - 1
            describe(child, own, child_indent + ("└ " if last else "├ "), child_indent + ("  " if last else "│ "))

    describe(model, "", "", "")
    return "\n".join(lines)
