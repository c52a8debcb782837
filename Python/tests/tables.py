"""The tables of a run file as lists, for comparisons."""

from __future__ import annotations

import sqlite3
from contextlib import closing

COLUMNS = {
    "site": "path, module, call, kind, depth, is_layer, shape", "parameter": "path, shape, site, optimizers, frozen",
    "step": "step, loss, accuracy, learning_rate", "layer": "*", "weight": "*", "scalar": "*", "fact": "*", "event": "step, site, kind",
    "summary": "steps, recorded_steps, sites, layers, parameters, final_loss, final_accuracy, gradient_step, gradient_axis, "
               "gradient_points, gradient_factor, gradient_ratio, nonfinite_step",
}


def rows(path: str, query: str, *values) -> list[tuple]:
    """The rows of a query."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(query, values).fetchall()


def tables(path: str) -> dict[str, list[list]]:
    """All tables but ``meta``, without clock values and texts."""
    return {name: [list(row) for row in rows(path, f"SELECT {columns} FROM {name}")] for name, columns in COLUMNS.items()}


def column(path: str, site: str, name: str) -> list:
    """A column of the table ``layer`` at a site, by steps."""
    found = rows(path, f"SELECT {name} FROM layer JOIN site ON site = id WHERE path = ? ORDER BY step", site)
    return [row[0] for row in found]
