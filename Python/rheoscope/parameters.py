"""The parameters of a recording: the tables ``parameter`` and ``weight``."""

from __future__ import annotations

import json
import math
from typing import Iterable, Sequence

import torch
from torch import Tensor, nn

from .observer import Observer
from .weights import ObservedOptimizer
from .writer import Rows, number


class Parameters:
    """The parameters of a model by their ids, in the model's order, and which optimizers hold them."""

    def __init__(self, observer: Observer, optimizers: Sequence[ObservedOptimizer]) -> None:
        self._observer, self.optimizers = observer, optimizers
        self.all: list[nn.Parameter] = []
        self.paths: list[str] = []
        self.holders: list[list[int]] = []
        self._sites: list[int | None] = []
        self._frozen: list[bool] = []
        self._ids: dict[int, int] = {}
        self._written = 0
        self._taken: list[tuple[list[int], Tensor, Tensor | None]] = []
        self.add_new()

    def add_new(self) -> None:
        """Adds the parameters of the model that are not in the table."""
        counts: dict[str, int] = {}
        for path in self.paths:
            own = path.split(" (")[0]
            counts[own] = counts.get(own, 0) + 1
        held = [optimizer.held() for optimizer in self.optimizers]
        for path, parameter in self._observer.model.named_parameters():
            if id(parameter) in self._ids:
                continue
            counts[path] = counts.get(path, 0) + 1
            self._ids[id(parameter)] = len(self.all)
            self.all.append(parameter)
            # A parameter of a module that replaced another has the same path there.
            self.paths.append(path if counts[path] == 1 else f"{path} ({counts[path]})")
            self.holders.append([index for index, own in enumerate(held) if id(parameter) in own])
            self._sites.append(None)
            self._frozen.append(not parameter.requires_grad)
        for optimizer in self.optimizers:
            optimizer.measure(list(enumerate(self.all)))

    def update_holders(self) -> None:
        """Reads which optimizers hold the parameters: groups may be added until the first step ends."""
        held = [optimizer.held() for optimizer in self.optimizers]
        self.holders = [[index for index, own in enumerate(held) if id(parameter) in own] for parameter in self.all]
        for optimizer in self.optimizers:
            optimizer.measure(list(enumerate(self.all)))

    def rows(self, has_new_sites: bool) -> list[tuple]:
        """The rows to write: new ones, and those whose module has a site since."""
        if self._written == len(self.all) and not has_new_sites:
            return []
        owners: dict[int, int] = {}
        # Sites are in the order of first calls; a shared parameter belongs to the first module that is called.
        first = {}
        for observed in self._observer.modules.values():
            if observed.sites:
                first[min(site.id for site in observed.sites.values())] = observed
        for site in sorted(first):
            for _, parameter in first[site].own:
                owners.setdefault(id(parameter), site)
        rows = []
        for id_, parameter in enumerate(self.all):
            site = owners.get(id(parameter))
            if id_ >= self._written or site is not None and self._sites[id_] is None:
                self._sites[id_] = site
                rows.append((
                    id_, self.paths[id_], json.dumps(list(parameter.shape)), site, json.dumps(self.holders[id_]), int(self._frozen[id_])))
        self._written = len(self.all)
        return rows

    def changes(self) -> list[str]:
        """A sentence per parameter that was frozen or unfrozen since the last call."""
        texts = []
        for id_, parameter in enumerate(self.all):
            if parameter.requires_grad == self._frozen[id_]:
                self._frozen[id_] = not self._frozen[id_]
                texts.append(f"{self.paths[id_]} is {'frozen' if self._frozen[id_] else 'trained'} from this step on")
        return texts

    def take(self) -> list[Tensor]:
        """The tables of the step, for ``weights``: for each group of parameters max |dL/dp|, and the norms of those that have rows."""
        self._taken = [row for optimizer in self.optimizers for row in optimizer.take()]
        return [table for _, largest, norms in self._taken for table in (largest, norms) if table is not None]

    def weights(self, step: int, tables: Sequence[Tensor]) -> tuple[list | Iterable[tuple], dict[int, float]]:
        """The rows of ``weight`` of the step, and max |dL/dp| of each parameter that an optimizer has changed, from what ``take`` gave, now
        in the memory of the CPU and in float64.
        """
        ids: list[int] = []
        parts: list[Tensor] = []
        sizes: list[Tensor] = []
        changed: list[int] = []
        rest = iter(tables)
        for own, _, norms in self._taken:
            sizes.append(next(rest))
            changed += own
            if norms is not None:
                ids += own
                parts.append(next(rest))
        largest = dict(zip(changed, torch.cat(sizes).tolist())) if sizes else {}
        if not ids:
            return [], largest
        table = torch.cat(parts)
        order = sorted(range(len(ids)), key=ids.__getitem__)
        if len(set(ids)) < len(ids):
            # Of a parameter in several optimizers the last change counts.
            order = [index for index in order if ids[index] not in ids[index + 1:]]
        keys, table = [ids[index] for index in order], table[order].contiguous()
        if math.isnan(float(table.sum())):
            return [(step, key, *map(number, row)) for key, row in zip(keys, table.tolist())], largest
        return Rows(keys, table).at(step), largest
