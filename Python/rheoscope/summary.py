"""The row of the table ``summary``, computed from the other tables by the definitions of the run file: final loss and gradient profile."""

from __future__ import annotations

import json
import math
import sqlite3

SITE = tuple[int, str, int, int, int, float]  # id, module, call, depth, is_layer, number of elements


def summary_of(database: sqlite3.Connection) -> tuple:
    """The values of the summary's columns."""
    def rows(query: str, *values) -> list[tuple]:
        return database.execute(query, values).fetchall()

    steps = rows("SELECT loss, accuracy, seconds FROM step ORDER BY step")
    last = steps[-20:]
    loss = sum(_float(row[0]) for row in last) / len(last) if last else math.nan
    accuracies = [_float(row[1]) for row in last if row[1] is not None]
    accuracy = sum(accuracies) / len(accuracies) if accuracies and len(accuracies) == len(last) else None
    nonfinite = rows("SELECT step FROM event WHERE kind = 'nonfinite' ORDER BY rowid LIMIT 1")
    return (
        len(steps), rows("SELECT count(DISTINCT step) FROM layer")[0][0], rows("SELECT count(*) FROM site")[0][0],
        rows("SELECT count(*) FROM site WHERE is_layer = 1")[0][0],
        sum(math.prod(json.loads(shape)) for (shape,) in rows("SELECT shape FROM parameter")),
        "NaN" if math.isnan(loss) else loss, accuracy, *_profile(database),
        nonfinite[0][0] if nonfinite else None, steps[-1][2] if steps else None)


def _float(value: float | str | None) -> float:
    return math.nan if value is None or isinstance(value, str) else float(value)


def _profile(database: sqlite3.Connection) -> tuple:
    """Step, axis, number of points, factor and ratio of the gradient profile at the first step that was not skipped."""
    sites: dict[int, SITE] = {}
    for id, module, call, depth, is_layer, shape in database.execute("SELECT id, module, call, depth, is_layer, shape FROM site"):
        sites[id] = (id, module, call, depth, is_layer, float(max(math.prod(json.loads(shape)), 1)))
    skipped = {step for (step,) in database.execute("SELECT step FROM event WHERE kind = 'skipped'")}
    step, gradients = None, {}
    for found, site, value in database.execute("SELECT step, site, gradient_rms FROM layer WHERE gradient_rms IS NOT NULL ORDER BY step"):
        if found in skipped:
            continue
        if step is not None and found != step:
            if points := _points(sites, gradients):
                return (step, *points)
            gradients = {}
        step = found
        gradients[site] = _float(value)
    points = _points(sites, gradients)
    return (step, *points) if points else (None,) * 5


def _points(sites: dict[int, SITE], gradients: dict[int, float]) -> tuple | None:
    """Axis, number of points, factor and ratio; None if there are no points."""
    calls: dict[str, int] = {}
    for id in sorted(gradients):
        calls[sites[id][1]] = calls.get(sites[id][1], 0) + 1
    repeated = [module for module, count in calls.items() if count >= 3]
    # min takes the first of those that lie equally far out.
    module = min(repeated, key=lambda path: len([part for part in path.split(".") if part]), default=None)
    members: dict[int, list[int]] = {}
    for id in sorted(gradients):
        _, own, call, depth, is_layer, _ = sites[id]
        if own == module if module is not None else is_layer and (call == 0 or depth > 1):
            members.setdefault(call if module is not None else depth, []).append(id)
    if not members:
        return None
    points = [(position, _rms([(gradients[id], sites[id][5]) for id in ids])) for position, ids in sorted(members.items())]
    first, last = points[0][1], points[-1][1]
    ratio = first / last if last != 0 else math.nan
    axis = "depth" if module is None else f"calls of {module}"
    return axis, len(points), _factor(points), ratio if math.isfinite(ratio) else None


def _rms(values: list[tuple[float, float]]) -> float:
    """The root of the mean square over all elements, relative to the largest value, so that small squares don't underflow."""
    if len(values) == 1:
        return values[0][0]
    if any(math.isnan(value) for value, _ in values):
        return math.nan
    largest = max(value for value, _ in values)
    if not 0 < largest < math.inf:
        return largest
    squares = sum((value / largest) ** 2 * count for value, count in values)
    return largest * math.sqrt(squares / sum(count for _, count in values))


def _factor(points: list[tuple[int, float]]) -> float | None:
    """exp(-slope) of the least-squares line through ln(value) over the interior points; None where there is no line."""
    margin = 0 if len(points) < 5 else max(len(points) // 10, 1)
    usable = [(float(x), math.log(value)) for x, value in points[margin:len(points) - margin] if 0 < value < math.inf]
    if len(usable) < 2:
        return None
    mean_x, mean_y = sum(x for x, _ in usable) / len(usable), sum(y for _, y in usable) / len(usable)
    spread = sum((x - mean_x) ** 2 for x, _ in usable)
    return math.exp(-sum((x - mean_x) * (y - mean_y) for x, y in usable) / spread) if spread > 0 else None
