"""Depths of sites: the largest number of layers on any path from the model's input, read from autograd's graph."""

from __future__ import annotations

from typing import Any, Iterable

from torch import Tensor

from .tensors import tensors_in


class Depths:
    """The depths of nodes of autograd's graph, and of tensors that have none, during one step of a recording.

    ``of(node)`` is the largest depth of a marked node on any path of operations to it, 0 for a leaf. A tensor without a node, as frozen
    layers and passes without gradients give, has the depth that ``mark`` was given for it; one that is unknown counts on from the last of
    these, since nothing tells what it was computed from.
    """

    def __init__(self) -> None:
        self._nodes: dict[Any, int] = {}
        self._flat: dict[int, tuple[Tensor, int, int]] = {}
        self._last_flat = 0
        self._has_flat = False
        self.marked: set[Any] = set()
        self.counts_calls = False

    def begin_model(self, inputs: Any) -> None:
        """Gives the model's inputs depth 0, whatever computed them."""
        self._last_flat, self._has_flat = 0, False
        for tensor in tensors_in(inputs):
            if tensor.grad_fn is not None:
                self.mark_node(tensor.grad_fn, 0)
            self._flat[id(tensor)] = (tensor, 0, tensor._version)

    def is_marked(self, tensor: Tensor) -> bool:
        """Whether the tensor, as it is now, is the output of a site."""
        if tensor.grad_fn is not None:
            return tensor.grad_fn in self.marked
        known = self._flat.get(id(tensor))
        return known is not None and known[0] is tensor and known[2] == tensor._version

    def mark(self, tensor: Tensor, depth: int) -> None:
        """Gives the output of a site its depth."""
        if tensor.grad_fn is not None:
            self.mark_node(tensor.grad_fn, depth)
        else:
            self._flat[id(tensor)] = (tensor, depth, tensor._version)
            self._last_flat, self._has_flat = depth, True

    def mark_node(self, node: Any, depth: int) -> None:
        """Gives a node its depth, whatever lies below it."""
        self._nodes[node] = depth
        self.marked.add(node)

    def of_inputs(self, inputs: Iterable[Tensor]) -> int:
        """The largest depth of the inputs of a module."""
        depth = 0
        # The output of a checkpoint was computed without a graph, and has a node since.
        for tensor, own, _ in self._flat.values():
            if tensor.grad_fn is not None:
                self._nodes.setdefault(tensor.grad_fn, own)
        for tensor in inputs:
            known = self._flat.get(id(tensor))
            node = tensor.grad_fn
            if known is not None and known[0] is tensor:
                depth = max(depth, known[1])
            elif node is None and self._has_flat:
                self.counts_calls = True
                depth = max(depth, self._last_flat)
            if node is not None:
                depth = max(depth, self.of(node))
        return depth

    def of(self, root: Any) -> int:
        """The depth of a node. Takes time for each node once."""
        nodes = self._nodes
        if root in nodes:
            return nodes[root]
        stack = [(root, iter(root.next_functions))]
        best = {root: 0}
        while stack:
            node, children = stack[-1]
            for child, _ in children:
                if child is None:
                    continue
                if child in nodes:
                    best[node] = max(best[node], nodes[child])
                elif child not in best:
                    best[child] = 0
                    stack.append((child, iter(child.next_functions)))
                    break
            else:
                stack.pop()
                nodes[node] = best.pop(node)
                if stack:
                    parent = stack[-1][0]
                    best[parent] = max(best[parent], nodes[node])
        return nodes[root]
