"""Elements in their order: sort, argsort, and the greatest few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import DType, bool_, int8, int64, is_float
from giulgi.graph.node import build
from giulgi.graph.op import Op
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.creation import arange, zeros_like
from giulgi.graph.ops.getitem import getitem
from giulgi.graph.ops.indexing import take_along_axis
from giulgi.graph.ops.joining import concat
from giulgi.graph.ops.leaves import TensorLike, constant
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import reshape
from giulgi.graph.ops.reductions import argmax
from giulgi.graph.shapes import Shape, normalise_axis
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]

# So few of so many times as many elements are sooner found one by one than by sorting all.
_FEW, _MANY_TIMES = 8, 8


@dataclass(frozen=True)
class ArgSort(Op):
    """The places of the elements along an axis in their order, equal ones as they stand.

    NaN counts as greater than all others.

    Attributes:
        axis: along which axis.
        descending: whether the greatest comes first.
    """

    axis: int
    descending: bool

    def infer_dtype(self, x: DType) -> DType:
        return int64

    def infer_shape(self, x: Shape) -> Shape:
        normalise_axis(self.axis, len(x))
        return x

    def normalised(self, x: Tensor) -> Op:
        if x.known_shape is None:
            return self
        return ArgSort(normalise_axis(self.axis, x.ndim), self.descending)

    def numpy(self, x: Array) -> Array:
        if not self.descending:
            return np.argsort(x, self.axis, kind="stable")
        # The order from behind, read backwards, leaves equal elements as they stand.
        backwards = np.argsort(np.flip(x, self.axis), self.axis, kind="stable")
        return x.shape[self.axis] - 1 - np.flip(backwards, self.axis)

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor) -> None:
        return None


@composed
def argsort(x: TensorLike, axis: int | None = -1, descending: bool = False) -> Tensor:
    """Return the places of the elements in their order, equal ones as they stand.

    Args:
        x: a tensor. NaN counts as greater than all others.
        axis: along which axis; None: of all elements, in one row.
        descending: whether the greatest comes first.

    Returns:
        Places, as int64.
    """
    x, axis = _in_a_row(x, axis)
    return build(ArgSort(axis, descending), x)


@composed
def sort(x: TensorLike, axis: int | None = -1, descending: bool = False) -> Tensor:
    """Return the elements in their order.

    Args:
        x: a tensor. NaN counts as greater than all others.
        axis: along which axis; None: all elements, in one row.
        descending: whether the greatest comes first.
    """
    x, axis = _in_a_row(x, axis)
    return take_along_axis(x, build(ArgSort(axis, descending), x), axis)


@composed
def top_k(x: TensorLike, k: int = 1) -> tuple[Tensor, Tensor]:
    """Return the k greatest elements along the last axis, the greatest first, and their places.

    Args:
        x: a tensor of one axis or more.
        k: how many.

    Raises:
        ArgumentError: if k is less than 0, or more than there are.
    """
    x = constant(x)
    size = x.shape[-1] if x.known_shape else None
    if not isinstance(k, int) or k < 0 or (size is not None and k > size):
        raise ArgumentError(
            f"k is {k!r}; it must be a whole number from 0 to the size of the last axis"
            + (f", {size}." if size is not None else "."),
            fix="gg.top_k(x, 3)",
        )
    if size is not None and 0 < k <= _FEW and size >= _MANY_TIMES * k:
        places = _greatest_few(x, k)
    else:
        places = getitem(build(ArgSort(-1, True), x), (..., slice(k)))
    return take_along_axis(x, places, -1), places


def _greatest_few(x: Tensor, k: int) -> Tensor:
    """Return the places of the k greatest elements along the last axis, found one by one."""
    least = -np.inf if is_float(x.dtype) else np.iinfo(x.dtype).min if x.dtype.kind in "iu" else 0
    numbers = arange(x.shape[-1])
    is_taken = zeros_like(x, bool_)
    found = []
    for _ in range(k):
        left = where(is_taken, constant(least, x.dtype), x)
        place = argmax(left, -1, keepdims=True)
        # Of what is left all may be the least there is, as what is taken seems to be.
        is_least = take_along_axis(left, place, -1) == constant(least, x.dtype)
        place = where(is_least, argmax(cast(~is_taken, int8), -1, keepdims=True), place)
        found.append(place)
        is_taken = is_taken | (numbers == place)
    return concat(found, -1)


def _in_a_row(x: TensorLike, axis: int | None) -> tuple[Tensor, int]:
    x = constant(x)
    return (reshape(x, (-1,)), 0) if axis is None else (x, axis)
