"""Tensors joined into one, and split again: concat, stack, tile, repeat, split, roll."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from giulgi.errors import ArgumentError, DTypeError, ShapeError
from giulgi.graph.composed import composed
from giulgi.graph.joined_shapes import joined_shape, require_one_shape
from giulgi.graph.node import build
from giulgi.graph.op import Op, Spec
from giulgi.graph.ops.creation import arange, zeros_like
from giulgi.graph.ops.indexing import gather
from giulgi.graph.ops.leaves import TensorLike, constant, promote
from giulgi.graph.ops.movement import broadcast_to, expand_dims, reshape
from giulgi.graph.ops.reductions import sum as total
from giulgi.graph.ops.shape import dims_of, elements_of, size, sizes_of
from giulgi.graph.ops.slicing import slice_axis
from giulgi.graph.shapes import Dim, Shape, as_sequence, is_static, normalise_axis
from giulgi.graph.tensor import Tensor

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Concat(Op):
    """Tensors joined one after another along an axis."""

    axis: int

    def infer_shape(self, *shapes: Shape) -> Shape:
        return joined_shape(shapes, self.axis)

    def normalised(self, *inputs: Tensor) -> Op:
        known = [x.known_shape for x in inputs if x.known_shape is not None]
        return Concat(normalise_axis(self.axis, len(known[0]))) if known else self

    def resolve(self, *inputs: Tensor) -> Tensor | None:
        return inputs[0] if len(inputs) == 1 else None

    def known_elements(self, *inputs: Tensor) -> Shape | None:
        parts = [elements_of(x) for x in inputs]
        if any(part is None for part in parts):
            return None
        return tuple(element for part in parts for element in part or ())

    def numpy(self, *xs: Array) -> Array:
        return np.concatenate(xs, self.axis)

    def gradient(self, dy: Tensor, y: Tensor, *xs: Tensor) -> tuple[Tensor, ...]:
        sizes = stack([size(x, self.axis) for x in xs])
        return tuple(split(dy, sizes, self.axis))


def _require_whole(parts: Sequence[int], whole: Dim, axis: int) -> None:
    """Raise a ShapeError if parts of these sizes do not make an axis of this size."""
    if whole is not None and (sum(parts) != whole or any(part < 0 for part in parts)):
        raise ShapeError(
            "the parts do not add up to the whole.",
            axes=f"axis {axis} has size {whole}; the parts {tuple(parts)} make {sum(parts)}",
            fix="give sizes that add up, or a number of equal parts",
        )


@dataclass(frozen=True)
class Part(Op):
    """One of the parts into which x is split along an axis, given the size of each."""

    axis: int
    index: int

    def infer(self, x: Tensor, sizes: Tensor) -> Spec:
        """The part has its own size along the axis, and those of x along the others."""
        if x.known_shape is None:
            return Spec(None, x.dtype)
        axis = normalise_axis(self.axis, x.ndim)
        known = elements_of(sizes)
        if known is not None and is_static(known):
            _require_whole(known, x.shape[axis], axis)
        own = known[self.index] if known is not None else None
        return Spec((*x.shape[:axis], own, *x.shape[axis + 1 :]), x.dtype)

    def normalised(self, x: Tensor, sizes: Tensor) -> Op:
        if x.known_shape is None:
            return self
        return Part(normalise_axis(self.axis, x.ndim), self.index)

    def resolve(self, x: Tensor, sizes: Tensor) -> Tensor | None:
        known = elements_of(sizes)
        # Where the whole is not known, it is checked later that the parts make it.
        if x.known_shape is None or x.shape[self.axis] is None or not is_static(known):
            return None
        start = sum(known[: self.index])
        return slice_axis(x, self.axis, start, start + known[self.index])

    def numpy(self, x: Array, sizes: Array) -> Array:
        _require_whole(sizes.tolist(), x.shape[self.axis], self.axis)
        return np.split(x, np.cumsum(sizes)[:-1], self.axis)[self.index]

    def gradient(self, dy: Tensor, y: Tensor, x: Tensor, sizes: Tensor) -> tuple[Tensor, None]:
        # Zeros for all parts before it, and for all after it.
        own = self.index
        three = stack([total(sizes[:own]), sizes[own], total(sizes[own + 1 :])])
        before, _, after = (build(Part(self.axis, i), x, three) for i in range(3))
        return concat([zeros_like(before), dy, zeros_like(after)], self.axis), None


# What a user calls


def _some(xs: Iterable[TensorLike]) -> list[TensorLike]:
    """Return what is to be joined as a list, which is not empty."""
    if not isinstance(xs, Iterable):
        raise ArgumentError("what is joined stands in a list.", fix="gg.concat([a, b])")
    listed = list(xs)
    if not listed:
        raise ArgumentError("there is nothing to join.", fix="give some tensors")
    return listed


@composed
def concat(xs: Iterable[TensorLike], axis: int | None = 0, name: str | None = None) -> Tensor:
    """Return the tensors joined along an axis; None joins them flattened.

    Args:
        xs: tensors of one number of axes, equal along all axes but the joined one.
        axis: the axis.
        name: a name for printing.

    Raises:
        ShapeError: if they differ along another axis.
        ArgumentError: if there are none.
    """
    tensors = promote(*_some(xs))
    if axis is None:
        return concat([reshape(x, (-1,)) for x in tensors], 0, name)
    return build(Concat(axis), *tensors, name=name)


@composed
def stack(xs: Iterable[TensorLike], axis: int = 0, name: str | None = None) -> Tensor:
    """Return tensors of one shape joined along a new axis.

    Args:
        xs: the tensors.
        axis: the place of the new axis in the result.
        name: a name for printing.

    Raises:
        ShapeError: if their shapes differ.
        ArgumentError: if there are none.
    """
    tensors = promote(*_some(xs))
    require_one_shape([x.known_shape for x in tensors if x.known_shape is not None])
    return concat([expand_dims(x, axis) for x in tensors], axis, name)


@composed
def vstack(xs: Iterable[TensorLike], name: str | None = None) -> Tensor:
    """Return the tensors joined one below the other, along the first axis.

    A vector is a row, and so is a single number.

    Args:
        xs: matrices with equal columns, vectors, or tensors of more axes.
        name: a name for printing.

    Raises:
        ShapeError: if they differ along another axis.
    """
    tensors = promote(*_some(xs))
    if all(x.known_shape is not None and x.ndim == 1 for x in tensors):
        require_one_shape([x.shape for x in tensors])  # Of vectors it tells their own axis.
    return concat([_of_rank(x, 2) for x in tensors], 0, name)


@composed
def hstack(xs: Iterable[TensorLike], name: str | None = None) -> Tensor:
    """Return the tensors joined side by side: along the second axis, vectors along their only one.

    Args:
        xs: matrices with equal rows, vectors, single numbers, or tensors of more axes.
        name: a name for printing.

    Raises:
        ShapeError: if they differ along another axis.
    """
    tensors = [_of_rank(x, 1) for x in promote(*_some(xs))]
    vectors = bool(tensors) and tensors[0].ndim == 1
    return concat(tensors, 0 if vectors else 1, name)


def _of_rank(x: Tensor, least: int) -> Tensor:
    """Return x with as many new first axes of size 1 as it lacks."""
    return expand_dims(x, tuple(range(least - x.ndim)))


@composed
def tile(x: TensorLike, repetitions: int | Sequence[int]) -> Tensor:
    """Return x repeated whole, so and so many times along each axis.

    Args:
        x: the tensor.
        repetitions: how many times along each axis; of fewer numbers than axes, the last axes'.
            For more numbers x gets new first axes.

    Raises:
        ArgumentError: if a number is negative.
        DTypeError: if one is not whole.
    """
    x = constant(x)
    counts = [_count(count) for count in as_sequence(repetitions)]
    rank = max(x.ndim, len(counts))
    counts = [1] * (rank - len(counts)) + counts
    x = _of_rank(x, rank)
    # Each axis gets one before it, along which it is repeated, and that becomes one with it.
    sizes = dims_of(x)
    pairs = [dim for pair in zip(counts, sizes, strict=True) for dim in pair]
    copies = broadcast_to(expand_dims(x, tuple(range(0, 2 * rank, 2))), pairs)
    return reshape(copies, [count * dim for count, dim in zip(counts, sizes, strict=True)])


def _count(value: Any) -> int:
    try:
        count = operator.index(value)
    except TypeError:
        raise DTypeError(
            f"a number of repetitions is a whole number, not {value!r}.", fix="int(...)"
        ) from None
    if count < 0:
        raise ArgumentError(f"a count is {count}; it cannot be negative.", fix="counts are >= 0")
    return count


@composed
def repeat(x: TensorLike, repetitions: int, axis: int | None = None) -> Tensor:
    """Return x with each element (or slice along an axis) repeated.

    Args:
        x: the tensor.
        repetitions: how many times.
        axis: the axis; None repeats the elements of the flattened tensor.

    Raises:
        ArgumentError: if repetitions is negative.
        ShapeError: if x has no such axis.
    """
    x = constant(x)
    if isinstance(repetitions, int) and repetitions < 0:
        raise ArgumentError(
            f"repetitions is {repetitions}; it cannot be negative.", fix="counts are >= 0"
        )
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    counts: list[Any] = [1] * x.ndim
    counts[normalise_axis(axis, x.ndim)] = repetitions
    return enlarged(x, counts)


def enlarged(x: Tensor, counts: Sequence[Any]) -> Tensor:
    """Return x with its elements repeated along each axis, so and so many times."""
    sizes = dims_of(x)
    spread, behind = list[Any](), []
    for dim, count in zip(sizes, counts, strict=True):
        spread.append(dim)
        if type(count) is not int or count != 1:
            behind.append(len(spread))
            spread.append(count)
    copies = broadcast_to(expand_dims(x, tuple(behind)), spread)
    return reshape(copies, [count * dim for count, dim in zip(counts, sizes, strict=True)])


@composed
def split(x: TensorLike, parts: int | Sequence[int] | Tensor, axis: int = 0) -> list[Tensor]:
    """Return the parts of x along an axis.

    Args:
        x: the tensor.
        parts: how many equal parts; or the size of each, as numbers or as a tensor.
        axis: the axis to split.

    Raises:
        ShapeError: if the sizes do not add up.
    """
    x = constant(x)
    if isinstance(parts, (int, np.integer)):
        parts = _equal_parts(x, parts, axis)
    sizes = constant(parts, "int64")
    count = sizes.shape[0]
    if count is None:
        raise ShapeError("the number of parts must be known.", op="split")
    known = elements_of(sizes)
    if x.known_shape is not None and x.shape[axis] is not None and is_static(known):
        return _known_parts(x, known, normalise_axis(axis, x.ndim))
    return [build(Part(axis, i), x, sizes) for i in range(count)]


def _known_parts(x: Tensor, sizes: Sequence[int], axis: int) -> list[Tensor]:
    _require_whole(sizes, x.shape[axis], axis)
    ends = list(itertools.accumulate(sizes, initial=0))
    return [slice_axis(x, axis, start, end) for start, end in itertools.pairwise(ends)]


def _equal_parts(x: Tensor, count: int, axis: int) -> Sequence[int] | Tensor:
    whole = x.shape[normalise_axis(axis, x.ndim)]
    if whole is None:
        return stack([size(x, axis) // count] * count)
    if count < 1 or whole % count:
        raise ShapeError(
            f"axis {axis} has size {whole}, which is no multiple of {count}.",
            op="split",
            fix="give the size of each part: gg.split(x, [2, 3])",
        )
    return [whole // count] * count


@composed
def roll(x: TensorLike, shift: int, axis: int | None = None) -> Tensor:
    """Return x moved along an axis; what leaves at the end comes back at the beginning.

    Without an axis the elements move in the flattened tensor.

    Args:
        x: the tensor.
        shift: by how many places; negative ones go towards the beginning.
        axis: the axis.

    Raises:
        DTypeError: if the shift is not a whole number.
        ShapeError: if x has no such axis.
    """
    x = constant(x)
    try:
        shift = operator.index(shift)
    except TypeError:
        raise DTypeError(f"a shift is a whole number, not {shift!r}.", fix="int(...)") from None
    if axis is None:
        return reshape(roll(reshape(x, (-1,)), shift, 0), sizes_of(x))
    length = x.shape[normalise_axis(axis, x.ndim)]
    if length is None:
        whole = size(x, axis)
        return gather(x, (arange(whole) - shift) % whole, axis)
    shift = shift % length if length else 0
    if shift == 0:
        return x
    return concat([slice_axis(x, axis, -shift, None), slice_axis(x, axis, None, -shift)], axis)
