"""Tensors made of a rule: zeros, ones, ranges, the identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError
from giulgi.graph.composed import composed
from giulgi.graph.dtypes import (
    DEFAULT_FLOAT,
    DEFAULT_INT,
    DType,
    as_dtype,
    float64,
    is_float,
)
from giulgi.graph.node import build
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.casting import cast
from giulgi.graph.ops.leaves import TensorLike, constant, known_value, promote, settled_value
from giulgi.graph.ops.logic import where
from giulgi.graph.ops.movement import broadcast_to, expand_dims
from giulgi.graph.ops.shape import size, sizes_of
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Arange(Op):
    """start, start + step, start + 2 step, ... below stop."""

    def infer(self, start: Tensor, stop: Tensor, step: Tensor) -> Spec:
        """A vector; its length is computed from the three numbers."""
        return Spec((None,), self.infer_dtype(start.dtype, stop.dtype, step.dtype))

    def infer_dtype(self, *dtypes: DType) -> DType:
        return super().infer_dtype(*dtypes)

    def resolve(self, start: Tensor, stop: Tensor, step: Tensor) -> Tensor | None:
        values = [settled_value(x) for x in (start, stop, step)]
        if any(value is None for value in values):
            return None
        return constant(self.numpy(*values), copy=False)

    def numpy(self, start: Any, stop: Any, step: Any) -> Array:
        _require_step(step)
        return np.arange(start, stop, step, dtype=np.asarray(start).dtype)

    def gradient(
        self, dy: Tensor, y: Tensor, start: Tensor, stop: Tensor, step: Tensor
    ) -> tuple[Tensor, None, Tensor]:
        from giulgi.graph.ops.reductions import sum

        place = cast(arange(size(y)), dy.dtype)
        return sum(dy), None, sum(dy * place)


def _require_step(step: Any) -> None:
    if step == 0:
        raise ArgumentError("the step is 0.", op="arange", fix="a step up (> 0) or down (< 0)")


# What a user calls


@composed
def full(shape: Any, value: TensorLike, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return a tensor of the given shape, filled with a value."""
    return broadcast_to(constant(value, dtype), shape, name)


@composed
def zeros(shape: Any, dtype: Any = DEFAULT_FLOAT, name: str | None = None) -> Tensor:
    """Return a tensor of zeros."""
    return full(shape, np.zeros((), as_dtype(dtype)), name=name)


@composed
def ones(shape: Any, dtype: Any = DEFAULT_FLOAT, name: str | None = None) -> Tensor:
    """Return a tensor of ones."""
    return full(shape, np.ones((), as_dtype(dtype)), name=name)


@composed
def full_like(
    x: TensorLike, value: TensorLike, dtype: Any = None, name: str | None = None
) -> Tensor:
    """Return a tensor of the shape (and dtype, if no other is given) of x, filled with a value."""
    x = constant(x)
    return full(sizes_of(x), constant(value, dtype or x.dtype), name=name)


@composed
def zeros_like(x: TensorLike, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return zeros of the shape of x."""
    return full_like(x, 0, dtype, name)


@composed
def ones_like(x: TensorLike, dtype: Any = None, name: str | None = None) -> Tensor:
    """Return ones of the shape of x."""
    return full_like(x, 1, dtype, name)


def arange(
    start: TensorLike,
    stop: TensorLike = None,
    step: TensorLike = 1,
    dtype: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return start, start + step, ... below stop; with one number, 0, 1, ... below that."""
    if stop is None:
        start, stop = 0, start
    given = (start, stop, step)
    values = promote(*given) if dtype is None else tuple(constant(x, dtype) for x in given)
    if any(x.known_shape not in ((), None) for x in values):
        raise ArgumentError("start, stop and step are single numbers.", op="arange")
    _require_step(known_value(values[2]))
    if not any(isinstance(x, Tensor) for x in given):
        # From the numbers as given: rounded to float32 first, they may make one element more.
        kind = values[0].dtype
        numbers = np.arange(*given, dtype=float64 if is_float(kind) else kind)
        return constant(numbers.astype(kind, copy=False), name=name, copy=False)
    return build(Arange(), *values, name=name)


@composed
def linspace(
    start: TensorLike, stop: TensorLike, num: int = 50, *, endpoint: bool = True, dtype: Any = None
) -> Tensor:
    """Return ``num`` numbers evenly spaced from start to stop.

    y[i] = start + i (stop - start) / (num - 1), or / num without the endpoint.

    Args:
        start: the first number.
        stop: the last one; without the endpoint, the one after the last.
        num: how many.
        endpoint: whether stop is one of them.
        dtype: the dtype, float32 if it is not given. Integers are the largest ones below.

    Raises:
        ArgumentError: if num is negative; or for integers between tensors.
    """
    if num < 0:
        raise ArgumentError(f"num is {num}; it cannot be negative.", op="linspace")
    kind = DEFAULT_FLOAT if dtype is None else as_dtype(dtype)
    if not (isinstance(start, Tensor) or isinstance(stop, Tensor)):
        return constant(np.linspace(start, stop, num, endpoint, dtype=kind), copy=False)
    if not is_float(kind):
        raise ArgumentError("a computed linspace is of floats.", op="linspace")
    first, last = constant(start, kind), constant(stop, kind)
    intervals = num - 1 if endpoint else num
    place = constant(np.arange(num, dtype=kind) / np.array(intervals or 1, kind))
    return first + place * (last - first)


@composed
def eye(
    rows: TensorLike, columns: TensorLike = None, k: int = 0, dtype: Any = DEFAULT_FLOAT
) -> Tensor:
    """Return the identity matrix: ones on the k-th diagonal (above for k > 0), zeros elsewhere."""
    columns = rows if columns is None else columns
    down = expand_dims(arange(rows, dtype=DEFAULT_INT), 1)
    across = arange(columns, dtype=DEFAULT_INT)
    return cast(across - down == k, dtype)


def _diagonal_place(x: Tensor) -> Tensor:
    """Return column minus row for each place of the last two axes."""
    down = expand_dims(arange(size(x, -2)), 1)
    return arange(size(x, -1)) - down


@composed
def tril(x: TensorLike, k: int = 0) -> Tensor:
    """Return x with zeros above the k-th diagonal of its last two axes."""
    x = constant(x)
    return where(_diagonal_place(x) <= k, x, zeros_like(x))


@composed
def triu(x: TensorLike, k: int = 0) -> Tensor:
    """Return x with zeros below the k-th diagonal of its last two axes."""
    x = constant(x)
    return where(_diagonal_place(x) >= k, x, zeros_like(x))


@composed
def meshgrid(*xs: TensorLike, indexing: str = "xy") -> list[Tensor]:
    """Return coordinate grids of vectors: each broadcast over the others' axes.

    Args:
        xs: one vector for each axis.
        indexing: "xy", where the first vector runs along the columns, or "ij".
    """
    if indexing not in ("xy", "ij"):
        raise ArgumentError(f"indexing is 'xy' or 'ij', not {indexing!r}.", op="meshgrid")
    vectors = [constant(x) for x in xs]
    order = list(range(len(vectors)))
    if indexing == "xy" and len(vectors) > 1:
        order[0], order[1] = 1, 0
    lengths: list[Any] = [0] * len(vectors)
    for vector, axis in zip(vectors, order, strict=True):
        lengths[axis] = size(vector)
    grids = []
    for vector, axis in zip(vectors, order, strict=True):
        others = tuple(i for i in range(len(vectors)) if i != axis)
        grids.append(broadcast_to(expand_dims(vector, others), lengths))
    return grids
