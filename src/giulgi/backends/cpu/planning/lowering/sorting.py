"""Sorting by counting: the place of an element is the number of those that come before it.

It takes as many comparisons as there are pairs, which for some hundred elements is little, since
they are done many at a time and nothing is kept of them.
"""

from __future__ import annotations

from giulgi.graph.dtypes import int64, is_float
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.creation import arange
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import moveaxis
from giulgi.graph.ops.reductions import sum
from giulgi.graph.ops.sorting import ArgSort
from giulgi.graph.tensor import Tensor

# Of more elements the pairs are too many: NumPy sorts them sooner.
MOST_ELEMENTS = 256


def argsort(y: Tensor, x: Tensor) -> Tensor:
    """Return the places of elements in their order."""
    op = y.op
    assert isinstance(op, ArgSort)
    along = moveaxis(x, op.axis, -1)
    numbers = arange(along.shape[-1])
    this, other = along[..., :, None], along[..., None, :]
    comes = _less(this, other) if op.descending else _less(other, this)
    comes_later = _less(other, this) if op.descending else _less(this, other)
    stands_before = (numbers[None, :] < numbers[:, None]) & ~(comes | comes_later)
    rank = sum(cast(comes | stands_before, int64), axis=-1)
    # The element of rank k stands at place k.
    has_rank = rank[..., None, :] == numbers[:, None]
    places = sum(where(has_rank, numbers, 0), axis=-1)
    return moveaxis(places, -1, op.axis)


def _less(a: Tensor, b: Tensor) -> Tensor:
    """Return where a is less than b, NaN being greater than all others."""
    if not is_float(a.dtype):
        return a < b
    # NaN alone differs from itself.
    return (a < b) | ((a == a) & (b != b))
