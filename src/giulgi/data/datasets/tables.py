"""Small tables of the literature: rows of features and one target.

=================  =====  ========  =========================================================
name                rows  features  target
=================  =====  ========  =========================================================
iris                 150         4  species of iris, 3 classes
sonar                208        60  rock or mine
wine               6,497        12  white or red
zoo                  101        16  kind of animal, 7 classes
thoracic_surgery     470        16  survived the first year after an operation, or died
pima_diabetes        768         8  diabetes or not
diabetes_scaled      759         8  the same, features scaled to [-1, 1]; labels swapped
=================  =====  ========  =========================================================

Each table is told once, in ``catalogue.py``; one function here reads them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from giulgi.data import shipped
from giulgi.data.datasets.catalogue import SPECS, TableSpec
from giulgi.errors import ArgumentError
from giulgi.names import suggestion

__all__ = ["Table", "load", "names"]

_GROUP = "uci"


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Features and target of a data set, with what one must know about it.

    Attributes:
        name: the name it is loaded by.
        features: float32 of shape (rows, columns).
        target: shape (rows,); int64 class numbers from 0 on, or float32 for a quantity.
        feature_names: one for each column of ``features``, with its unit where it has one.
        class_names: one for each class number, or ``None`` if the target is a quantity.
        source: who made the data, and where it was published.
        licence: the terms it comes under.
        note: what to look out for.
    """

    name: str
    features: npt.NDArray[np.float32]
    target: npt.NDArray[Any]
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...] | None
    source: str
    licence: str
    note: str

    def __repr__(self) -> str:
        rows, columns = self.features.shape
        kind = "a quantity" if self.class_names is None else f"{len(self.class_names)} classes"
        return f"Table({self.name!r}: {rows} rows, {columns} .features, .target of {kind})"


def names() -> tuple[str, ...]:
    """Return the names of all tables, as :func:`load` takes them."""
    return tuple(SPECS)


def load(name: str) -> Table:
    """Return a table by its name, with arrays that are new at each call.

    The rows stand in the order of the source, which is often sorted by class: shuffle them
    before you split them.

    Args:
        name: one of :func:`names`.

    Raises:
        ArgumentError: (a ValueError) if there is no table of that name.
        DataFileError: (a ValueError) if the file is missing or damaged.
    """
    spec = SPECS.get(name)
    if spec is None:
        fix = f"tables: {', '.join(names())}\npictures of digits: gg.datasets.mnist.load_data()"
        guess = suggestion(str(name), names())
        if guess.startswith("did you mean"):
            fix = f"{guess}\n{fix}"
        raise ArgumentError(f"there is no table {name!r}.", fix=fix)
    cells = _read_cells(spec)
    return Table(
        name=name,
        features=_numbers(spec, [row[spec.skipped : -1] for row in cells]),
        target=_target(spec, [row[-1] for row in cells]),
        feature_names=spec.feature_names,
        class_names=spec.class_names,
        source=spec.source,
        licence=spec.licence,
        note=spec.note,
    )


def _read_cells(spec: TableSpec) -> list[list[str]]:
    """Return the rows of the file as text; empty lines and lines that begin with # are left out."""
    try:
        text = shipped.read(_GROUP, spec.file).decode("utf-8")
    except UnicodeDecodeError as error:
        raise _damaged(spec, f"should be text, and is not ({error}).") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) != spec.rows:
        raise _damaged(spec, f"should have {spec.rows} rows, and has {len(lines)}.")
    cells = [line.split(spec.delimiter) for line in lines]
    columns = spec.skipped + len(spec.feature_names) + 1
    for number, row in enumerate(cells, start=1):
        if len(row) != columns:
            raise _damaged(
                spec, f"should have {columns} columns, and has {len(row)} in row {number}."
            )
    return cells


def _numbers(
    spec: TableSpec, cells: Sequence[Sequence[str]] | Sequence[str]
) -> npt.NDArray[np.float32]:
    try:
        return np.array(cells).astype(np.float32)
    except ValueError as error:
        raise _damaged(spec, f"should hold numbers, and does not ({error}).") from error


def _target(spec: TableSpec, cells: Sequence[str]) -> npt.NDArray[Any]:
    if spec.labels is None:
        return _numbers(spec, cells)
    class_of = {label: number for number, label in enumerate(spec.labels)}
    try:
        return np.array([class_of[cell.strip()] for cell in cells], np.int64)
    except KeyError as error:
        known = ", ".join(spec.labels)
        raise _damaged(
            spec, f"should have one of {known} in its last column, and has {error}."
        ) from None


def _damaged(spec: TableSpec, problem: str) -> shipped.DataFileError:
    return shipped.damaged(_GROUP, spec.file, problem)
