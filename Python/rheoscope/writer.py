"""Writes a run file: an SQLite database of format 2."""

from __future__ import annotations

import ctypes
import datetime
import math
import os
import re
import sqlite3
import struct
import time
import weakref
from typing import Any, Iterable, Mapping, Sequence

from . import schema
from .summary import summary_of

_ABSOLUTE_PATH = re.compile(r"[ =\"'](/[^/ ]*/)")
_BATCH = 16
_PATIENCE = 1.0


class RunFileError(Exception):
    """A run file can't be created or written."""


def number(value: float | None) -> float | str | None:
    """A number as the file holds it: a NaN is the text ``NaN``, and None is "not recorded"."""
    if value is None:
        return None
    value = float(value)
    return "NaN" if math.isnan(value) else value


def check_meta(meta: Mapping[str, str]) -> None:
    """Raises ``TypeError`` if a value is no string, and ``ValueError`` if it names an absolute path."""
    for key, value in meta.items():
        if not isinstance(value, str):
            raise TypeError(f"meta “{key}” is {type(value).__name__}; it must be a string")
        if _ABSOLUTE_PATH.search(" " + value):
            raise ValueError(f"meta “{key}” names an absolute path, which a run file must not hold; leave out the folder")


class Rows:
    """A table of doubles, one row per site or parameter, in which a NaN is "not recorded". Bytes cost the garbage collector nothing."""

    __slots__ = ("keys", "columns", "data")

    def __init__(self, keys: Sequence[int], table: Any) -> None:
        self.keys, self.columns = keys, table.shape[1]
        self.data = ctypes.string_at(table.data_ptr(), 8 * len(keys) * self.columns)

    def at(self, step: int) -> Iterable[tuple]:
        return ((step, key, *row) for key, row in zip(self.keys, struct.iter_unpack(f"{self.columns}d", self.data)))


class RunWriter:
    """Writes rows in one transaction per 16 recorded steps, or per second where steps take longer.

    Creates the file at ``path``, and its folder, and replaces a run file that is there. Raises ``RunFileError`` if that is impossible, or
    if the file there is not a run file.
    """

    def __init__(self, path: str | os.PathLike[str], meta: Mapping[str, str]) -> None:
        self.path = os.fspath(path)
        check_meta(meta)
        try:
            self._database = _created(self.path)
        except (OSError, sqlite3.Error) as error:
            raise RunFileError(f"can't create {self.path}: {error}") from error
        self._pending: list[tuple[str, Iterable[tuple]]] = []
        self._steps = 0
        self._written = time.monotonic()
        self._finalizer = weakref.finalize(self, _abandon, self._database, self._pending, os.getpid())
        self.add("meta", [("started", _now()), *meta.items()])
        self.flush()

    @property
    def is_open(self) -> bool:
        """Whether rows can be added."""
        return self._finalizer.alive

    def require_open(self) -> None:
        """Raises ``RunFileError`` if the recording has ended."""
        if not self.is_open:
            raise RunFileError(f"the recording of {self.path} has ended; make a new Recorder")

    def add(self, table: str, rows: Iterable[tuple]) -> None:
        """Adds rows of a table, which are written later."""
        self._pending.append((_INSERTIONS[table], rows))

    def end_step(self) -> None:
        """Writes what was added, if it is enough or old enough."""
        self._steps += 1
        if self._steps >= _BATCH or time.monotonic() - self._written > _PATIENCE:
            self.flush()

    def flush(self) -> None:
        """Writes what was added. Raises ``RunFileError`` if that is impossible; nothing can be added then."""
        try:
            if not os.path.exists(self.path):
                raise RunFileError(f"can't write {self.path}: the file was removed or moved")
            _write(self._database, self._pending)
        except sqlite3.Error as error:
            self._finalizer.detach()
            self._database.close()
            raise RunFileError(f"can't write {self.path}: {error}") from error
        self._steps, self._written = 0, time.monotonic()

    def finish(self, meta: Mapping[str, str]) -> None:
        """Writes the remaining rows, the summary and the time, and closes the file."""
        self.flush()
        row = summary_of(self._database)
        self.add("meta", [("finished", _now()), *meta.items()])
        self.add("summary", [row])
        self.flush()
        self._finalizer.detach()
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        try:
            self._database.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            pass  # Another program reads the file, so the -wal file stays, which is harmless.
        self._database.close()

    def abandon(self) -> None:
        """Writes the remaining rows and closes the file without finishing the run."""
        self._finalizer()


def _insertion(table: str, columns: int, replaces: bool = False) -> str:
    return f"INSERT {'OR REPLACE ' if replaces else ''}INTO {table} VALUES ({', '.join('?' * columns)})"


_INSERTIONS = {
    "meta": _insertion("meta", 2, True), "site": _insertion("site", 8), "parameter": _insertion("parameter", 6, True),
    "step": _insertion("step", 5), "layer": _insertion("layer", 2 + len(schema.LAYER_COLUMNS)),
    "weight": _insertion("weight", 2 + len(schema.WEIGHT_COLUMNS)), "scalar": _insertion("scalar", 3), "fact": _insertion("fact", 6),
    "event": _insertion("event", 4), "measure": _insertion("measure", 4), "histogram": _insertion("histogram", 4),
    "summary": _insertion("summary", len(schema.SUMMARY_COLUMNS)),
}


def _write(database: sqlite3.Connection, pending: list[tuple[str, Iterable[tuple]]]) -> None:
    if not pending:
        return
    taken = pending[:]
    pending.clear()
    database.execute("BEGIN IMMEDIATE")
    for statement, rows in taken:
        database.executemany(statement, rows)
    database.execute("COMMIT")


def _abandon(database: sqlite3.Connection, pending: list[tuple[str, Iterable[tuple]]], process: int) -> None:
    if os.getpid() != process:
        return  # A copy of the process, as workers that load data are, must not write.
    try:
        _write(database, pending)
    finally:
        database.close()


def _now() -> str:
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _created(path: str) -> sqlite3.Connection:
    """An empty run file, created under another name and moved, so after a failure the path holds the old file or a complete new one."""
    folder, name = os.path.split(path)
    if not name:
        raise RunFileError(f"can't create {path}: the path names no file")
    if folder:
        os.makedirs(folder, exist_ok=True)
    if os.path.exists(path) and os.path.getsize(path) > 0:
        _check_is_run_file(path)
    draft = os.path.join(folder, f".{name}.{os.getpid()}")
    database = sqlite3.connect(draft, isolation_level=None, check_same_thread=False)
    try:
        database.executescript(f"""
            PRAGMA synchronous = OFF;
            PRAGMA page_size = {schema.PAGE_SIZE};
            PRAGMA application_id = {schema.APPLICATION_ID};
            BEGIN;
            {schema.STATEMENTS}
            INSERT INTO meta VALUES ('format', '{schema.FORMAT}');
            COMMIT;""")
        database.close()
        for suffix in ("-wal", "-shm", "-journal"):
            if os.path.exists(path + suffix):
                os.remove(path + suffix)
        os.replace(draft, path)
    finally:
        if os.path.exists(draft):
            os.remove(draft)
    # It is used by one thread at a time: that of the training, or the one that ends the program.
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    return database


def _check_is_run_file(path: str) -> None:
    """A mistyped path must not overwrite a file of another kind."""
    with open(path, "rb") as file:
        head = file.read(72)
    if head[:15] != b"SQLite format 3" or head[68:72] != schema.APPLICATION_ID.to_bytes(4, "big"):
        raise RunFileError(f"can't create {path}: the file there is not a run file; choose another path, or remove it")
