"""Observes a model through hooks and gathers the statistics of a step."""

from __future__ import annotations

from typing import Any, Callable

import torch
from torch import Tensor, nn

from .depth import Depths
from .sites import ObservedModule, PassHook, Site, site_row
from .statistics import Reducer
from .tensors import tensors_in


class Observer:
    """Hooks of all modules, which exist only while steps are recorded, and what they have seen in the current step."""

    def __init__(self, model: nn.Module, warn: Callable[..., None]) -> None:
        self.model, self.warn = model, warn
        self.sites: list[Site] = []
        self.new_sites: list[Site] = []
        self.modules: dict[int, ObservedModule] = {}
        self.named: dict[str, ObservedModule] = {}
        self.is_active = False
        self.learns = True
        self.step = 0
        self.number = 0
        self.scale = 1.0
        self.current_scale: Callable[[], float] | None = None
        self.before_backward: Callable[[], None] | None = None
        self.reducer = Reducer()
        self._handles: list[Any] = []
        self._open_calls = 0
        self._has_gradients_enabled = True
        # The modules that are called from outside of the model's modules, and whether the hooks are at these alone.
        self._entries: set[int] = set()
        self._knows_entries = self._has_few_hooks = False
        self.begin_step(0)

    # MARK: Hooks

    def attach(self) -> list[str]:
        """Adds the hooks. Returns the paths of modules that were added to the model since the last call."""
        found = self._read_modules()
        if self._handles:
            return found
        for path, module in self._present():
            if module is self.model or not self._knows_entries or id(module) in self._entries:
                is_model = module is self.model
                self._handles.append(module.register_forward_pre_hook(PassHook(self, is_model, begins=True)))
                self._handles.append(module.register_forward_hook(self.modules[id(module)].hook))
                self._handles.append(module.register_forward_hook(PassHook(self, is_model), always_call=True))
            else:
                self._handles.append(module.register_forward_hook(self.modules[id(module)].hook))
        self.is_active, self._has_few_hooks = True, self._knows_entries
        return found

    def settle(self) -> None:
        """Ends a recorded step: what was to be learned from it is known."""
        if self.has_forward:
            self.learns, self._knows_entries = False, self._knows_entries or not self._has_few_hooks
        if self._has_few_hooks != self._knows_entries and self._handles:
            self.refresh()

    def detach(self) -> None:
        """Removes the hooks, and no others."""
        self.is_active = False
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def refresh(self) -> list[str]:
        """Adds hooks to modules that are new in the model. Returns their paths."""
        self._handles, handles = [], self._handles
        for handle in handles:
            handle.remove()
        return self.attach()

    def _present(self) -> list[tuple[str, nn.Module]]:
        found, scripted = [], []
        for path, module in self.model.named_modules():
            if isinstance(module, torch.jit.ScriptModule):
                scripted.append(path)
            # Parametrizations belong to the layer whose weight they compute.
            elif "parametrizations" not in path.split("."):
                found.append((path, module))
        if scripted:
            self.warn(
                f"{', '.join(scripted)} {'is a scripted module' if len(scripted) == 1 else 'are scripted modules'}: scripted modules take "
                "no hooks, so they are not recorded, and are no layers on the paths to others", key="scripted modules")
        return found

    def _read_modules(self) -> list[str]:
        is_first, found = not self.modules, []
        for path, module in self._present():
            known = self.modules.get(id(module))
            if known is None or known.module is not module:
                self.modules[id(module)] = ObservedModule(self, path, module)
                found.append(path)
        return [] if is_first else found

    # MARK: Calls

    def begin_step(self, step: int) -> None:
        """Begins a step of the recording."""
        self.step = step
        self.outputs: list[tuple[Site, Tensor, int]] = []
        self.gradients: list[tuple[Site, Tensor]] = []
        self.nodes: list[tuple[Site, Any]] = []
        self.output_rows: list[tuple[list[Site], Tensor]] = []
        self.gradient_rows: list[tuple[list[Site], Tensor]] = []
        self._large_outputs: list[tuple] = []
        self._large_gradients: list[tuple] = []
        self.last: Tensor | None = None
        self._originals: list[tuple[Site, Tensor, int]] = []
        self.depths = Depths()
        self.input: tuple[Tensor, bool] | None = None
        self.called: set[ObservedModule] = set()
        self.called_off: set[ObservedModule] = set()
        self.has_forward = self.has_backward = self.has_gradient = False
        self._is_training = True
        self._open_calls = 0

    @property
    def has_seen_output(self) -> bool:
        """Whether a forward pass of the step has been seen."""
        return self.last is not None

    def begin_call(self, module: nn.Module, inputs: tuple, is_model: bool) -> None:
        """Sees the beginning of a call of the model, or of a part of it that is called by itself; a new pass begins with it."""
        # After an error in a call its end may not have been seen, and a model is not called inside of itself.
        if is_model:
            self._open_calls = 0
        self._open_calls += 1
        if self._open_calls > 1 or torch._C._current_graph_task_id() >= 0:
            return
        self._entries.add(id(module))
        self._has_gradients_enabled = torch.is_grad_enabled()
        if not self._has_gradients_enabled:
            return
        self.flush()
        self.number += 1
        self.has_gradient = False
        self._is_training = self.model.training
        if self.current_scale is not None:
            self.scale = self.current_scale()
        if is_model and self.learns:
            self.depths.begin_model(inputs)

    def end_call(self) -> None:
        """Sees the end of a call that ``begin_call`` has seen."""
        self._open_calls = max(self._open_calls - 1, 0)

    def called_without_gradients(self, observed: ObservedModule, inputs: tuple, output: Any) -> None:
        """Sees a call in which no graph is built, or which a checkpoint makes again in the backward pass."""
        if torch._C._current_graph_task_id() >= 0:
            # A checkpoint that is not re-entrant has been seen already in the forward pass.
            if torch.is_grad_enabled() and observed.number == self.number and observed.without > 0:
                observed.without -= 1
                observed.call += 1
                self.learn(observed, inputs, output, is_again=True)
            return
        self.called_off.add(observed)
        if self._open_calls == 0 or not self._has_gradients_enabled:
            return
        if observed.number != self.number:
            observed.number, observed.call, observed.without = self.number, -1, 0
        if self.learns:
            depth = self.depths.of_inputs(tensors_in(inputs)) + observed.is_layer
            observed.depths[observed.call + 1 + observed.without] = depth
            for tensor in tensors_in(output):
                if not self.depths.is_marked(tensor):
                    self.depths.mark(tensor, depth)
        observed.without += 1

    def see_input(self, module: nn.Module, inputs: tuple) -> None:
        """Keeps the input of the first module that is called."""
        for value in inputs:
            if isinstance(value, Tensor):
                self.input = (value.detach(), isinstance(module, nn.Embedding))
                return

    def learn(self, observed: ObservedModule, inputs: tuple, output: Any, is_again: bool = False) -> None:
        """Sees a call whose site is new, or whose output has several tensors."""
        site, tensors = observed.sites.get(observed.call), list(tensors_in(output))
        if site is not None and not self.learns:
            for index in site.chosen or (0,):
                if index < len(tensors):
                    site.see(tensors[index])
            return
        if self._open_calls == 0 and self._knows_entries and not is_again:
            # A part of the model is called by itself for the first time; its passes are seen from the next step on.
            self._knows_entries = False
            return
        if not self.learns:
            self.learns = True
            self._mark_earlier()
        self.called.add(observed)
        given = list(tensors_in(inputs))
        # The inputs of what a checkpoint computes again are detached.
        before, is_layer, chosen = 0 if is_again else self.depths.of_inputs(given), observed.is_layer, []
        for index, tensor in enumerate(tensors):
            is_given = any(tensor is other for other in given)
            if is_given and tensor._version == 0:
                continue  # An input that is handed through, not one that was changed in place.
            if self.depths.is_marked(tensor):
                # It is handed through, or the output of a module inside; that counts as a layer where there is none inside.
                if is_given or not is_layer or tensor.grad_fn is None or self.depths.of(tensor.grad_fn) > before:
                    continue
            chosen.append(index)
        if not chosen:
            observed.others.add(observed.call)
            return
        own = [tensors[index] for index in chosen]
        graph = max((self.depths.of(tensor.grad_fn) for tensor in own if tensor.grad_fn is not None), default=0)
        depth = max(graph, before) + is_layer
        if is_again:
            depth = observed.depths.get(observed.call, depth)
        if site is None:
            path = observed.path or observed.kind
            row = site_row(len(self.sites), path, observed.call, observed.kind, depth, is_layer, own[0].shape)
            site = self.add_site(row, observed.limits, None if isinstance(output, Tensor) else tuple(chosen))
            site.precision = str(own[0].dtype).removeprefix("torch.")
            observed.sites[observed.call] = site
        for tensor in own:
            self.depths.mark(tensor, depth)
            self.see_first(site, tensor)

    def add_site(self, row: tuple, limits: tuple[float, float] | None, chosen: tuple[int, ...] | None) -> Site:
        """Adds a row of the table ``site``."""
        site = Site(self, row[0], row, limits, chosen)
        self.sites.append(site)
        self.new_sites.append(site)
        return site

    def see_first(self, site: Site, tensor: Tensor) -> None:
        """Sees an output of which is not known yet whether something changes it in place."""
        site.copies, copied = True, site.copies
        site.see(tensor)
        site.copies = copied
        self._originals.append((site, tensor, tensor._version))

    def _mark_earlier(self) -> None:
        """Marks what was computed before in this step."""
        for site, tensor, version in self.outputs:
            if not site.copies:
                self.depths.mark(tensor, site.row[5])
        for site, node in self.nodes:
            if node is not None:
                self.depths.mark_node(node, site.row[5])

    def observe(self, name: str, tensor: Tensor) -> None:
        """Observes a tensor under a name, as a site of its own that is no layer."""
        if not self.is_active or not torch.is_grad_enabled():
            return
        observed = self.named.get(name)
        if observed is None:
            observed = self.named[name] = ObservedModule(self, name, nn.Identity())
            observed.kind = "Tensor"
            if not self.learns:
                self.learns = True
                self._mark_earlier()
            depth = self.depths.of_inputs([tensor])
            observed.sites[0] = self.add_site(site_row(len(self.sites), name, 0, "Tensor", depth, False, tensor.shape), None, None)
        self.see_first(observed.sites[0], tensor)

    # MARK: Statistics

    def first_gradient(self) -> None:
        """Sees the first gradient of a pass."""
        self.has_gradient = True
        if not self.has_backward:
            self.has_backward = True
            if self.before_backward is not None:
                self.before_backward()

    def reduce_output(self, site: Site, output: Tensor) -> None:
        """Reduces a large output at once."""
        self.nodes.append((site, output.grad_fn))
        with torch.no_grad():
            self._large_outputs.append((site, _NumberOfElements(output.numel()), self.reducer.large_output(output, site.limits)))

    def reduce_gradient(self, site: Site, gradient: Tensor) -> None:
        """Reduces a large gradient at once."""
        with torch.no_grad():
            self._large_gradients.append((site, _NumberOfElements(gradient.numel()), self.reducer.large_gradient(gradient)))

    def flush(self) -> None:
        """Reduces the outputs and gradients that were kept."""
        for site, tensor, version in self._originals:
            site.copies = tensor._version != version
        outputs, gradients, large_outputs, large_gradients = self.outputs, self.gradients, self._large_outputs, self._large_gradients
        self.outputs, self.gradients, self.nodes, self._originals, self._large_outputs, self._large_gradients = [], [], [], [], [], []
        # A pass in evaluation mode that no gradient follows is an evaluation.
        if not self._is_training and not self.has_gradient:
            outputs, large_outputs = [], []
        self.has_forward = self.has_forward or bool(outputs or large_outputs)
        kept = []
        for entry in outputs:
            site, tensor, version = entry
            if tensor._version == version:
                kept.append(entry)
            else:
                site.copies = True
                self.warn(
                    f"the output of {site.path} was changed in place for the first time in step {self.step}, so its activations are not "
                    "recorded in this step", key="changed in place")
        with torch.no_grad():
            if kept or large_outputs:
                self.output_rows += self.reducer.outputs(kept, large_outputs)
            if gradients or large_gradients:
                self.gradient_rows += self.reducer.gradients(gradients, large_gradients, self.scale)

    def failed(self, path: str, error: Exception) -> None:
        """Warns of an error inside of a hook."""
        self.warn(f"{path or 'the model'} can't be recorded in step {self.step}: {type(error).__name__}: {error}", key=f"failed {path}")


class _NumberOfElements:
    """Stands for a large tensor, which is not kept."""

    __slots__ = ("_count",)

    def __init__(self, count: int) -> None:
        self._count = count

    def numel(self) -> int:
        return self._count
