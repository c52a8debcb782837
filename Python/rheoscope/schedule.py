"""The steps at which a recorder records layers and weights.

A schedule is a function from the number of a step, counted from 0, to whether that step is recorded. Loss, accuracy and learning rate
are recorded at every step.
"""

from __future__ import annotations

import math
from typing import Callable, Iterable

Schedule = Callable[[int], bool]


def every(interval: int) -> Schedule:
    """Every ``interval`` steps, from step 0 on. Raises ``ValueError`` if ``interval`` is below 1."""
    if interval < 1:
        raise ValueError(f"the interval is {interval}; it must be 1 or more")
    return lambda step: step % interval == 0


def logarithmic(per_decade: int = 10) -> Schedule:
    """Step 0, and then ``per_decade`` steps between each power of ten and the next, evenly spaced in the logarithm and rounded: 0, 1, 2,
    5, 10, 22, 46, 100, ... for three; 10 by default. Raises ``ValueError`` if ``per_decade`` is below 1.
    """
    if per_decade < 1:
        raise ValueError(f"per_decade is {per_decade}; it must be 1 or more")

    def is_recorded(step: int) -> bool:
        if step <= 1:
            return True
        return round(10 ** (round(math.log10(step) * per_decade) / per_decade)) == step

    return is_recorded


def at(steps: Iterable[int]) -> Schedule:
    """These steps."""
    chosen = frozenset(steps)
    return lambda step: step in chosen


def schedule_of(given: int | Schedule) -> Schedule:
    """The schedule that a number means: every so many steps."""
    return every(given) if isinstance(given, int) else given


def next_fact_step(step: int) -> int:
    """The first of 0, 1, 2, 5, 10, 20, 50, 100, ... above a step: facts are written at the first recorded step from each of these on."""
    power = 1
    while power * 10 <= step:
        power *= 10
    if step < 1:
        return step + 1
    return 2 * power if step < 2 * power else 5 * power if step < 5 * power else 10 * power
