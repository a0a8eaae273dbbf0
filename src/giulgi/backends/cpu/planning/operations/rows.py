"""Rows of a table that a step touches, and what is written into them alone.

These operations stand in no graph of a user. Where an optimizer leaves the rows of a table as they
are that no example asked for, its update becomes these (``lowering/touched_rows.py``), so that it
costs what the batch touches, and not the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.graph.dtypes import DType, int64
from giulgi.graph.op import Op
from giulgi.graph.shapes import Shape

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Distinct(Op):
    """The different ones of n places, in the order in which they are met, and where each is.

    The result is (2, n): the different places, and -1 behind them; and for each of the n its
    position among the different ones.

    Attributes:
        size: how many places there are to be had; a negative one counts from the end.
    """

    size: int

    def infer_dtype(self, places: DType) -> DType:
        return int64

    def infer_shape(self, places: Shape) -> Shape:
        return (2, *places)

    def numpy(self, places: Array) -> Array:
        places = np.where(places < 0, places + self.size, places).astype(np.int64)
        found, first, position = np.unique(places, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        different = np.full(len(places), -1)
        different[: len(order)] = found[order]
        return np.stack([different, rank[position.reshape(-1)]])


@dataclass(frozen=True)
class PutRows(Op):
    """A table with other rows at some different places; a place of -1 stands for none."""

    def infer_dtype(self, table: DType, places: DType, rows: DType) -> DType:
        return table

    def infer_shape(self, table: Shape, places: Shape, rows: Shape) -> Shape:
        return table

    def numpy(self, table: Array, places: Array, rows: Array) -> Array:
        result = table.copy()
        result[places[places >= 0]] = rows[places >= 0]
        return result
