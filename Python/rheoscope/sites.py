"""The sites of a recording: one per call of a module whose output is a tensor of its own."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from .describe import kind_of, own_parameters, saturation_limits
from .statistics import SMALL

if TYPE_CHECKING:
    from .observer import Observer

_graph_task = torch._C._current_graph_task_id
_transform_level = torch._C._functorch.maybe_current_level


class Site:
    """A row of the table ``site``, and what receives the gradients of its outputs."""

    __slots__ = ("id", "row", "limits", "chosen", "copies", "step", "path", "precision", "observer")

    def __init__(self, observer: Observer, id: int, row: tuple, limits: tuple[float, float] | None, chosen: tuple[int, ...] | None) -> None:
        self.observer, self.id, self.row, self.limits, self.path = observer, id, row, limits, row[1]
        # The positions of its own tensors among those of the output; None if the output is one tensor.
        self.chosen = chosen
        # Whether something changes its output in place, so that it must be copied.
        self.copies = False
        self.precision = "float32"
        self.step = -1

    def receive_at(self, index: int) -> Any:
        """A hook for the output of a node with this index."""
        def receive(gradients: tuple[Tensor | None, ...]) -> None:
            gradient = gradients[index]
            if gradient is not None:
                self.receive_tensor(gradient)
        return receive

    def receive_tensor(self, gradient: Tensor) -> None:
        """Keeps dL/d(output), if it is of this step; a large one is reduced at once."""
        observer = self.observer
        if self.step != observer.step or not observer.is_active:
            return
        if not observer.has_gradient:
            observer.first_gradient()
        if gradient.numel() > SMALL:
            observer.reduce_gradient(self, gradient)
        else:
            observer.gradients.append((self, gradient))

    def see(self, output: Tensor) -> None:
        """Keeps an output, and asks for its gradient."""
        observer, count = self.observer, output.numel()
        self.step, observer.last = observer.step, output
        if count == 0:
            return
        if output.requires_grad:
            node = output.grad_fn
            if node is None:
                output.register_hook(self.receive_tensor)
            elif output._backward_hooks is None:
                # What output.register_hook does, but for a handle to remove the hook, which takes most of the time.
                output._backward_hooks = OrderedDict({-1: self.receive_tensor})
                node._register_hook_dict(output)
            else:
                # The tensor has hooks, those of a site among them where it was changed in place since.
                node.register_prehook(self.receive_at(output.output_nr))
        if count > SMALL:
            observer.reduce_output(self, output)
        elif self.copies:
            observer.nodes.append((self, output.grad_fn))
            copy = output.detach().clone()
            observer.outputs.append((self, copy, copy._version))
        else:
            observer.outputs.append((self, output, output._version))


def site_row(id: int, module: str, call: int, kind: str, depth: int, is_layer: bool, shape: Any) -> tuple:
    """The values of a row of the table ``site``."""
    path = module if call == 0 else f"{module}[{call}]"
    return id, path, module, call, kind, max(depth, 1) if is_layer else depth, int(is_layer), json.dumps(list(shape))


class ObservedModule:
    """A module of the model with its sites, by call."""

    def __init__(self, observer: Observer, path: str, module: nn.Module) -> None:
        self.observer, self.path, self.kind, self.module = observer, path, kind_of(module), module
        self.own = own_parameters(module)
        self.is_layer = any(parameter.dim() > 1 for _, parameter in self.own)
        self.hands_through = not self.is_layer and any(True for _ in module.children())
        self.limits = saturation_limits(module)
        self.sites: dict[int, Site] = {}
        # Calls whose output was not its own.
        self.others: set[int] = set()
        self.call = -1
        self.number = -1
        # Calls without gradients in the forward pass, which a checkpoint makes again in the backward pass, and depths of these.
        self.without = 0
        self.depths: dict[int, int] = {}
        self.hook = ModuleHook(self)

    def called(self, module: nn.Module, inputs: tuple, output: Any) -> None:
        """Sees a call of the module."""
        observer = self.observer
        if _transform_level() is not None:  # Inside of torch.func.grad and vmap.
            return None
        if not torch.is_grad_enabled() or _graph_task() >= 0:
            return observer.called_without_gradients(self, inputs, output)
        if self.number != observer.number:
            self.number, self.call, self.without = observer.number, 0, 0
        else:
            self.call += 1
        if observer.input is None:
            observer.see_input(module, inputs)
        site = self.sites.get(self.call)
        if output is observer.last and self.hands_through and not observer.learns:
            return None
        if site is None and self.call in self.others and inputs and output is inputs[0]:
            return None
        if site is None or site.chosen is not None or observer.learns or type(output) is not Tensor:
            observer.learn(self, inputs, output)
        else:
            site.see(output)
        return None


class ModuleHook:
    """A forward hook. Copies of a model, and models that were saved and loaded, hold one that does nothing."""

    __slots__ = ("observed",)

    def __init__(self, observed: ObservedModule | None = None) -> None:
        self.observed = observed

    def __call__(self, module: nn.Module, inputs: tuple, output: Any) -> None:
        observed = self.observed
        if observed is not None and observed.observer.is_active:
            try:
                observed.called(module, inputs, output)
            except Exception as error:  # Recording must not stop a training.
                observed.observer.failed(observed.path, error)

    def __deepcopy__(self, memo: dict) -> ModuleHook:
        return ModuleHook()

    def __reduce__(self) -> tuple:
        return ModuleHook, ()


class PassHook:
    """A hook before and after a call of the model, with the same copies as ``ModuleHook``."""

    __slots__ = ("observer", "is_model", "begins")

    def __init__(self, observer: Observer | None = None, is_model: bool = False, begins: bool = False) -> None:
        self.observer, self.is_model, self.begins = observer, is_model, begins

    def __call__(self, module: nn.Module, inputs: tuple, output: Any = None) -> None:
        observer = self.observer
        if observer is None or not observer.is_active or _transform_level() is not None:
            return
        if self.begins:
            observer.begin_call(module, inputs, self.is_model)
        else:
            observer.end_call()

    def __deepcopy__(self, memo: dict) -> PassHook:
        return PassHook()

    def __reduce__(self) -> tuple:
        return PassHook, ()
